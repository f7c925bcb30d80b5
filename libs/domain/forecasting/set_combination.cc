#include "libs/domain/forecasting/set_combination.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <optional>
#include <thread>
#include <utility>

#include "libs/base/status.h"
#include "libs/domain/forecasting/boosted_correction.h"
#include "libs/domain/forecasting/ets.h"
#include "libs/domain/forecasting/measures.h"
#include "libs/domain/forecasting/naive.h"
#include "libs/domain/forecasting/set_trees.h"
#include "libs/domain/forecasting/theta.h"

namespace kontor::forecasting {
namespace {

constexpr size_t kMembers = 4;
constexpr const char* kNames[kMembers] = {"stack", "dynamic_optimised_theta", "auto_ets", "set_trees"};
constexpr double kGuard = 1.5;  // of the best member's error
constexpr size_t kLeastBefore = 8;

using Means = std::array<std::vector<double>, kMembers>;

// What the members say of a series; empty where they have no answer.
struct Said {
  Means means;
  std::vector<double> variance;  // of auto_ets
};

bool IsFinite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

Prediction ByMethod(const Series& series, const Method& method, int horizon) {
  const auto model = method.fit(series);
  if (!model.ok()) return {};
  Prediction prediction = (*model)->Predict(horizon);
  return IsFinite(prediction.mean) && IsFinite(prediction.variance) ? std::move(prediction) : Prediction();
}

// Both models over the set, where it has enough to learn from.
struct SetModels {
  std::optional<BoostedCorrection> stack;
  std::optional<SetModel> trees;
};

absl::StatusOr<SetModels> LearnModels(absl::Span<const Series> set, const SetCombinationOptions& options) {
  SetModels models;
  BoostedCorrectionOptions stack;
  stack.horizon = options.horizon;
  stack.threads = options.threads;
  stack.seed = options.seed;
  ASSIGN_OR_RETURN(models.stack, BoostedCorrection::Learn(set, stack));
  SetModelOptions trees;
  trees.horizon = options.horizon;
  trees.threads = options.threads;
  trees.seed = options.seed;
  ASSIGN_OR_RETURN(models.trees, SetModel::Train(set, trees));
  return models;
}

Said Ask(const Series& series, const SetModels& models, int horizon) {
  Said said;
  if (models.stack.has_value()) {
    if (auto stack = models.stack->Forecast(series); stack.ok()) said.means[0] = *std::move(stack);
  }
  said.means[1] = ByMethod(series, DynamicOptimisedThetaMethod(), horizon).mean;
  Prediction ets = ByMethod(series, AutoEtsMethod(), horizon);
  said.means[2] = std::move(ets.mean);
  said.variance = std::move(ets.variance);
  if (models.trees.has_value()) said.means[3] = models.trees->Predict(series, horizon).mean;
  return said;
}

std::vector<Said> AskAll(absl::Span<const Series> set, const SetModels& models, const SetCombinationOptions& options) {
  std::vector<Said> said(set.size());
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < set.size(); i = next++) said[i] = Ask(set[i], models, options.horizon);
  };
  std::vector<std::thread> workers;
  for (int i = 1; i < options.threads; ++i) workers.emplace_back(work);
  work();
  for (std::thread& worker : workers) worker.join();
  return said;
}

// The last values of those series that are long enough, and what the members said of them.
struct HeldOut {
  std::vector<Series> before;
  std::vector<Values> actual;
  std::vector<Said> said;
};

absl::StatusOr<HeldOut> HoldOut(absl::Span<const Series> set, const SetCombinationOptions& options) {
  HeldOut held;
  const size_t horizon = static_cast<size_t>(options.horizon);
  for (const Series& series : set) {
    const size_t least = std::max(kLeastBefore, static_cast<size_t>(series.season()) + 6);
    if (series.values.size() < horizon + least) continue;
    held.before.push_back({series.values.first(series.values.size() - horizon), series.seasons});
    held.actual.push_back(series.values.last(horizon));
  }
  absl::StatusOr<SetModels> models = LearnModels(held.before, options);
  if (absl::IsFailedPrecondition(models.status())) models = SetModels();  // too short to be held out
  RETURN_IF_ERROR(models.status());
  held.said = AskAll(held.before, *models, options);
  return held;
}

