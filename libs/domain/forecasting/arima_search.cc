#include "libs/domain/forecasting/arima_search.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

#include "libs/domain/forecasting/unit_root.h"

namespace kontor::forecasting {
namespace {

constexpr int kMostModels = 94;

// What least squares on the regressors leaves.
std::vector<double> WithoutRegressors(Values values, absl::Span<const Regressor> regressors) {
  std::vector<double> rest(values.begin(), values.end());
  if (regressors.empty()) return rest;
  const auto rows = static_cast<Eigen::Index>(values.size()), columns = static_cast<Eigen::Index>(regressors.size());
  Eigen::MatrixXd design = Eigen::MatrixXd::Ones(rows, columns + 1);
  for (Eigen::Index k = 0; k < columns; ++k) {
    design.col(k + 1) = Eigen::Map<const Eigen::VectorXd>(regressors[k].values.data(), rows);
  }
  Eigen::Map<Eigen::VectorXd> response(rest.data(), rows);
  response -= design * design.completeOrthogonalDecomposition().solve(response).eval();
  return rest;
}

double Criterion(const ArimaFit& fit) { return fit.stable ? fit.aicc : std::numeric_limits<double>::infinity(); }

class Searcher {
 public:
  Searcher(Values values, const ArimaOrder& differences, absl::Span<const Regressor> regressors)
      : fitter_(values, differences, regressors), base_(differences) {
    const int third = static_cast<int>(values.size()) / 3, season = differences.season;
    most_ = std::min(5, third);
    most_seasonal_ = season > 1 ? std::min(2, third / season) : 0;
    if (season > 1) most_ = std::min(most_, season - 1);
    short_ = values.size() < 10;
  }

  ArimaFit Run() {
    const Values differenced = fitter_.differenced();
    base_.constant = base_.d + base_.seasonal_d <= 1;
    if (std::all_of(differenced.begin(), differenced.end(), [&](double value) { return value == differenced[0]; })) {
      return fitter_.Fit(base_, nullptr);
    }
    const int start = std::min(short_ ? 1 : 2, most_), seasonal = short_ ? 0 : std::min(1, most_seasonal_);
    const int one = std::min(1, most_), seasonal_one = std::min(1, most_seasonal_);
    Try({start, start, seasonal, seasonal}, base_.constant);
    Try({0, 0, 0, 0}, base_.constant);
    Try({one, 0, seasonal_one, 0}, base_.constant);
    Try({0, one, 0, seasonal_one}, base_.constant);
    if (base_.constant) Try({0, 0, 0, 0}, false);
    while (Improve()) {
    }
    // Where no model is stable: the differences alone.
    if (!std::isfinite(Criterion(best_))) return fitter_.Fit(base_, nullptr);
    return std::move(best_);
  }

 private:
  // p, q, P, Q
  struct Orders {
    int p, q, seasonal_p, seasonal_q;
  };

  // Whether it is a new model and better than the best, which it then is.
  bool Try(const Orders& orders, bool constant) {
    if (std::min({orders.p, orders.q, orders.seasonal_p, orders.seasonal_q}) < 0) return false;
    if (std::max(orders.p, orders.q) > most_ || std::max(orders.seasonal_p, orders.seasonal_q) > most_seasonal_)
      return false;
    ArimaOrder order = base_;
    order.p = orders.p;
    order.q = orders.q;
    order.seasonal_p = orders.seasonal_p;
    order.seasonal_q = orders.seasonal_q;
    order.constant = constant;
    if (static_cast<int>(tried_.size()) >= kMostModels ||
        std::find(tried_.begin(), tried_.end(), order) != tried_.end()) {
      return false;
    }
    tried_.push_back(order);
    ArimaFit fit = fitter_.Fit(order, improving_ ? &best_ : nullptr);
    if (tried_.size() > 1 && !(Criterion(fit) < Criterion(best_))) return false;
    best_ = std::move(fit);
    return true;
  }

  // One step of the search: the first neighbour that is better, in the order of R's auto.arima.
  bool Improve() {
    static constexpr Orders kMoves[] = {{0, 0, -1, 0},  {0, 0, 0, -1}, {0, 0, 1, 0},  {0, 0, 0, 1},
                                        {0, 0, -1, -1}, {0, 0, -1, 1}, {0, 0, 1, -1}, {0, 0, 1, 1},
                                        {-1, 0, 0, 0},  {0, -1, 0, 0}, {1, 0, 0, 0},  {0, 1, 0, 0},
                                        {-1, -1, 0, 0}, {-1, 1, 0, 0}, {1, -1, 0, 0}, {1, 1, 0, 0}};
    improving_ = std::isfinite(Criterion(best_));
    const ArimaOrder now = best_.order;
    for (const Orders& move : kMoves) {
      const Orders next = {now.p + move.p, now.q + move.q, now.seasonal_p + move.seasonal_p,
                           now.seasonal_q + move.seasonal_q};
      if (Try(next, now.constant)) return true;
    }
    return base_.d + base_.seasonal_d <= 1 && Try({now.p, now.q, now.seasonal_p, now.seasonal_q}, !now.constant);
  }

  ArimaFitter fitter_;
  ArimaOrder base_;
  int most_ = 0, most_seasonal_ = 0;
  bool short_ = false, improving_ = false;
  std::vector<ArimaOrder> tried_;
  ArimaFit best_;
};

}  // namespace

ArimaFit SearchArima(Values values, int season, absl::Span<const Regressor> regressors) {
  const std::vector<double> rest = WithoutRegressors(values, regressors);
  ArimaOrder order{.season = season};
  order.seasonal_d = SeasonalDifferencesNeeded(rest, season);
  order.d = DifferencesNeeded(Difference(rest, season, order.seasonal_d));
  return Searcher(values, order, regressors).Run();
}

}  // namespace kontor::forecasting
