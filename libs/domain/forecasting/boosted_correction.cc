#include "libs/domain/forecasting/boosted_correction.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <numeric>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/ces.h"
#include "libs/domain/forecasting/ets.h"
#include "libs/domain/forecasting/naive.h"
#include "libs/domain/forecasting/seasonal_indices.h"
#include "libs/domain/forecasting/theta.h"

namespace kontor::forecasting {
namespace {

constexpr size_t kMembers = 6;  // the first two are the base
constexpr size_t kColumns = 1 + kMembers + 23;
constexpr size_t kRecent = 24;           // values that the floor of logarithms is taken from
constexpr double kFloorShare = 0.02;     // of their mean size
constexpr double kMostCorrection = 0.5;  // of a logarithm, that is learned from

const std::array<Method, kMembers>& Members() {
  static const std::array<Method, kMembers>& members =
      *new std::array<Method, kMembers>{DynamicOptimisedThetaMethod(), ThetaMethod(), DampedEtsMethod(),
                                        SimpleSmoothingMethod(),       CesMethod(),   SeasonalNaiveMethod()};
  return members;
}

double MeanOf(Values values) {
  return values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Values Last(Values values, size_t count) { return values.last(std::min(count, values.size())); }

// Mean of `count` values that end `back` before the last one; 0 where they are not all there.
double MeanBack(Values values, size_t count, size_t back) {
  return values.size() >= count + back ? MeanOf(values.subspan(values.size() - count - back, count)) : 0;
}

double Slope(Values values) {
  double sum = 0, spread = 0;
  const double centre = 0.5 * static_cast<double>(values.size() - 1);
  for (size_t t = 0; t < values.size(); ++t) {
    const double place = static_cast<double>(t) - centre;
    sum += place * values[t];
    spread += place * place;
  }
  return spread > 0 ? sum / spread : 0;
}

// A series at an origin in logarithms: base forecasts and a row of features for each step.
struct Origin {
  std::vector<double> base;
  std::vector<float> rows;
  double floor = 0;
};

class OriginMaker {
 public:
  OriginMaker(Values values, int season, int horizon)
      : values_(values), season_(static_cast<size_t>(season)), horizon_(static_cast<size_t>(horizon)) {}

  // Nothing where the series is too short or empty, or a member has no answer.
  std::optional<Origin> Make() {
    if (values_.size() < std::max<size_t>(season_ + 6, 8)) return std::nullopt;
    double size = 0;
    for (const double value : Last(values_, kRecent)) size += std::abs(value);
    origin_.floor = kFloorShare * size / static_cast<double>(Last(values_, kRecent).size());
    if (!(origin_.floor > 0) || !ForecastMembers()) return std::nullopt;
    TakeLogs();
    for (size_t h = 0; h < horizon_; ++h) origin_.base.push_back(0.5 * (members_[0][h] + members_[1][h]));
    Summarise();
    for (size_t h = 0; h < horizon_; ++h) AddRow(h);
    return std::move(origin_);
  }

 private:
  double Log(double value) const { return std::log(std::max(value, origin_.floor)); }

  bool ForecastMembers() {
    const Series series{values_, season_ > 1 ? std::vector<int>{static_cast<int>(season_)} : std::vector<int>()};
    for (size_t k = 0; k < kMembers; ++k) {
      const auto model = Members()[k].fit(series);
      if (!model.ok()) return false;
      members_[k] = (*model)->Predict(static_cast<int>(horizon_)).mean;
      for (double& value : members_[k]) {
        if (!std::isfinite(value)) return false;
        value = Log(value);
      }
    }
    return true;
  }

  void TakeLogs() {
    const Deseasonalised rest = Deseasonalise(values_, static_cast<int>(season_), SeasonRule::kShrunken);
    index_.assign(season_, 0.0);
    if (!rest.indices.empty() && rest.multiplicative) {
      for (size_t i = 0; i < season_; ++i) index_[i] = std::log(rest.indices[i]);
    }
    for (size_t t = 0; t < values_.size(); ++t) {
      logs_.push_back(Log(values_[t]));
      rest_.push_back(logs_.back() - index_[t % season_]);
    }
    for (size_t t = 1; t < rest_.size(); ++t) steps_.push_back(rest_[t] - rest_[t - 1]);
  }

  // What is the same for every step.
  void Summarise() {
    const size_t turn = std::max<size_t>(season_, 3);
    double noise = 0, covariance = 0, variance = 0;
    const Values recent = Last(steps_, season_ == 12 ? 24 : 12);
    for (const double step : recent) noise += std::abs(step) / static_cast<double>(recent.size());
    const double mean = MeanOf(steps_);
    for (size_t t = 0; t < steps_.size(); ++t) {
      variance += (steps_[t] - mean) * (steps_[t] - mean);
      if (t > 0) covariance += steps_[t] * steps_[t - 1];
    }
    double spread = 0;
    for (const double index : index_) spread += index * index / static_cast<double>(season_);
    const Values rest = rest_;
    same_ = {std::sqrt(spread),
             noise,
             static_cast<double>(values_.size()),
             MeanBack(rest, turn, 0) - (rest.size() > 2 * turn ? MeanBack(rest, turn, turn) : MeanBack(rest, turn, 0)),
             rest.size() >= 3 * turn ? MeanBack(rest, turn, turn) - MeanBack(rest, turn, 2 * turn) : 0,
             Slope(rest),
             Slope(Last(rest, 2 * turn)),
             origin_.base.back() - origin_.base.front(),
             members_[0].back() - members_[0].front(),
             covariance / (variance + 1e-9),
             steps_.back(),
             steps_[steps_.size() - 2],
             WholeNumbers() ? 1.0 : 0.0,
             std::log(origin_.floor)};
  }

  bool WholeNumbers() const {
    return std::all_of(values_.begin(), values_.end(), [](double value) { return value == std::round(value); });
  }

  void AddRow(size_t h) {
    const size_t n = values_.size();
    const double base = origin_.base[h], index = index_[(n + h) % season_], level = base - index;
    const Values rest = rest_;
    std::vector<double> row = {static_cast<double>(h)};
    double mean = 0, spread = 0;
    for (const std::vector<double>& member : members_) mean += member[h] / kMembers;
    for (const std::vector<double>& member : members_) spread += (member[h] - mean) * (member[h] - mean) / kMembers;
    for (const std::vector<double>& member : members_) row.push_back(member[h] - base);
    const size_t back = season_ * (h / season_ + 2);  // the place in the season before last
    row.push_back(logs_[n + h >= back ? n + h - back : 0] - base);
    row.push_back(index);
    row.push_back(std::sqrt(spread));
    row.push_back(rest.back() - level);
    row.push_back(MeanOf(Last(rest, 3)) - level);
    row.push_back(MeanOf(Last(rest, std::max<size_t>(season_, 4))) - level);
    row.push_back(*std::max_element(rest.begin(), rest.end()) - level);
    row.push_back(*std::min_element(rest.begin(), rest.end()) - level);
    row.push_back(base - origin_.base.front());
    row.insert(row.end(), same_.begin(), same_.end());
    for (const double value : row) origin_.rows.push_back(static_cast<float>(value));
  }

  Values values_;
  size_t season_, horizon_;
  Origin origin_;
  std::array<std::vector<double>, kMembers> members_;
  std::vector<double> index_, logs_, rest_, steps_;
  std::array<double, 14> same_;
};

// Rows and labels of one series' earlier origins.
struct Lessons {
  std::vector<float> rows, labels;
};

Lessons LessonsOf(const Series& series, const BoostedCorrectionOptions& options) {
  Lessons lessons;
  const size_t horizon = static_cast<size_t>(options.horizon), stride = std::max<size_t>(horizon / 3, 1);
  for (size_t j = 0; j < static_cast<size_t>(options.origins); ++j) {
    const size_t held_out = horizon + j * stride;
    if (series.values.size() < held_out + static_cast<size_t>(2 * series.season()) + 6) break;
    const Values before = series.values.first(series.values.size() - held_out);
    std::optional<Origin> origin = OriginMaker(before, series.season(), options.horizon).Make();
    if (!origin.has_value()) continue;
    lessons.rows.insert(lessons.rows.end(), origin->rows.begin(), origin->rows.end());
    for (size_t h = 0; h < horizon; ++h) {
      const double actual = std::log(std::max(series.values[before.size() + h], origin->floor));
      lessons.labels.push_back(
          static_cast<float>(std::clamp(actual - origin->base[h], -kMostCorrection, kMostCorrection)));
    }
  }
  return lessons;
}

std::vector<Lessons> AllLessons(absl::Span<const Series> set, const BoostedCorrectionOptions& options) {
  std::vector<Lessons> lessons(set.size());
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < set.size(); i = next++) lessons[i] = LessonsOf(set[i], options);
  };
  std::vector<std::thread> workers;
  for (int i = 1; i < options.threads; ++i) workers.emplace_back(work);
  work();
  for (std::thread& worker : workers) worker.join();
  return lessons;
}

// A model whose mean is moved towards what the correction says.
class CorrectedModel final : public FittedModel {
 public:
  CorrectedModel(std::unique_ptr<FittedModel> model, std::vector<double> corrected)
      : model_(std::move(model)), corrected_(std::move(corrected)) {}

