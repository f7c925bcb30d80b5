#include "libs/domain/forecasting/set_trees.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"
#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

constexpr size_t kOrigins = 40;          // of a series
constexpr size_t kLeastValues = 5;       // before an origin
constexpr double kPositiveShare = 0.98;  // from which logarithms are taken
constexpr int kMostHorizon = 10'000;

absl::Status CheckSet(absl::Span<const Series> set, const SetModelOptions& options) {
  if (options.horizon < 1 || options.horizon > kMostHorizon || options.threads < 1 || options.max_rows < 1) {
    return absl::InvalidArgumentError("horizon (at most 10,000), threads and max_rows are at least 1");
  }
  for (const Series& series : set) {
    RETURN_IF_ERROR(CheckSeries(series));
    if (series.seasons.size() > 1 || series.season() != set.front().season()) {
      return absl::InvalidArgumentError("the series of a set have the same season, or none");
    }
  }
  return absl::OkStatus();
}

bool MostlyPositive(absl::Span<const Series> set) {
  double positive = 0, count = 0;
  for (const Series& series : set) {
    count += static_cast<double>(series.values.size());
    positive +=
        static_cast<double>(std::count_if(series.values.begin(), series.values.end(), [](double x) { return x > 0; }));
  }
  return positive >= kPositiveShare * count;
}

// How many origins of a series have all steps after them and enough before.
size_t CountOrigins(const Series& series, size_t horizon) {
  const size_t n = series.values.size(), turns = 2 * static_cast<size_t>(series.season()) + 1;
  if (n < horizon + kLeastValues) return 0;
  const size_t first = std::max(kLeastValues, std::min(turns, n - horizon));
  return std::min(kOrigins, n - horizon - first + 1);
}

struct Lessons {
  std::vector<float> rows, labels;
};

// Of the origins that chance keeps, the latest first.
Lessons LessonsOf(const Series& series, const SetFeatures& features, double share, base::Random random) {
  Lessons lessons;
  const size_t horizon = features.horizon();
  const size_t origins = CountOrigins(series, horizon);
  for (size_t j = 0; j < origins; ++j) {
    if (!random.Chance(share)) continue;
    const size_t before = series.values.size() - horizon - j;
    const SetOrigin origin = features.At(series.values.first(before));
    lessons.rows.insert(lessons.rows.end(), origin.rows.begin(), origin.rows.end());
    for (size_t h = 0; h < horizon; ++h) {
      lessons.labels.push_back(static_cast<float>(features.ToTarget(origin, h, series.values[before + h])));
    }
  }
  return lessons;
}

// Nothing once it is cancelled.
absl::StatusOr<Lessons> AllLessons(absl::Span<const Series> set, const SetFeatures& features, double share,
                                   const SetModelOptions& options) {
  std::vector<Lessons> lessons(set.size());
  std::atomic<size_t> next = 0;
  std::atomic<bool> cancelled = false;
  const auto caller = std::this_thread::get_id();
  const auto work = [&] {
    for (size_t i = next++; i < set.size() && !cancelled; i = next++) {
      if (options.cancelled && std::this_thread::get_id() == caller && options.cancelled()) cancelled = true;
      lessons[i] = LessonsOf(set[i], features, share, base::Random(options.seed + i));
    }
  };
  std::vector<std::thread> workers;
  for (int i = 1; i < options.threads; ++i) workers.emplace_back(work);
  work();
  for (std::thread& worker : workers) worker.join();
  if (cancelled) return absl::CancelledError("the training of trees was given up");
  Lessons all;
  for (Lessons& one : lessons) {
    all.rows.insert(all.rows.end(), one.rows.begin(), one.rows.end());
    all.labels.insert(all.labels.end(), one.labels.begin(), one.labels.end());
    one = {};
  }
  return all;
}

learn::TreeOptions Trees(size_t rows, const SetModelOptions& options) {
  learn::TreeOptions trees;
  trees.objective = learn::TreeOptions::Objective::kHuber;
  trees.rounds = 300;
  trees.depth = 6;
  trees.learning_rate = 0.05;
  trees.row_share = 0.7;
  trees.column_share = 0.6;
  trees.min_child_weight = std::clamp(static_cast<double>(rows) / 500, 20.0, 200.0);
  trees.threads = options.threads;
  trees.seed = options.seed;
  trees.cancelled = options.cancelled;
  return trees;
}

