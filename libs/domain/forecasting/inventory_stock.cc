#include "libs/domain/forecasting/inventory_stock.h"

#include <algorithm>
#include <cmath>
#include <queue>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"
#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

constexpr double kNobody = 1e-9;

bool AtLeastZero(double value) { return std::isfinite(value) && value >= 0; }

// What one more unit in a store saves: value × (E[shortage at stock] - E[shortage at stock + 1]).
struct Offer {
  double gain = 0;
  size_t store = 0;
  bool operator<(const Offer& other) const { return gain != other.gain ? gain < other.gain : store > other.store; }
};

Offer OfferOf(const StoreNeed& need, size_t store, double stock) {
  const double saved = need.demand->ExpectedShortage(stock) - need.demand->ExpectedShortage(stock + 1);
  return {need.unit_value * saved, store};
}

absl::Status CheckStores(int64_t available, absl::Span<const StoreNeed> stores) {
  if (available < 0 || available > 10'000'000) {
    return absl::InvalidArgumentError("what is to be allocated must be within 0 and 10 million units");
  }
  if (stores.empty()) return absl::InvalidArgumentError("there is no store to allocate to");
  for (size_t i = 0; i < stores.size(); ++i) {
    const bool fine = stores[i].demand != nullptr && AtLeastZero(stores[i].on_hand) &&
                      std::isfinite(stores[i].unit_value) && stores[i].unit_value > 0;
    if (!fine) {
      return absl::InvalidArgumentError(absl::StrCat("store ", i, " needs a demand, stock >= 0 and a value above 0"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckStockout(double on_hand, size_t steps, absl::Span<const Arrival> arrivals,
                           const StockoutOptions& options) {
  if (!AtLeastZero(on_hand)) return absl::InvalidArgumentError("stock on hand must be finite and not below 0");
  if (options.paths < 1 || options.paths > 1'000'000) {
    return absl::InvalidArgumentError("paths must be within 1 and 1 million");
  }
  for (const Arrival& arrival : arrivals) {
    if (arrival.step < 1 || arrival.step > static_cast<int>(steps) || !AtLeastZero(arrival.quantity)) {
      return absl::InvalidArgumentError("an arrival must be at a step of the forecast, with a quantity not below 0");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<int64_t>> AllocateScarceStock(int64_t available, absl::Span<const StoreNeed> stores) {
  RETURN_IF_ERROR(CheckStores(available, stores));
  std::vector<int64_t> shares(stores.size());
  std::priority_queue<Offer> offers;
  for (size_t i = 0; i < stores.size(); ++i) offers.push(OfferOf(stores[i], i, stores[i].on_hand));
  for (; available > 0 && !offers.empty(); --available) {
    const size_t store = offers.top().store;
    const bool wanted = offers.top().gain > kNobody * stores[store].unit_value;
    offers.pop();
    if (!wanted) {  // others may have a higher value a unit and still be wanted by somebody
      ++available;
      continue;
    }
    ++shares[store];
    offers.push(OfferOf(stores[store], store, stores[store].on_hand + static_cast<double>(shares[store])));
  }
  return shares;
}

absl::StatusOr<StockoutForecast> ForecastStockout(double on_hand, const QuantileForecast& demand,
                                                  absl::Span<const Arrival> arrivals, const StockoutOptions& options) {
  ASSIGN_OR_RETURN(const DemandPaths paths, DemandPaths::Make(demand, options.correlation));
  const size_t steps = paths.steps();
  RETURN_IF_ERROR(CheckStockout(on_hand, steps, arrivals, options));
  std::vector<double> arriving(steps);
  for (const Arrival& arrival : arrivals) arriving[arrival.step - 1] += arrival.quantity;
  std::vector<int64_t> out(steps);
  StockoutForecast result;
  result.expected_stock.resize(steps);
  base::Random random(options.seed);
  std::vector<double> path;
  for (int i = 0; i < options.paths; ++i) {
    paths.Draw(random, path);
    double stock = on_hand;
    bool ran_out = false;
    for (size_t t = 0; t < steps; ++t) {
      stock += arriving[t];
      ran_out |= path[t] > stock || stock == 0;
      stock = std::max(0.0, stock - path[t]);
      out[t] += ran_out ? 1 : 0;
      result.expected_stock[t] += stock;
    }
  }
  for (size_t t = 0; t < steps; ++t) {
    result.probability.push_back(static_cast<double>(out[t]) / options.paths);
    result.expected_stock[t] /= options.paths;
    if (!result.likely_step && result.probability[t] >= 0.5) result.likely_step = static_cast<int>(t) + 1;
  }
  return result;
}

absl::StatusOr<DeadStock> FindDeadStock(double on_hand, const DemandDistribution& demand, double level) {
  if (!AtLeastZero(on_hand)) return absl::InvalidArgumentError("stock on hand must be finite and not below 0");
  if (!(level > 0 && level < 1)) return absl::InvalidArgumentError("a level is above 0 and below 1");
  const double sold = std::max(0.0, demand.Quantile(level));
  DeadStock result;
  result.excess = std::max(0.0, on_hand - sold);
  result.share = on_hand > 0 ? result.excess / on_hand : 0;
  result.dead = on_hand > 0 && sold < 0.5;
  return result;
}

}  // namespace kontor::forecasting
