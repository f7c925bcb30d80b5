#include "libs/domain/forecasting/scenario.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

constexpr char kPrice[] = "price";
constexpr double kLeastDeviation = 0.01;
constexpr double kLeastBase = 1e-3;  // of the past's mean: shares of less are of nothing

absl::Status CheckPrices(const std::vector<double>& prices, size_t count, const char* what) {
  if (prices.size() != count) return absl::InvalidArgumentError(absl::StrCat(what, ": one is needed for each step"));
  for (const double price : prices) {
    if (!(std::isfinite(price) && price > 0)) {
      return absl::InvalidArgumentError(absl::StrCat(what, " must be above 0"));
    }
  }
  return absl::OkStatus();
}

std::vector<double> Logarithms(const std::vector<double>& prices, double of) {
  std::vector<double> out;
  for (const double price : prices) out.push_back(std::log(price / of));
  return out;
}

double Deviation(const std::vector<double>& values) {
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

bool HasDayIn(const Event& event, const std::vector<double>& days) {
  return std::any_of(event.days.begin(), event.days.end(), [&](absl::CivilDay day) {
    const auto number = static_cast<double>(day - absl::CivilDay(1970, 1, 1));
    return std::any_of(days.begin(), days.end(), [&](double at) { return std::floor(at) == number; });
  });
}

// Events that the past tells something about; the others are noted.
std::vector<Event> KnownEvents(const ScenarioInput& input, std::vector<std::string>& notes) {
  std::vector<Event> known;
  for (const Event& event : input.events) {
    if (!HasDayIn(event, input.future_days)) continue;
    if (HasDayIn(event, input.days)) {
      known.push_back(event);
    } else {
      notes.push_back(absl::StrCat(event.name, " has no day in the past, so that its effect is not known"));
    }
  }
  return known;
}

}  // namespace

absl::StatusOr<ScenarioEffect> EstimateScenario(const ScenarioInput& input) {
  const size_t steps = input.future_days.size();
  if (!input.prices.empty()) RETURN_IF_ERROR(CheckPrices(input.prices, input.values.size(), "past prices"));
  if (!input.future_prices.empty()) RETURN_IF_ERROR(CheckPrices(input.future_prices, steps, "prices to come"));
  ScenarioEffect effect;
  TrendRegressionOptions options;
  options.events = KnownEvents(input, effect.notes);
  std::vector<Regressor> past, planned, unplanned;
  if (!input.future_prices.empty()) {
    const std::vector<double> logarithms = input.prices.empty() ? std::vector<double>(input.values.size(), 0)
                                                                : Logarithms(input.prices, input.prices.back());
    if (Deviation(logarithms) < kLeastDeviation) {
      effect.notes.emplace_back("prices have hardly changed in the past, so that the effect of a change is not known");
    } else {
      past.push_back({kPrice, logarithms});
      planned.push_back({kPrice, Logarithms(input.future_prices, input.prices.back())});
      unplanned.push_back({kPrice, std::vector<double>(steps, 0)});
    }
  }
  if (past.empty() && options.events.empty()) return effect;
  ASSIGN_OR_RETURN(const TrendRegression model, TrendRegression::Fit(input.days, input.values, options, past));
  ASSIGN_OR_RETURN(const TrendForecast with, model.Predict(input.future_days, planned));
  ASSIGN_OR_RETURN(const TrendForecast without, model.Predict(input.future_days, unplanned));
  std::vector<double> base = without.prediction.mean;
  std::vector<Component> added;
  for (size_t c = 0; c < with.components.size(); ++c) {
    const Component& component = with.components[c];
    const bool event = std::any_of(options.events.begin(), options.events.end(),
                                   [&](const Event& one) { return one.name == component.name; });
    if (!event && component.name != kPrice) continue;
    Component& part = added.emplace_back(component);
    for (size_t i = 0; i < steps; ++i) {
      if (event) {
        base[i] -= without.components[c].values[i];
      } else {
        part.values[i] -= without.components[c].values[i];
      }
    }
  }
  const double usual =
      std::accumulate(input.values.begin(), input.values.end(), 0.0) / static_cast<double>(input.values.size());
  for (size_t i = 0; i < steps; ++i) {
    double sum = 0;
    for (Component& part : added) sum += part.values[i] /= std::max(base[i], kLeastBase * std::abs(usual) + 1e-12);
    const double bounded = std::clamp(sum, -1.0, kMostShare);
    if (sum != bounded) {
      for (Component& part : added) part.values[i] *= bounded / sum;
    }
  }
  effect.shares = std::move(added);
  return effect;
}

void ApplyScenario(const ScenarioEffect& effect, std::vector<double>& mean,
                   std::vector<std::vector<double>>& quantiles) {
  for (size_t i = 0; i < mean.size(); ++i) {
    double factor = 1;
    for (const Component& share : effect.shares) factor += share.values[i];
    factor = std::max(0.0, factor);
    mean[i] *= factor;
    for (double& value : quantiles[i]) value *= factor;
  }
}

}  // namespace kontor::forecasting
