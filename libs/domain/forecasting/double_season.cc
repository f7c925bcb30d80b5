#include "libs/domain/forecasting/double_season.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kontor::forecasting {
namespace {

constexpr int kMembers = 5;

struct Constants {
  double level, first, second, error;
};

struct State {
  double level = 0, error = 0;
  std::vector<double> first, second;  // by place within the season

  double At(size_t t) const { return level + first[t % first.size()] + second[t % second.size()]; }

  // The forecast of the next value is made before it is learned.
  double Step(const Constants& constants, double value, size_t t) {
    const double plain = At(t), forecast = plain + constants.error * error, miss = value - forecast;
    error = value - plain;
    level += constants.level * miss;
    first[t % first.size()] += constants.first * miss;
    second[t % second.size()] += constants.second * miss;
    return forecast;
  }
};

std::vector<Constants> Grid() {
  std::vector<Constants> grid;
  for (const double level : {.005, .02, .08, .2}) {
    for (const double first : {.03, .1, .25}) {
      for (const double second : {.05, .15, .3}) {
        for (const double error : {.5, .8, .95}) grid.push_back({level, first, second, error});
      }
    }
  }
  return grid;
}

State StartOf(const std::vector<double>& values, const TwoSeasons& seasons) {
  const size_t window = 2 * static_cast<size_t>(seasons.second);
  State state;
  state.level = std::accumulate(values.begin(), values.begin() + static_cast<ptrdiff_t>(window), 0.0) / window;
  const auto means = [&](size_t season) {
    std::vector<double> sums(season, 0), counts(season, 0);
    for (size_t t = 0; t < window; ++t) sums[t % season] += values[t] - state.level, ++counts[t % season];
    for (size_t k = 0; k < season; ++k) sums[k] /= counts[k];
    return sums;
  };
  state.first = means(seasons.first);
  state.second = means(seasons.second);
  for (size_t k = 0; k < state.second.size(); ++k) state.second[k] -= state.first[k % state.first.size()];
  return state;
}

class DoubleSeasonModel : public FittedModel {
 public:
  DoubleSeasonModel(Values values, const TwoSeasons& seasons)
      : logs_(*std::min_element(values.begin(), values.end()) > 0), count_(values.size()) {
    std::vector<double> plain;
    for (const double value : values) plain.push_back(logs_ ? std::log(value) : value);
    const State start = StartOf(plain, seasons);
    const std::vector<Constants> grid = Grid();
    std::vector<std::pair<double, size_t>> losses;
    for (size_t k = 0; k < grid.size(); ++k) losses.emplace_back(Loss(plain, grid[k], start), k);
    std::partial_sort(losses.begin(), losses.begin() + kMembers, losses.end());
    fitted_.assign(count_, 0);
    for (int k = 0; k < kMembers; ++k) {
      constants_.push_back(grid[losses[k].second]);
      State state = start;
      for (size_t t = 0; t < count_; ++t) fitted_[t] += state.Step(constants_.back(), plain[t], t) / kMembers;
      states_.push_back(std::move(state));
    }
    for (double& value : fitted_) value = Restored(value);
  }

  Prediction Predict(int horizon) const override {
    Prediction prediction;
    for (int h = 1; h <= horizon; ++h) {
      double sum = 0;
      for (int k = 0; k < kMembers; ++k) {
        sum += states_[k].At(count_ + h - 1) + std::pow(constants_[k].error, h) * states_[k].error;
      }
      prediction.mean.push_back(Restored(sum / kMembers));
    }
    return prediction;
  }

  Values fitted() const override { return fitted_; }
  std::string Describe() const override { return "double seasonal smoothing"; }

 private:
  static double Loss(const std::vector<double>& values, const Constants& constants, State state) {
    const size_t from = 2 * state.second.size();
    double loss = 0;
    for (size_t t = 0; t < values.size(); ++t) {
      const double miss = values[t] - state.Step(constants, values[t], t);
      if (t >= from) loss += std::abs(miss);
    }
    return loss;
  }

  double Restored(double value) const { return logs_ ? std::exp(value) : value; }

  bool logs_;
  size_t count_;
  std::vector<Constants> constants_;
  std::vector<State> states_;
  std::vector<double> fitted_;
};

}  // namespace

std::unique_ptr<FittedModel> FitDoubleSeason(Values values, const TwoSeasons& seasons) {
  return std::make_unique<DoubleSeasonModel>(values, seasons);
}

}  // namespace kontor::forecasting