class SetTreesModel final : public FittedModel {
 public:
  SetTreesModel(const Series& series, std::shared_ptr<const SetModel> model)
      : values_(series.values.begin(), series.values.end()),
        seasons_(series.seasons),
        fitted_(values_.size(), std::numeric_limits<double>::quiet_NaN()),
        model_(std::move(model)) {}

  Prediction Predict(int horizon) const override { return model_->Predict({values_, seasons_}, horizon); }
  Values fitted() const override { return fitted_; }
  std::string Describe() const override { return absl::StrCat("trees over a set, ", model_->horizon(), " steps"); }

 private:
  const std::vector<double> values_;
  const std::vector<int> seasons_;
  const std::vector<double> fitted_;
  const std::shared_ptr<const SetModel> model_;
};

}  // namespace

SetModel::SetModel(int season, int horizon, bool logs)
    : season_(season), horizon_(horizon), features_(season, horizon, logs) {}

absl::StatusOr<SetModel> SetModel::Train(absl::Span<const Series> set, const SetModelOptions& options) {
  RETURN_IF_ERROR(CheckSet(set, options));
  size_t teachers = 0, rows = 0;
  for (const Series& series : set) {
    const size_t origins = CountOrigins(series, static_cast<size_t>(options.horizon));
    teachers += origins > 0 ? 1 : 0;
    rows += origins * static_cast<size_t>(options.horizon);
  }
  if (teachers < kLeastSeries) {
    return absl::FailedPreconditionError(absl::StrCat("trees are learned from at least ", kLeastSeries,
                                                      " series that are longer than the horizon by ", kLeastValues,
                                                      ", not ", teachers));
  }
  SetModel model(set.front().season(), options.horizon, MostlyPositive(set));
  const double share = std::min(1.0, static_cast<double>(options.max_rows) / static_cast<double>(rows));
  ASSIGN_OR_RETURN(const Lessons lessons, AllLessons(set, model.features_, share, options));
  if (lessons.labels.empty()) return absl::InvalidArgumentError("max_rows leaves nothing to learn from");
  ASSIGN_OR_RETURN(model.trees_,
                   learn::BoostedTrees::Train({model.features_.columns(), lessons.rows, lessons.labels, {}, {}},
                                              Trees(lessons.labels.size(), options)));
  return model;
}

Prediction SetModel::Predict(const Series& series, int horizon) const {
  const SetOrigin origin = features_.At(series.values);
  std::vector<float> targets(features_.horizon());
  trees_.Predict(origin.rows, absl::MakeSpan(targets));
  Prediction prediction;
  const size_t known = targets.size(), turn = std::min(known, static_cast<size_t>(season_));
  for (size_t h = 0; h < static_cast<size_t>(horizon); ++h) {
    prediction.mean.push_back(h < known ? features_.FromTarget(origin, h, targets[h]) : prediction.mean[h - turn]);
  }
  return prediction;
}

void SetModel::Save(base::ByteWriter& out) const {
  out.Value<int32_t>(season_);
  out.Value<int32_t>(horizon_);
  out.Value<uint8_t>(features_.logs() ? 1 : 0);
  trees_.Save(out);
}

SetModel SetModel::Load(base::ByteReader& in) {
  const auto season = in.Value<int32_t>(), horizon = in.Value<int32_t>();
  const auto logs = in.Value<uint8_t>();
  in.Require(season >= 1 && season <= kMostHorizon && horizon >= 1 && horizon <= kMostHorizon && logs <= 1,
             "a model over a set has a season or horizon out of range");
  if (!in.status().ok()) return SetModel(1, 1, false);
  SetModel model(season, horizon, logs == 1);
  model.trees_ = learn::BoostedTrees::Load(in);
  in.Require(model.trees_.columns() == model.features_.columns(), "a model over a set has trees of other features");
  return in.status().ok() ? std::move(model) : SetModel(1, 1, false);
}

Method SetTreesMethod(std::shared_ptr<const SetModel> model) {
  return {"set_trees",
          [model = std::move(model)](const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
            RETURN_IF_ERROR(CheckSeries(series));
            if (series.season() != model->season()) {
              return absl::FailedPreconditionError("the model was trained on series of another season");
            }
            return std::make_unique<SetTreesModel>(series, model);
          }};
}

}  // namespace kontor::forecasting
