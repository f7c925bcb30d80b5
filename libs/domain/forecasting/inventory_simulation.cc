#include "libs/domain/forecasting/inventory_simulation.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "libs/base/random.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/inventory_policies.h"

namespace kontor::forecasting {
namespace {

constexpr int kMostPeriods = 10'000;

bool AtLeastZero(double value) { return std::isfinite(value) && value >= 0; }

absl::Status CheckSystem(const InventorySystem& system, const SimulationOptions& options) {
  for (const double value : {system.lead_time.mean, system.lead_time.deviation, system.minimum_order, system.pack,
                             system.on_hand.value_or(0), system.on_order, system.unit_cost}) {
    if (!AtLeastZero(value)) {
      return absl::InvalidArgumentError("times, quantities and costs of stock must be finite and not below 0");
    }
  }
  if (system.lead_time.mean > kMostPeriods || system.lead_time.deviation > kMostPeriods) {
    return absl::InvalidArgumentError("a lead time is at most 10,000 periods");
  }
  if (system.review < 1 || system.review > kMostPeriods) {
    return absl::InvalidArgumentError("stock is looked at every 1 to 10,000 periods");
  }
  if (options.paths < 1 || options.paths > 1'000'000) {
    return absl::InvalidArgumentError("paths must be within 1 and 1 million");
  }
  return absl::OkStatus();
}

absl::Status CheckPolicy(const InventoryPolicy& policy, size_t periods) {
  for (const auto* levels : {&policy.reorder_point, &policy.order_up_to}) {
    if (levels->size() != 1 && levels->size() != periods) {
      return absl::InvalidArgumentError("a policy has one number for all periods or one for each");
    }
  }
  for (size_t t = 0; t < periods; ++t) {
    const double point = policy.reorder_point[policy.reorder_point.size() > 1 ? t : 0];
    const double level = policy.order_up_to[policy.order_up_to.size() > 1 ? t : 0];
    if (!std::isfinite(point) || !std::isfinite(level) || point > level) {
      return absl::InvalidArgumentError("a reorder point must be finite and not above the order-up-to level");
    }
  }
  return absl::OkStatus();
}

// Gamma with the mean and deviation, in whole periods (Marsaglia and Tsang 2000).
class LeadTimes {
 public:
  explicit LeadTimes(const LeadTime& time) : time_(time) {}
  size_t Draw(base::Random& random) const {
    if (time_.deviation == 0 || time_.mean == 0) return static_cast<size_t>(std::lround(time_.mean));
    const double shape = time_.mean * time_.mean / (time_.deviation * time_.deviation);
    return static_cast<size_t>(std::lround(std::min(1e9, Gamma(random, shape) * time_.mean / shape)));
  }

 private:
  static double Gamma(base::Random& random, double shape) {
    if (shape < 1) return Gamma(random, shape + 1) * std::pow(1 - random.Uniform(), 1 / shape);
    const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
    while (true) {
      const double z = random.Normal(), v = std::pow(1 + c * z, 3);
      if (v > 0 && std::log(1 - random.Uniform()) < 0.5 * z * z + d - d * v + d * std::log(v)) return d * v;
    }
  }
  LeadTime time_;
};

struct PathTotals {
  double wanted = 0, met = 0, stock = 0, ordered = 0, missed = 0;
  int orders = 0, served_periods = 0;
};

// One path of one policy: what arrives, the look at the stock, then the period's demand.
class PathPlayer {
 public:
  PathPlayer(const InventorySystem& system, const InventoryPolicy& policy) : system_(system), policy_(policy) {}

  PathTotals Play(const std::vector<double>& demand, base::Random& random) {
    totals_ = {};
    on_hand_ = system_.on_hand.value_or(std::max(0.0, policy_.order_up_to.front()));
    on_order_ = system_.on_order;
    waiting_ = 0;
    under_way_.clear();
    if (on_order_ > 0) under_way_.push_back({static_cast<size_t>(std::lround(system_.lead_time.mean)), on_order_});
    const LeadTimes lead_times(system_.lead_time);
    for (size_t t = 0; t < demand.size(); ++t) {
      Receive(t);
      if (t % static_cast<size_t>(system_.review) == 0) {
        Order(t, lead_times.Draw(random));
        Receive(t);
      }
      Sell(system_.whole_units ? std::round(demand[t]) : demand[t]);
    }
    return totals_;
  }

 private:
  struct Shipment {
    size_t arrives = 0;
    double quantity = 0;
  };

  void Receive(size_t t) {
    while (!under_way_.empty() && under_way_.front().arrives <= t) {
      on_hand_ += under_way_.front().quantity;
      on_order_ -= under_way_.front().quantity;
      under_way_.pop_front();
    }
    const double delivered = std::min(on_hand_, waiting_);
    on_hand_ -= delivered;
    waiting_ -= delivered;
  }

