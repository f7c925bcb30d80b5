#include "libs/domain/forecasting/temporal_aggregation.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/reconcile_least_squares.h"

namespace kontor::forecasting {
namespace {

// One season: a node for every sum of every factor, observations as bottoms, in the order of `levels`.
absl::StatusOr<Hierarchy> SeasonHierarchy(int season, absl::Span<const TemporalForecast> levels) {
  std::vector<HierarchyNode> nodes;
  for (const TemporalForecast& level : levels) {
    for (int i = 0; i < season / level.factor; ++i) {
      nodes.push_back({absl::StrCat(level.factor, "/", i), {}, level.factor == 1});
    }
  }
  size_t at = 0;
  for (const TemporalForecast& level : levels) {
    for (int i = 0; i < season / level.factor; ++i, ++at) {
      if (level.factor != 1) continue;
      for (const TemporalForecast& other : levels) {
        if (other.factor != 1) nodes[at].parents.push_back(absl::StrCat(other.factor, "/", i / other.factor));
      }
    }
  }
  return Hierarchy::Make(std::move(nodes));
}

absl::Status CheckLevelsInTime(int season, absl::Span<const TemporalForecast> levels) {
  std::set<int> factors;
  for (const TemporalForecast& level : levels) {
    const bool fits = level.factor >= 1 && season >= 1 && season % level.factor == 0;
    if (!fits || !factors.insert(level.factor).second) {
      return absl::InvalidArgumentError("every factor is a divisor of the season, and there once");
    }
    const bool finite = std::all_of(level.mean.begin(), level.mean.end(), [](double f) { return std::isfinite(f); });
    if (!finite || static_cast<int>(level.mean.size()) < season / level.factor || !(level.error_variance >= 0)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the forecast of factor ", level.factor, " is shorter than a season or not finite"));
    }
  }
  return factors.contains(1) ? absl::OkStatus() : absl::InvalidArgumentError("the forecast of factor 1 is missing");
}

struct FittedLevel {
  int factor = 1;
  double error_variance = 0;
  std::unique_ptr<FittedModel> model;
};

double MeanSquaredError(Values actual, Values fitted) {
  double sum = 0;
  int count = 0;
  for (size_t t = 0; t < std::min(actual.size(), fitted.size()); ++t) {
    if (!std::isfinite(fitted[t])) continue;
    sum += (actual[t] - fitted[t]) * (actual[t] - fitted[t]);
    ++count;
  }
  return count > 0 ? sum / count : 0;
}

class TemporalModel final : public FittedModel {
 public:
  // `levels` begins with factor 1.
  TemporalModel(int season, bool non_negative, std::vector<FittedLevel> levels)
      : season_(season), non_negative_(non_negative), levels_(std::move(levels)) {}

  Prediction Predict(int horizon) const override {
    const int seasons = (horizon + season_ - 1) / season_;
    std::vector<TemporalForecast> forecasts;
    Prediction result;
    for (const FittedLevel& level : levels_) {
      Prediction prediction = level.model->Predict(seasons * season_ / level.factor);
      if (level.factor == 1) result = prediction;
      forecasts.push_back({level.factor, std::move(prediction.mean), level.error_variance});
    }
    // A level whose forecast is not finite leaves the observations' own.
    if (absl::StatusOr<std::vector<double>> mean = ReconcileInTime(season_, forecasts, non_negative_); mean.ok()) {
      result.mean = *std::move(mean);
    }
    result.mean.resize(horizon);
    if (!result.variance.empty()) result.variance.resize(horizon);
    return result;
  }
  Values fitted() const override { return levels_.front().model->fitted(); }
  std::string Describe() const override {
    std::string text = "temporal hierarchy of";
    for (const FittedLevel& level : levels_) absl::StrAppend(&text, " ", level.factor, ": ", level.model->Describe());
    return text;
  }

 private:
  int season_;
  bool non_negative_;
  std::vector<FittedLevel> levels_;
};

absl::StatusOr<FittedLevel> FitLevel(const Series& series, const Method& inner, int factor) {
  const std::vector<double> sums = AggregateInTime(series.values, factor);
  Series summed{sums, {}};
  for (const int season : series.seasons) {
    if (season % factor == 0 && season / factor >= 2) summed.seasons.push_back(season / factor);
  }
  ASSIGN_OR_RETURN(std::unique_ptr<FittedModel> model, inner.fit(summed));
  const double variance = MeanSquaredError(sums, model->fitted());
  return FittedLevel{factor, variance, std::move(model)};
}

}  // namespace

std::vector<int> AggregationFactors(int season) {
  std::vector<int> factors;
  for (int factor = 1; factor <= season; ++factor) {
    if (season % factor == 0) factors.push_back(factor);
  }
  return factors;
}

std::vector<double> AggregateInTime(Values values, int factor) {
  const size_t size = static_cast<size_t>(factor), count = values.size() / size;
  const size_t first = values.size() - count * size;
  std::vector<double> sums(count);
  for (size_t i = 0; i < count * size; ++i) sums[i / size] += values[first + i];
  return sums;
}

absl::StatusOr<std::vector<double>> ReconcileInTime(int season, absl::Span<const TemporalForecast> levels,
                                                    bool non_negative) {
  RETURN_IF_ERROR(CheckLevelsInTime(season, levels));
  ASSIGN_OR_RETURN(const Hierarchy hierarchy, SeasonHierarchy(season, levels));
  const bool known =
      std::all_of(levels.begin(), levels.end(), [](const TemporalForecast& l) { return l.error_variance > 0; });
  size_t seasons = levels.front().mean.size() * levels.front().factor / season;
  Eigen::VectorXd variances(hierarchy.node_count());
  Eigen::Index node = 0;
  for (const TemporalForecast& level : levels) {
    seasons = std::min(seasons, level.mean.size() * level.factor / season);
    for (int i = 0; i < season / level.factor; ++i) variances[node++] = known ? level.error_variance : level.factor;
  }
  const ReconciliationSolver solver(hierarchy, ErrorPrecision::Diagonal(variances));
  std::vector<double> result;
  for (size_t s = 0; s < seasons; ++s) {
    Eigen::VectorXd forecasts(hierarchy.node_count());
    node = 0;
    for (const TemporalForecast& level : levels) {
      const size_t count = season / level.factor;
      for (size_t i = 0; i < count; ++i) forecasts[node++] = level.mean[s * count + i];
    }
    ASSIGN_OR_RETURN(const Eigen::VectorXd bottoms, solver.Solve(forecasts, non_negative));
    result.insert(result.end(), bottoms.begin(), bottoms.end());
  }
  return result;
}

Method InTemporalHierarchy(Method inner) {
  std::string name = absl::StrCat("temporal_", inner.name);
  auto fit = [inner = std::move(inner)](const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
    RETURN_IF_ERROR(CheckSeries(series));
    if (series.season() < 2) return inner.fit(series);
    std::vector<FittedLevel> levels;
    for (const int factor : AggregationFactors(series.season())) {
      if (factor > 1 && series.values.size() < 2 * static_cast<size_t>(series.season())) break;
      absl::StatusOr<FittedLevel> level = FitLevel(series, inner, factor);
      if (!level.ok() && factor == 1) return level.status();
      if (level.ok()) levels.push_back(*std::move(level));
    }
    const bool non_negative = *std::min_element(series.values.begin(), series.values.end()) >= 0;
    return std::make_unique<TemporalModel>(series.season(), non_negative, std::move(levels));
  };
  return {std::move(name), std::move(fit)};
}

}  // namespace kontor::forecasting
