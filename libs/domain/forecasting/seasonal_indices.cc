#include "libs/domain/forecasting/seasonal_indices.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

constexpr int kShortestTestedSeason = 4;
constexpr double kNormal95 = 1.6448536269514722;
constexpr double kSmallestRatio = 0.01;
constexpr double kChanceWeight = 3;

double Mean(Values values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// The centred moving average at t: half weights at both ends for an even season.
class MovingAverage {
 public:
  MovingAverage(Values values, int season)
      : values_(values), half_(static_cast<size_t>(season / 2)), season_(season), even_(season % 2 == 0) {
    sum_ = std::accumulate(values.begin(), values.begin() + season, 0.0);
  }

  size_t begin() const { return half_; }
  size_t end() const { return values_.size() - half_; }

  // For t from begin() on, one after the other.
  double At(size_t t) {
    const size_t first = t - half_;
    const double total = even_ ? sum_ + 0.5 * (values_[first + season_] - values_[first]) : sum_;
    if (first + season_ < values_.size()) sum_ += values_[first + season_] - values_[first];
    return total / static_cast<double>(season_);
  }

 private:
  Values values_;
  size_t half_, season_;
  bool even_;
  double sum_ = 0;
};

bool IsConstant(Values values) {
  return std::all_of(values.begin(), values.end(), [&](double value) { return value == values.front(); });
}

// Sum of squares of what trend and season leave, over its degrees of freedom.
double RestVariance(Values values, bool multiplicative, const std::vector<double>& season) {
  const size_t m = season.size();
  MovingAverage trend(values, static_cast<int>(m));
  double squares = 0;
  for (size_t t = trend.begin(); t < trend.end(); ++t) {
    const double level = trend.At(t), rest = multiplicative ? std::log(values[t] / level) : values[t] - level;
    squares += (rest - season[t % m]) * (rest - season[t % m]);
  }
  return squares / std::max(static_cast<double>(trend.end() - trend.begin()) - static_cast<double>(m), 1.0);
}

void Shrink(Values values, bool multiplicative, std::vector<double>& indices) {
  const double m = static_cast<double>(indices.size()), turns = static_cast<double>(values.size()) / m - 1;
  std::vector<double> season = indices;
  if (multiplicative) {
    for (double& index : season) index = std::log(index);
    const double mean = Mean(season);
    for (double& index : season) index -= mean;
  }
  const double size = std::inner_product(season.begin(), season.end(), season.begin(), 0.0);
  const double chance = kChanceWeight * (m - 3) * RestVariance(values, multiplicative, season) / turns;
  const double keep = size > 0 ? std::max(0.0, 1 - chance / size) : 0;
  for (size_t i = 0; i < indices.size(); ++i)
    indices[i] = multiplicative ? std::exp(keep * season[i]) : keep * season[i];
}

class SeasonRestored final : public FittedModel {
 public:
  SeasonRestored(std::unique_ptr<FittedModel> rest, Deseasonalised season)
      : rest_(std::move(rest)), season_(std::move(season)), length_(season_.values.size()) {
    const Values fitted = rest_->fitted();
    for (size_t t = 0; t < fitted.size(); ++t) fitted_.push_back(season_.Restore(fitted[t], t));
    season_.values = {};
  }

  Prediction Predict(int horizon) const override {
    Prediction prediction = rest_->Predict(horizon);
    for (size_t h = 0; h < prediction.mean.size(); ++h) {
      prediction.mean[h] = season_.Restore(prediction.mean[h], length_ + h);
    }
    for (size_t h = 0; h < prediction.variance.size(); ++h) {
      const double factor = season_.Factor(length_ + h);
      prediction.variance[h] *= factor * factor;
    }
    return prediction;
  }
  Values fitted() const override { return fitted_; }
  std::string Describe() const override {
    return absl::StrCat(rest_->Describe(), season_.multiplicative ? " x " : " + ", "season of ",
                        season_.indices.size());
  }

 private:
  std::unique_ptr<FittedModel> rest_;
  Deseasonalised season_;
  size_t length_;
  std::vector<double> fitted_;
};

}  // namespace

std::vector<double> SeasonalIndices(Values values, int season, bool multiplicative) {
  const size_t m = static_cast<size_t>(season);
  assert(season >= 2 && values.size() >= 2 * m);
  std::vector<double> indices(m), counts(m);
  MovingAverage trend(values, season);
  for (size_t t = trend.begin(); t < trend.end(); ++t) {
    const double level = trend.At(t);
    indices[t % m] += multiplicative ? values[t] / level : values[t] - level;
    ++counts[t % m];
  }
  for (size_t i = 0; i < m; ++i) indices[i] /= counts[i];
  const double mean = Mean(indices);
  for (double& index : indices) index = multiplicative ? index / mean : index - mean;
  return indices;
}

bool IsSeasonal(Values values, int season) {
  const size_t n = values.size(), m = static_cast<size_t>(season);
  if (season < kShortestTestedSeason || n < 2 * m) return false;
  const double mean = Mean(values);
  std::vector<double> centred(values.begin(), values.end());
  for (double& value : centred) value -= mean;
  const double variance = std::inner_product(centred.begin(), centred.end(), centred.begin(), 0.0);
  if (variance <= 1e-24 * (1 + mean * mean)) return false;
  double squares = 0, last = 0;
  for (size_t lag = 1; lag <= m; ++lag) {
    last = std::inner_product(centred.begin() + static_cast<std::ptrdiff_t>(lag), centred.end(), centred.begin(), 0.0) /
           variance;
    if (lag < m) squares += last * last;
  }
  return std::abs(last) > kNormal95 * std::sqrt((1 + 2 * squares) / static_cast<double>(n));
}

double Deseasonalised::Restore(double value, size_t index) const {
  if (indices.empty()) return value;
  const double season = indices[index % indices.size()];
  return multiplicative ? value * season : value + season;
}

double Deseasonalised::Factor(size_t index) const {
  return indices.empty() || !multiplicative ? 1 : indices[index % indices.size()];
}

Deseasonalised Deseasonalise(Values values, int season, SeasonRule rule) {
  Deseasonalised rest;
  rest.values.assign(values.begin(), values.end());
  const bool shrunken = rule == SeasonRule::kShrunken && season >= kShortestTestedSeason &&
                        values.size() >= 3 * static_cast<size_t>(season) && !IsConstant(values);
  if (!shrunken && !IsSeasonal(values, season)) return rest;
  rest.multiplicative = *std::min_element(values.begin(), values.end()) > 0;
  rest.indices = SeasonalIndices(values, season, rest.multiplicative);
  if (rest.multiplicative && *std::min_element(rest.indices.begin(), rest.indices.end()) < kSmallestRatio) {
    rest.multiplicative = false;
    rest.indices = SeasonalIndices(values, season, false);
  }
  if (shrunken) Shrink(values, rest.multiplicative, rest.indices);
  for (size_t t = 0; t < values.size(); ++t) {
    const double index = rest.indices[t % rest.indices.size()];
    rest.values[t] = rest.multiplicative ? values[t] / index : values[t] - index;
  }
  return rest;
}

Method OnDeseasonalised(Method method, SeasonRule rule) {
  return {method.name, [method, rule](const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
            RETURN_IF_ERROR(CheckSeries(series));
            Deseasonalised rest = Deseasonalise(series.values, series.season(), rule);
            ASSIGN_OR_RETURN(std::unique_ptr<FittedModel> model, method.fit({rest.values, {}}));
            if (rest.indices.empty()) return model;
            return std::make_unique<SeasonRestored>(std::move(model), std::move(rest));
          }};
}

}  // namespace kontor::forecasting