std::vector<SetMember> Judge(const HeldOut& held) {
  std::vector<SetMember> members;
  double best = std::numeric_limits<double>::infinity();
  for (size_t k = 0; k < kMembers; ++k) {
    double sum = 0, count = 0;
    for (size_t i = 0; i < held.said.size(); ++i) {
      if (held.said[i].means[k].empty()) continue;
      sum += Smape(held.actual[i], held.said[i].means[k]);
      ++count;
    }
    members.push_back({kNames[k], sum / count, false});
    if (count > 0) best = std::min(best, sum / count);
  }
  // Where nothing could be held out, the methods of one series alone are trusted.
  for (size_t k = 0; k < kMembers; ++k) {
    members[k].kept = std::isfinite(best) ? members[k].held_out_smape <= kGuard * best : k == 1 || k == 2;
  }
  return members;
}

// The median of four, the mean of fewer.
double Middle(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t cut = values.size() == kMembers ? kMembers / 2 - 1 : 0;
  double sum = 0;
  for (size_t i = cut; i < values.size() - cut; ++i) sum += values[i];
  return sum / static_cast<double>(values.size() - 2 * cut);
}

Prediction CombineKept(const Series& series, const Said& said, absl::Span<const SetMember> members, int horizon) {
  Prediction prediction;
  prediction.variance = said.variance;
  for (size_t h = 0; h < static_cast<size_t>(horizon); ++h) {
    std::vector<double> values;
    for (size_t k = 0; k < kMembers; ++k) {
      if (members[k].kept && !said.means[k].empty()) values.push_back(said.means[k][h]);
    }
    if (values.empty()) break;
    prediction.mean.push_back(Middle(std::move(values)));
  }
  if (prediction.mean.empty()) prediction = ByMethod(series, SeasonalNaiveMethod(), horizon);
  return prediction;
}

// The errors of the combination on the held-out values, of each series and of the set.
struct HeldOutErrors {
  std::vector<ScaledErrors> scaled;
  double smape = 0;
};

HeldOutErrors ErrorsOf(const HeldOut& held, absl::Span<const SetMember> members, int horizon) {
  HeldOutErrors errors;
  for (size_t i = 0; i < held.said.size(); ++i) {
    Prediction prediction = CombineKept(held.before[i], held.said[i], members, horizon);
    errors.smape += Smape(held.actual[i], prediction.mean);
    Backtest backtest;
    backtest.folds.push_back({static_cast<int>(held.before[i].values.size()),
                              {held.actual[i].begin(), held.actual[i].end()},
                              std::move(prediction.mean),
                              std::move(prediction.variance),
                              NaiveScale(held.before[i].values, held.before[i].season())});
    errors.scaled.push_back(ScaleErrors(backtest));
  }
  errors.smape /= static_cast<double>(held.said.size());
  return errors;
}

absl::Status Check(absl::Span<const Series> set, const SetCombinationOptions& options) {
  if (options.horizon < 1 || options.threads < 1) {
    return absl::InvalidArgumentError("horizon and threads are at least 1");
  }
  if (!options.levels.empty()) RETURN_IF_ERROR(CheckLevels(options.levels));
  for (const Series& series : set) RETURN_IF_ERROR(CheckSeries(series));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SetCombination> CombineOverSet(absl::Span<const Series> set, const SetCombinationOptions& options) {
  RETURN_IF_ERROR(Check(set, options));
  ASSIGN_OR_RETURN(const SetModels models, LearnModels(set, options));
  ASSIGN_OR_RETURN(const HeldOut held, HoldOut(set, options));
  SetCombination combination;
  combination.members = Judge(held);
  std::vector<Said> said = AskAll(set, models, options);
  for (size_t i = 0; i < set.size(); ++i) {
    combination.predictions.push_back(CombineKept(set[i], said[i], combination.members, options.horizon));
    combination.alone.emplace_back(said[i].means.begin(), said[i].means.end());
  }
  const HeldOutErrors held_out = ErrorsOf(held, combination.members, options.horizon);
  combination.held_out_smape = held_out.smape;
  if (options.levels.empty()) return combination;
  const auto learned = ErrorQuantiles::Pooled(held_out.scaled, options.levels);
  const ErrorQuantiles errors = learned.ok() ? *learned : ErrorQuantiles::Alone({}, options.horizon, options.levels);
  for (size_t i = 0; i < set.size(); ++i) {
    const Prediction& prediction = combination.predictions[i];
    const bool non_negative = *std::min_element(set[i].values.begin(), set[i].values.end()) >= 0;
    const double scale = NaiveScale(set[i].values, set[i].season());
    combination.quantiles.push_back(
        errors.Apply(prediction.mean, SpreadOf(prediction, std::isfinite(scale) ? scale : 0), non_negative));
  }
  return combination;
}

}  // namespace kontor::forecasting
