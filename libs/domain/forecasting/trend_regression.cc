#include "libs/domain/forecasting/trend_regression.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"
#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

double Laplace(base::Random& random, double scale) {
  const double place = random.Uniform() - .5;
  return (place < 0 ? 1 : -1) * scale * std::log1p(-2 * std::min(std::abs(place), .5 - 1e-15));
}

}  // namespace

double TrendRegression::Line(double time) const {
  double line = offset_ + slope_ * time;
  for (size_t j = 0; j < changes_.size() && change_times_[j] < time; ++j) {
    line += changes_[j] * (time - change_times_[j]);
  }
  return line;
}

double TrendRegression::Curve(double line) const {
  if (options_.growth != Growth::kLogistic) return line;
  const double cap = (options_.cap - floor_) / scale_;
  return line >= 0 ? cap / (1 + std::exp(-line)) : cap * (std::exp(line) / (1 + std::exp(line)));
}

void TrendRegression::FillRow(double day, const std::vector<const Regressor*>& regressors, size_t step,
                              std::vector<double>& row) const {
  row.clear();
  for (const FourierSeason& season : seasons_) {
    for (int k = 1; k <= season.order; ++k) {
      const double angle = 2 * M_PI * k * day / season.days;
      row.push_back(std::sin(angle));
      row.push_back(std::cos(angle));
    }
  }
  const absl::CivilDay date = absl::CivilDay(1970) + static_cast<int64_t>(std::floor(day));
  for (const Event& event : options_.events) {
    for (int shift = -event.before; shift <= event.after; ++shift) {
      row.push_back(std::find(event.days.begin(), event.days.end(), date - shift) != event.days.end() ? 1 : 0);
    }
  }
  for (size_t k = 0; k < regressors.size(); ++k) {
    row.push_back((regressors[k]->values[step] - regressor_means_[k]) / regressor_scales_[k]);
  }
}

absl::StatusOr<TrendForecast> TrendRegression::Predict(absl::Span<const double> days,
                                                       absl::Span<const Regressor> regressors) const {
  std::vector<const Regressor*> found;
  RETURN_IF_ERROR(CheckFutureRegressors(regressor_names_, regressors, static_cast<int>(days.size()), found));
  TrendForecast forecast;
  forecast.components.push_back({"trend", {}});
  for (const std::string& name : names_) forecast.components.push_back({name, std::vector<double>(days.size(), 0)});
  double mean_change = 0;
  for (const double change : changes_) mean_change += std::abs(change) / static_cast<double>(changes_.size());
  const double cap = (options_.cap - floor_) / scale_;
  std::vector<double> row;
  for (size_t i = 0; i < days.size(); ++i) {
    if (!std::isfinite(days[i])) return absl::InvalidArgumentError(absl::StrCat("day ", i, " is not finite"));
    const double time = Time(days[i]), trend = Curve(Line(time));
    double total = trend, factor = 1;
    FillRow(days[i], found, i, row);
    for (size_t c = 0; c < columns_.size(); ++c) {
      const double share = columns_[c].coefficient * row[c], effect = share * (columns_[c].multiplicative ? trend : 1);
      forecast.components[columns_[c].component + 1].values[i] += effect * scale_;
      total += effect;
      if (columns_[c].multiplicative) factor += share;
    }
    forecast.components[0].values.push_back(trend * scale_ + floor_);
    forecast.prediction.mean.push_back(total * scale_ + floor_);
    // Changes at a rate of one per change point and length of the past, each of variance 2 × scale².
    const double ahead = std::max(0.0, time - 1);
    double spread = 2 * static_cast<double>(changes_.size()) * mean_change * mean_change * ahead * ahead * ahead / 3;
    if (options_.growth == Growth::kLogistic) spread *= std::pow(trend * (1 - trend / cap), 2);
    forecast.prediction.variance.push_back((noise_ * noise_ + spread * factor * factor) * scale_ * scale_);
  }
  return forecast;
}

absl::StatusOr<std::vector<std::vector<double>>> TrendRegression::Sample(absl::Span<const double> days, int paths,
                                                                         uint64_t seed,
                                                                         absl::Span<const Regressor> regressors) const {
  ASSIGN_OR_RETURN(const TrendForecast forecast, Predict(days, regressors));
  double mean_change = 0;
  for (const double change : changes_) mean_change += std::abs(change) / static_cast<double>(changes_.size());
  base::Random random(seed);
  std::vector<std::vector<double>> sampled;
  for (int path = 0; path < paths; ++path) {
    std::vector<double>& values = sampled.emplace_back();
    const double rate = static_cast<double>(changes_.size());
    double next = rate > 0 ? 1 - std::log1p(-random.Uniform()) / rate : 0, before = 1, turn = 0, added = 0;
    for (size_t i = 0; i < days.size(); ++i) {
      const double time = Time(days[i]);
      while (rate > 0 && next < time) {
        added += turn * (next - before);
        before = next;
        turn += Laplace(random, mean_change);
        next -= std::log1p(-random.Uniform()) / rate;
      }
      if (time > before) {
        added += turn * (time - before);
        before = time;
      }
      const double plain = (forecast.components[0].values[i] - floor_) / scale_, line = Line(time);
      const double trend = Curve(line + added);
      double total = trend;
      for (size_t c = 0; c < names_.size(); ++c) {
        const double effect = forecast.components[c + 1].values[i] / scale_;
        const bool grows = options_.form == SeasonForm::kMultiplicative && c < names_.size() - regressor_names_.size();
        total += grows && plain != 0 ? effect * trend / plain : effect;
      }
      values.push_back((total + noise_ * random.Normal()) * scale_ + floor_);
    }
  }
  return sampled;
}

std::vector<double> TrendRegression::slope_changes() const {
  std::vector<double> found;
  for (const double change : changes_) found.push_back(change * scale_ / span_);
  return found;
}

std::vector<double> TrendRegression::change_days() const {
  std::vector<double> found;
  for (const double time : change_times_) found.push_back(first_day_ + time * span_);
  return found;
}

namespace {

class DaysModel : public FittedModel {
 public:
  DaysModel(TrendRegression model, int count) : model_(std::move(model)), count_(count) {
    fitted_ = model_.Predict(Days(0, count)).value().prediction.mean;  // no regressors, finite days
  }
  Prediction Predict(int horizon) const override { return model_.Predict(Days(count_, horizon)).value().prediction; }
  Values fitted() const override { return fitted_; }
  std::string Describe() const override { return "piecewise linear trend with Fourier seasons"; }

 private:
  static std::vector<double> Days(int from, int count) {
    std::vector<double> days;
    for (int i = 0; i < count; ++i) days.push_back(from + i);
    return days;
  }

  TrendRegression model_;
  int count_;
  std::vector<double> fitted_;
};

}  // namespace

Method TrendRegressionMethod() {
  return {"trend_regression", [](const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
            RETURN_IF_ERROR(CheckSeries(series));
            TrendRegressionOptions options{.automatic_seasons = false};
            for (const int season : series.seasons) {
              if (2 * static_cast<size_t>(season) > series.values.size()) break;
              options.seasons.push_back({absl::StrCat("season of ", season), 1.0 * season, std::min(10, season / 2)});
            }
            std::vector<double> days;
            for (size_t t = 0; t < series.values.size(); ++t) days.push_back(static_cast<double>(t));
            ASSIGN_OR_RETURN(TrendRegression model, TrendRegression::Fit(days, series.values, options));
            return std::make_unique<DaysModel>(std::move(model), static_cast<int>(days.size()));
          }};
}

}  // namespace kontor::forecasting