  void Order(size_t t, size_t lead_time) {
    const double position = on_hand_ + on_order_ - waiting_;
    if (position > policy_.reorder_point[policy_.reorder_point.size() > 1 ? t : 0]) return;
    const double level = policy_.order_up_to[policy_.order_up_to.size() > 1 ? t : 0];
    const double quantity = RoundToPacks(level - position, system_.minimum_order, system_.pack);
    if (quantity <= 0) return;
    const size_t last = under_way_.empty() ? 0 : under_way_.back().arrives;
    under_way_.push_back({std::max(t + lead_time, last), quantity});
    on_order_ += quantity;
    totals_.ordered += quantity;
    ++totals_.orders;
  }

  void Sell(double wanted) {
    const double met = std::min(wanted, on_hand_);
    on_hand_ -= met;
    if (system_.backorders) waiting_ += wanted - met;
    totals_.wanted += wanted;
    totals_.met += met;
    totals_.missed += wanted - met;
    totals_.stock += on_hand_;
    totals_.served_periods += met == wanted ? 1 : 0;
  }

  const InventorySystem& system_;
  const InventoryPolicy& policy_;
  PathTotals totals_;
  double on_hand_ = 0, on_order_ = 0, waiting_ = 0;
  std::deque<Shipment> under_way_;
};

SimulationResult Play(const InventorySystem& system, const DemandPaths& paths, const InventoryPolicy& policy,
                      const SimulationOptions& options) {
  SimulationResult result;
  PathPlayer player(system, policy);
  double wanted = 0, met = 0, served = 0, stock = 0;
  std::vector<PathTotals> each;
  std::vector<double> demand;
  for (int i = 0; i < options.paths; ++i) {
    // A generator of its own for each path: what one policy draws for lead times moves no other path.
    base::Random random(options.seed + 0x9E3779B97F4A7C15ULL * (static_cast<uint64_t>(i) + 1));
    paths.Draw(random, demand);
    each.push_back(player.Play(demand, random));
    const PathTotals& totals = each.back();
    wanted += totals.wanted;
    met += totals.met;
    stock += totals.stock;
    served += totals.served_periods;
    result.orders += totals.orders;
    result.units_ordered += totals.ordered;
    result.units_short += totals.missed;
  }
  const double count = options.paths, periods = count * static_cast<double>(paths.steps());
  result.fill_rate = wanted > 0 ? met / wanted : 1;
  result.cycle_service = served / periods;
  result.mean_stock = stock / periods;
  result.working_capital = result.mean_stock * system.unit_cost;
  result.orders /= count;
  result.units_ordered /= count;
  result.units_short /= count;
  double square = 0;  // of the ratio estimator
  for (const PathTotals& totals : each) square += std::pow(totals.met - result.fill_rate * totals.wanted, 2);
  if (wanted > 0 && count > 1) result.fill_rate_error = std::sqrt(square * count / (count - 1)) / wanted;
  return result;
}

// Demand of lead time + review from period `from` on, by moments.
absl::StatusOr<Demand> Protection(const InventorySystem& system, const DemandPaths& paths, size_t from) {
  const double time = system.lead_time.mean + system.review;
  double mean = 0, independent = 0, together = 0;
  for (size_t i = 0; static_cast<double>(i) < time; ++i) {
    const DemandDistribution& step = paths.step(std::min(from + i, paths.steps() - 1));
    const double share = std::min(1.0, time - static_cast<double>(i));
    mean += share * step.mean();
    independent += share * step.variance();
    together += share * std::sqrt(step.variance());
  }
  const double late = mean / time * system.lead_time.deviation, common = paths.correlation();
  const double deviation = std::sqrt((1 - common) * independent + common * together * together + late * late);
  return system.whole_units ? CountDemand(mean, deviation) : GammaDemand(mean, deviation);
}

}  // namespace

absl::StatusOr<SimulationResult> SimulateInventory(const InventorySystem& system, const InventoryPolicy& policy,
                                                   const SimulationOptions& options) {
  ASSIGN_OR_RETURN(const DemandPaths paths, DemandPaths::Make(system.demand, system.correlation));
  RETURN_IF_ERROR(CheckSystem(system, options));
  RETURN_IF_ERROR(CheckPolicy(policy, paths.steps()));
  return Play(system, paths, policy, options);
}

absl::StatusOr<std::vector<ServicePoint>> ServiceCurve(const InventorySystem& system, absl::Span<const double> services,
                                                       const SimulationOptions& options) {
  ASSIGN_OR_RETURN(const DemandPaths paths, DemandPaths::Make(system.demand, system.correlation));
  RETURN_IF_ERROR(CheckSystem(system, options));
  RETURN_IF_ERROR(CheckLevels(services));
  std::vector<ServicePoint> curve(services.size());
  for (size_t i = 0; i < services.size(); ++i) curve[i].service = services[i];
  for (size_t t = 0; t < paths.steps(); ++t) {
    ASSIGN_OR_RETURN(const Demand demand, Protection(system, paths, t));
    for (ServicePoint& point : curve) point.policy.order_up_to.push_back(demand->Quantile(point.service));
  }
  for (ServicePoint& point : curve) {
    point.policy.reorder_point = point.policy.order_up_to;
    point.result = Play(system, paths, point.policy, options);
  }
  return curve;
}

}  // namespace kontor::forecasting