  Prediction Predict(int horizon) const override {
    Prediction prediction = model_->Predict(horizon);
    double ratio = 1;
    for (size_t h = 0; h < prediction.mean.size(); ++h) {
      double& mean = prediction.mean[h];
      if (h >= corrected_.size()) {
        mean *= ratio;
        continue;
      }
      const double moved = 0.5 * (mean + corrected_[h]);
      ratio = mean > 0 ? moved / mean : 1;
      mean = moved;
    }
    return prediction;
  }
  Values fitted() const override { return model_->fitted(); }
  std::string Describe() const override { return absl::StrCat(model_->Describe(), ", corrected by a set of series"); }

 private:
  std::unique_ptr<FittedModel> model_;
  std::vector<double> corrected_;
};

}  // namespace

Method CorrectedMethod(std::string name, Method method, std::shared_ptr<const BoostedCorrection> correction) {
  const auto fit = [method = std::move(method), correction = std::move(correction)](
                       const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
    ASSIGN_OR_RETURN(std::unique_ptr<FittedModel> model, method.fit(series));
    absl::StatusOr<std::vector<double>> corrected = correction->Forecast(series);
    if (!corrected.ok()) return model;
    return std::make_unique<CorrectedModel>(std::move(model), *std::move(corrected));
  };
  return {std::move(name), fit};
}

