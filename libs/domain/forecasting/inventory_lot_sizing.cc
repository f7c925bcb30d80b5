#include "libs/domain/forecasting/inventory_lot_sizing.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

constexpr double kLargestOrder = 20'000;

bool AllAtLeastZero(absl::Span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value) && value >= 0; });
}

absl::StatusOr<double> CheckProbabilities(absl::Span<const double> probabilities) {
  double sum = 0, mean = 0;
  for (size_t d = 0; d < probabilities.size(); ++d) {
    sum += probabilities[d];
    mean += static_cast<double>(d) * probabilities[d];
  }
  if (!AllAtLeastZero(probabilities) || std::abs(sum - 1) > 1e-6 || !(mean > 0)) {
    return absl::InvalidArgumentError("probabilities of demand are >= 0, add up to 1 and have a mean above 0");
  }
  return mean;
}

// The cost of one period at inventory position y, E over lead-time demand, for any whole y; and what a cycle that
// starts with an order to y costs and lasts.
class PeriodCosts {
 public:
  PeriodCosts(absl::Span<const double> lead_demand, double holding, double shortage)
      : holding_(holding), shortage_(shortage) {
    double below = 0, sum = 0;
    for (size_t d = 0; d < lead_demand.size(); ++d) mean_ += static_cast<double>(d) * lead_demand[d];
    // left_[y] = E[(y - D)+] for y = 0, 1, …
    for (const double probability : lead_demand) {
      left_.push_back(sum);
      below += probability;
      sum += below;
    }
    left_.push_back(sum);
  }
  double operator()(int y) const {
    const double left = y <= 0 ? 0 : Left(y);
    return holding_ * left + shortage_ * (left - y + mean_);
  }
  int Minimum() const {
    int y = 0;
    while ((*this)(y + 1) < (*this)(y)) ++y;
    return y;
  }

 private:
  double Left(int y) const {
    const auto last = static_cast<int>(left_.size()) - 1;
    return y <= last ? left_[y] : left_[last] + (y - last);
  }
  double holding_, shortage_, mean_ = 0;
  std::vector<double> left_;
};

// m(j): expected visits of a position j below S within a cycle, by renewal (Zheng and Federgruen 1991, eq. 2a).
class Renewals {
 public:
  explicit Renewals(absl::Span<const double> demand) : demand_(demand), visits_({1 / (1 - demand[0])}) {}
  double operator()(int j) {
    while (static_cast<int>(visits_.size()) <= j) {
      const int next = static_cast<int>(visits_.size());
      double sum = 0;
      for (int d = 1; d <= next && d < static_cast<int>(demand_.size()); ++d) sum += demand_[d] * visits_[next - d];
      visits_.push_back(sum / (1 - demand_[0]));
    }
    return visits_[j];
  }

 private:
  absl::Span<const double> demand_;
  std::vector<double> visits_;
};

double CycleCost(const PeriodCosts& cost, Renewals& visits, double order_cost, int s, int S) {
  double sum = order_cost, length = 0;
  for (int j = 0; j < S - s; ++j) {
    sum += visits(j) * cost(S - j);
    length += visits(j);
  }
  return sum / length;
}

}  // namespace

absl::StatusOr<LotSizes> PlanLots(absl::Span<const double> demand, absl::Span<const double> order_costs,
                                  absl::Span<const double> holding_costs) {
  const size_t periods = demand.size();
  if (periods == 0 || order_costs.size() != periods || holding_costs.size() != periods) {
    return absl::InvalidArgumentError("every period needs a demand, an order cost and a holding cost");
  }
  if (!AllAtLeastZero(demand) || !AllAtLeastZero(order_costs) || !AllAtLeastZero(holding_costs)) {
    return absl::InvalidArgumentError("demand and costs must be finite and not below 0");
  }
  // best[t]: least cost of periods t …; upto[t]: the first period that an order in t no longer covers.
  std::vector<double> best(periods + 1);
  std::vector<size_t> upto(periods);
  for (size_t t = periods; t-- > 0;) {
    best[t] = demand[t] == 0 ? best[t + 1] : std::numeric_limits<double>::infinity();
    upto[t] = demand[t] == 0 ? t : periods;
    double held = 0, unit_holding = 0;
    for (size_t end = t + 1; end <= periods; ++end) {
      const double cost = order_costs[t] + held + best[end];
      if (cost < best[t]) {
        best[t] = cost;
        upto[t] = end;
      }
      unit_holding += holding_costs[end - 1];
      if (end < periods) held += unit_holding * demand[end];
    }
  }
  LotSizes result{std::vector<double>(periods), best[0]};
  for (size_t t = 0; t < periods;) {
    const size_t end = upto[t];
    for (size_t covered = t; covered < end; ++covered) result.orders[t] += demand[covered];
    t = std::max(end, t + 1);
  }
  return result;
}

absl::StatusOr<ReorderPolicy> OptimalReorderPolicy(absl::Span<const double> period_demand,
                                                   absl::Span<const double> lead_demand, double order_cost,
                                                   double holding_cost, double shortage_cost) {
  ASSIGN_OR_RETURN(const double mean, CheckProbabilities(period_demand));
  RETURN_IF_ERROR(CheckProbabilities(lead_demand).status());
  for (const double cost : {order_cost, holding_cost, shortage_cost}) {
    if (!std::isfinite(cost) || cost <= 0) return absl::InvalidArgumentError("costs must be finite and above 0");
  }
  if (std::sqrt(2 * order_cost * mean / holding_cost) > kLargestOrder) {
    return absl::InvalidArgumentError("the order cost is so high that an order would be for more than 20,000 units");
  }
  const PeriodCosts cost(lead_demand, holding_cost, shortage_cost);
  Renewals visits(period_demand);
  const int y = cost.Minimum();
  int best_S = y, s = y - 1;
  while (CycleCost(cost, visits, order_cost, s, best_S) > cost(s)) --s;
  double best = CycleCost(cost, visits, order_cost, s, best_S);
  for (int S = best_S + 1; cost(S) <= best; ++S) {
    if (CycleCost(cost, visits, order_cost, s, S) >= best) continue;
    best_S = S;
    while (CycleCost(cost, visits, order_cost, s, S) <= cost(s + 1)) ++s;
    best = CycleCost(cost, visits, order_cost, s, S);
  }
  return ReorderPolicy{s, best_S, best};
}

std::vector<double> PoissonProbabilities(double mean) {
  // From the mode outwards: no underflow at 0, whatever the mean.
  const auto mode = static_cast<size_t>(mean);
  std::vector<double> result(mode + 1);
  result[mode] =
      std::exp(static_cast<double>(mode) * std::log(mean) - mean - std::lgamma(static_cast<double>(mode) + 1));
  for (size_t k = mode; k > 0; --k) result[k - 1] = result[k] * static_cast<double>(k) / mean;
  for (double next = result[mode]; next > 1e-14;) {
    next *= mean / static_cast<double>(result.size());
    result.push_back(next);
  }
  const double sum = std::accumulate(result.begin(), result.end(), 0.0);
  for (double& probability : result) probability /= sum;
  return result;
}

}  // namespace kontor::forecasting
