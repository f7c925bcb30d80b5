#include "libs/domain/forecasting/double_seasonal.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

constexpr int kStartCycles = 2;  // of the longer season, from which the start is taken
constexpr size_t kBest = 5;
constexpr double kLevels[] = {0.005, 0.02, 0.08, 0.2}, kShorts[] = {0.03, 0.1, 0.25}, kLongs[] = {0.05, 0.15, 0.3},
                 kPersistence[] = {0.5, 0.8, 0.95};

struct Setting {
  double level, shorter, longer, persistence;
};

std::vector<Setting> Grid() {
  std::vector<Setting> grid;
  for (const double level : kLevels) {
    for (const double shorter : kShorts) {
      for (const double longer : kLongs) {
        for (const double persistence : kPersistence) grid.push_back({level, shorter, longer, persistence});
      }
    }
  }
  return grid;
}

struct State {
  double level = 0, error = 0;
  std::vector<double> shorter, longer;  // by place
};

State StartOf(const std::vector<double>& values, size_t season, size_t cycle) {
  const size_t window = kStartCycles * cycle;
  State state;
  state.level = std::accumulate(values.begin(), values.begin() + static_cast<ptrdiff_t>(window), 0.0) /
                static_cast<double>(window);
  state.shorter.assign(season, 0);
  state.longer.assign(cycle, 0);
  for (size_t t = 0; t < window; ++t) {
    state.shorter[t % season] += values[t] * static_cast<double>(season) / static_cast<double>(window);
    state.longer[t % cycle] += values[t] / kStartCycles;
  }
  for (double& place : state.shorter) place -= state.level;
  for (size_t k = 0; k < cycle; ++k) state.longer[k] -= state.level + state.shorter[k % season];
  return state;
}

// Runs through the values; `forecast(t, value)` gets each one-step forecast.
template <typename Take>
void Smooth(const std::vector<double>& values, const Setting& setting, State& state, Take&& forecast) {
  const size_t season = state.shorter.size(), cycle = state.longer.size();
  size_t place = 0, long_place = 0;
  for (size_t t = 0; t < values.size(); ++t) {
    double &shorter = state.shorter[place], &longer = state.longer[long_place];
    const double base = state.level + shorter + longer, carried = setting.persistence * state.error;
    forecast(t, base + carried);
    const double raw = values[t] - base, rest = raw - carried;
    state.level += setting.level * rest;
    shorter += setting.shorter * rest;
    longer += setting.longer * rest;
    state.error = raw;
    if (++place == season) place = 0;
    if (++long_place == cycle) long_place = 0;
  }
}

class DoubleSeasonalModel final : public FittedModel {
 public:
  DoubleSeasonalModel(std::vector<std::pair<Setting, State>> members, std::vector<double> fitted, bool logarithm)
      : members_(std::move(members)), fitted_(std::move(fitted)), logarithm_(logarithm) {}

  Prediction Predict(int horizon) const override {
    Prediction prediction;
    prediction.mean.assign(static_cast<size_t>(horizon), 0);
    for (const auto& [setting, state] : members_) {
      double error = state.error;
      for (size_t step = 0; step < prediction.mean.size(); ++step) {
        const size_t t = fitted_.size() + step;
        error *= setting.persistence;
        prediction.mean[step] +=
            (state.level + state.shorter[t % state.shorter.size()] + state.longer[t % state.longer.size()] + error) /
            static_cast<double>(members_.size());
      }
    }
    if (logarithm_) {
      for (double& mean : prediction.mean) mean = std::exp(mean);
    }
    return prediction;
  }
  Values fitted() const override { return fitted_; }
  std::string Describe() const override {
    return absl::StrCat("double seasonal smoothing[", members_.front().second.shorter.size(), ",",
                        members_.front().second.longer.size(), "]");
  }

 private:
  const std::vector<std::pair<Setting, State>> members_;
  const std::vector<double> fitted_;
  const bool logarithm_;
};

absl::StatusOr<std::unique_ptr<FittedModel>> Fit(const Series& series) {
  RETURN_IF_ERROR(CheckSeries(series));
  if (series.seasons.size() < 2 || series.seasons[1] % series.seasons[0] != 0) {
    return absl::FailedPreconditionError("double seasonal smoothing needs two seasons, one a multiple of the other");
  }
  const auto season = static_cast<size_t>(series.seasons[0]), cycle = static_cast<size_t>(series.seasons[1]);
  if (series.values.size() < (kStartCycles + 1) * cycle) {
    return absl::FailedPreconditionError("double seasonal smoothing needs three of the longer season");
  }
  std::vector<double> values(series.values.begin(), series.values.end());
  const bool logarithm = std::all_of(values.begin(), values.end(), [](double value) { return value > 0; });
  if (logarithm) {
    for (double& value : values) value = std::log(value);
  }
  const State start = StartOf(values, season, cycle);
  const std::vector<Setting> grid = Grid();
  std::vector<std::pair<double, size_t>> losses;
  for (size_t g = 0; g < grid.size(); ++g) {
    State state = start;
    double loss = 0;
    Smooth(values, grid[g], state, [&](size_t t, double forecast) {
      if (t >= kStartCycles * cycle) loss += std::abs(values[t] - forecast);
    });
    losses.emplace_back(loss, g);
  }
  std::partial_sort(losses.begin(), losses.begin() + kBest, losses.end());
  std::vector<std::pair<Setting, State>> members;
  std::vector<double> fitted(values.size(), 0);
  for (size_t i = 0; i < kBest; ++i) {
    State state = start;
    const Setting& setting = grid[losses[i].second];
    Smooth(values, setting, state, [&](size_t t, double forecast) { fitted[t] += forecast / kBest; });
    members.emplace_back(setting, std::move(state));
  }
  for (size_t t = 0; t < fitted.size(); ++t) {
    if (t < kStartCycles * cycle) {
      fitted[t] = std::numeric_limits<double>::quiet_NaN();
    } else if (logarithm) {
      fitted[t] = std::exp(fitted[t]);
    }
  }
  return std::make_unique<DoubleSeasonalModel>(std::move(members), std::move(fitted), logarithm);
}

}  // namespace

Method DoubleSeasonalMethod() { return {"double_seasonal", Fit}; }

}  // namespace kontor::forecasting