absl::StatusOr<BoostedCorrection> BoostedCorrection::Learn(absl::Span<const Series> set,
                                                           const BoostedCorrectionOptions& options) {
  if (options.horizon < 1 || options.origins < 1 || options.threads < 1) {
    return absl::InvalidArgumentError("horizon, origins and threads are at least 1");
  }
  for (const Series& series : set) RETURN_IF_ERROR(CheckSeries(series));
  std::vector<float> rows, labels;
  size_t teachers = 0;
  for (const Lessons& lessons : AllLessons(set, options)) {
    rows.insert(rows.end(), lessons.rows.begin(), lessons.rows.end());
    labels.insert(labels.end(), lessons.labels.begin(), lessons.labels.end());
    teachers += lessons.labels.empty() ? 0 : 1;
  }
  if (teachers < kLeastSeries) {
    return absl::FailedPreconditionError("a correction is learned from at least 100 series with earlier origins");
  }
  learn::TreeOptions trees;
  trees.objective = learn::TreeOptions::Objective::kSquared;
  trees.rounds = 200;
  trees.depth = 6;
  trees.learning_rate = 0.04;
  trees.row_share = 0.5;
  trees.column_share = 0.4;
  trees.min_child_weight = 100;
  trees.threads = options.threads;
  trees.seed = options.seed;
  BoostedCorrection correction;
  correction.horizon_ = options.horizon;
  ASSIGN_OR_RETURN(correction.trees_, learn::BoostedTrees::Train({kColumns, rows, labels, {}, {}}, trees));
  return correction;
}

absl::StatusOr<std::vector<double>> BoostedCorrection::Forecast(const Series& series) const {
  RETURN_IF_ERROR(CheckSeries(series));
  const std::optional<Origin> origin = OriginMaker(series.values, series.season(), horizon_).Make();
  if (!origin.has_value()) {
    return absl::FailedPreconditionError("the series is too short, or nothing but zeros of late, for a correction");
  }
  std::vector<float> corrections(origin->base.size());
  trees_.Predict(origin->rows, absl::MakeSpan(corrections));
  std::vector<double> forecast(origin->base.size());
  for (size_t h = 0; h < forecast.size(); ++h) forecast[h] = std::exp(origin->base[h] + corrections[h]);
  return forecast;
}

}  // namespace kontor::forecasting
