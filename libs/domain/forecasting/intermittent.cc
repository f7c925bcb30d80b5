#include "libs/domain/forecasting/intermittent.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/smoothed_level.h"

namespace kontor::forecasting {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kAlpha = .1;

double BestSlowAlpha(Values values) { return BestAlpha(values, .1, .3); }

// A rate, and what it was before each step.
struct Rate {
  double rate = 0;
  std::vector<double> fitted;
};

class RateModel : public FittedModel {
 public:
  RateModel(std::string name, Rate rate) : name_(std::move(name)), rate_(std::move(rate)) {}
  Prediction Predict(int horizon) const override { return {std::vector<double>(horizon, rate_.rate), {}}; }
  Values fitted() const override { return rate_.fitted; }
  std::string Describe() const override { return name_; }

 private:
  std::string name_;
  Rate rate_;
};

// Sizes of demands and steps between them.
struct Demands {
  std::vector<double> sizes, intervals;
};

Demands DemandsOf(Values demand) {
  Demands found;
  size_t last = 0;
  for (size_t t = 0; t < demand.size(); ++t) {
    if (demand[t] == 0) continue;
    found.sizes.push_back(demand[t]);
    found.intervals.push_back(static_cast<double>(t + 1 - last));
    last = t + 1;
  }
  return found;
}

// Sums of `length` steps, the last one at the end; what is left at the start is not used.
std::vector<double> SumsOf(Values demand, int length) {
  std::vector<double> sums;
  for (size_t t = demand.size() % length; t < demand.size(); t += length) {
    double sum = 0;
    for (int i = 0; i < length; ++i) sum += demand[t + i];
    sums.push_back(sum);
  }
  return sums;
}

Rate Croston(Values demand, double size_alpha, double interval_alpha, double factor) {
  Rate result;
  double size = 0, interval = 0;
  bool seen = false;
  size_t last = 0;
  for (size_t t = 0; t < demand.size(); ++t) {
    result.fitted.push_back(seen ? factor * size / interval : kNone);
    if (demand[t] == 0) continue;
    const double steps = static_cast<double>(t + 1 - last);
    size = seen ? size + size_alpha * (demand[t] - size) : demand[t];
    interval = seen ? interval + interval_alpha * (steps - interval) : steps;
    seen = true;
    last = t + 1;
  }
  result.rate = factor * size / interval;
  return result;
}

Rate CrostonOptimised(Values demand) {
  const Demands demands = DemandsOf(demand);
  return Croston(demand, BestSlowAlpha(demands.sizes), BestSlowAlpha(demands.intervals), 1);
}

Rate Tsb(Values demand) {
  Rate result;
  double size = 0, chance = 0;
  bool seen = false;
  for (size_t t = 0; t < demand.size(); ++t) {
    result.fitted.push_back(t > 0 ? chance * size : kNone);
    const double sold = demand[t] > 0 ? 1 : 0;
    chance = t > 0 ? chance + kAlpha * (sold - chance) : sold;
    if (demand[t] == 0) continue;
    size = seen ? size + kAlpha * (demand[t] - size) : demand[t];
    seen = true;
  }
  result.rate = chance * size;
  return result;
}

Rate Smoothed(Values demand, double alpha) {
  Rate result;
  result.fitted.assign(demand.size(), kNone);
  result.rate = SmoothLevel(demand, alpha, absl::MakeSpan(result.fitted));
  return result;
}

Rate SmoothedFreely(Values demand) { return Smoothed(demand, BestAlpha(demand, .01, .99)); }

double AggregateRate(Values demand, int length) {
  const std::vector<double> sums = SumsOf(demand, length);
  return SmoothLevel(sums, BestSlowAlpha(sums), {}) / length;
}

// Half steps go to the even number, as in the implementations that the field compares with.
int MeanInterval(Values demand) { return std::max(1, static_cast<int>(std::nearbyint(ProfileOf(demand).interval))); }

Rate Adida(Values demand) {
  Rate result = Smoothed(demand, BestSlowAlpha(demand));
  result.rate = AggregateRate(demand, MeanInterval(demand));
  return result;
}

Rate Imapa(Values demand) {
  Rate result = Smoothed(demand, BestSlowAlpha(demand));
  const int longest = MeanInterval(demand);
  double sum = 0;
  for (int length = 1; length <= longest; ++length) sum += AggregateRate(demand, length);
  result.rate = sum / longest;
  return result;
}

bool IsIntermittent(Values demand) { return ProfileOf(demand).interval >= 1.32; }

template <typename Fit>
Method RateMethod(absl::string_view name, Fit fit) {
  const auto checked = [name = std::string(name),
                        fit](const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
    RETURN_IF_ERROR(CheckSeries(series));
    if (*std::min_element(series.values.begin(), series.values.end()) < 0) {
      return absl::FailedPreconditionError("demand is at least 0: a series with negative values needs another method");
    }
    const bool none = std::all_of(series.values.begin(), series.values.end(), [](double value) { return value == 0; });
    return std::make_unique<RateModel>(
        name, none ? Rate{0, std::vector<double>(series.values.size(), 0)} : fit(series.values));
  };
  return {std::string(name), checked};
}

}  // namespace

DemandProfile ProfileOf(Values demand) {
  const Demands demands = DemandsOf(demand);
  if (demands.sizes.empty()) return {};
  const double count = static_cast<double>(demands.sizes.size());
  double steps = 0, mean = 0, square = 0;
  for (const double interval : demands.intervals) steps += interval;
  for (const double size : demands.sizes) mean += size / count;
  for (const double size : demands.sizes) square += (size - mean) * (size - mean) / count;
  DemandProfile profile{.interval = steps / count, .variation = square / (mean * mean)};
  const bool rare = profile.interval >= 1.32, varied = profile.variation >= .49;
  profile.kind = rare ? (varied ? DemandKind::kLumpy : DemandKind::kIntermittent)
                      : (varied ? DemandKind::kErratic : DemandKind::kSmooth);
  return profile;
}

Method CrostonMethod() {
  return RateMethod("croston", [](Values demand) { return Croston(demand, kAlpha, kAlpha, 1); });
}
Method CrostonOptimisedMethod() { return RateMethod("croston_optimised", CrostonOptimised); }
Method SbaMethod() {
  return RateMethod("sba", [](Values demand) { return Croston(demand, kAlpha, kAlpha, 1 - kAlpha / 2); });
}
Method TsbMethod() { return RateMethod("tsb", Tsb); }
Method SmoothedDemandMethod() { return RateMethod("smoothed_demand", SmoothedFreely); }
Method AdidaMethod() { return RateMethod("adida", Adida); }
Method ImapaMethod() { return RateMethod("imapa", Imapa); }
Method IntermittentMethod() {
  return RateMethod("intermittent",
                    [](Values demand) { return IsIntermittent(demand) ? Imapa(demand) : SmoothedFreely(demand); });
}

}  // namespace kontor::forecasting
