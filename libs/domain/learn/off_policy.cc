#include "libs/domain/learn/off_policy.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "absl/strings/str_format.h"
#include "libs/base/random.h"
#include "libs/base/status.h"

namespace kontor::learn {
namespace {

// What the estimates need of each row, and of the sum over some rows.
struct Terms {
  double weight = 0, weighted_reward = 0, model = 0, weighted_residual = 0;
  Terms& operator+=(const Terms& other) {
    weight += other.weight;
    weighted_reward += other.weighted_reward;
    model += other.model;
    weighted_residual += other.weighted_residual;
    return *this;
  }
};

constexpr size_t kEstimates = 5;
using Values = std::array<double, kEstimates>;  // in the order of OffPolicyResult

Values ValuesOf(const Terms& sum, double rows) {
  const double dm = sum.model / rows;
  const double weight = sum.weight > 0 ? sum.weight : 1;
  return {sum.weighted_reward / rows, sum.weighted_reward / weight, dm, dm + sum.weighted_residual / rows,
          dm + sum.weighted_residual / weight};
}

// The value at `share` of ascending ones, between two neighbours in proportion.
double Quantile(const std::vector<double>& ascending, double share) {
  const double place = share * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, ascending.size() - 1);
  return ascending[below] + (place - static_cast<double>(below)) * (ascending[above] - ascending[below]);
}

bool Finite(absl::Span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

absl::Status CheckColumns(const PolicyLog& log, const RewardModel& model) {
  const size_t rows = log.rewards.size();
  const auto fits = [&](absl::Span<const double> column) { return column.empty() || column.size() == rows; };
  if (rows == 0) return absl::InvalidArgumentError("the log has no rows");
  if (log.target.size() != rows || !fits(log.logged) || !fits(model.taken) ||
      model.taken.size() != model.policy.size()) {
    return absl::InvalidArgumentError("the log's columns have unequal lengths");
  }
  if (!Finite(log.rewards) || !Finite(log.target) || !Finite(model.taken) || !Finite(model.policy)) {
    return absl::InvalidArgumentError("the log holds numbers that are not finite");
  }
  if (std::any_of(log.target.begin(), log.target.end(), [](double p) { return p < 0 || p > 1; })) {
    return absl::InvalidArgumentError("a probability of the target policy is outside 0 … 1");
  }
  return absl::OkStatus();
}

absl::Status CheckPropensities(const PolicyLog& log) {
  const auto usable = [](double p) { return p > 0 && p <= 1; };
  const auto good = std::count_if(log.logged.begin(), log.logged.end(), usable);
  const auto missing = static_cast<int64_t>(log.rewards.size()) - good;
  if (missing == 0) return absl::OkStatus();
  return base::Error(absl::StatusCode::kFailedPrecondition, "NO_PROPENSITIES",
                     absl::StrFormat("%d of %d rows have no logged probability above 0 and at most 1; log the "
                                     "probability with each action.",
                                     missing, log.rewards.size()));
}

absl::Status CheckWeights(absl::Span<const double> weights, double mean, double effective,
                          const OffPolicyOptions& options) {
  const auto rows = static_cast<double>(weights.size());
  const double least = std::max(options.least_rows, options.least_share * rows);
  if (effective < least) {
    return base::Error(absl::StatusCode::kFailedPrecondition, "TOO_FEW_ROWS",
                       absl::StrFormat("The log's %d rows are worth %.1f for this policy, %.0f are needed; log longer, "
                                       "or judge a policy nearer to the logging one.",
                                       weights.size(), effective, std::ceil(least)));
  }
  double squares = 0;
  for (const double weight : weights) squares += (weight - mean) * (weight - mean);
  const double error = std::sqrt(squares / rows / rows);
  if (std::abs(mean - 1) > 0.1 && std::abs(mean - 1) > 4 * error) {
    return base::Error(absl::StatusCode::kFailedPrecondition, "NO_SUPPORT",
                       absl::StrFormat("The mean weight is %.3f and should be 1: the logged probabilities are wrong, "
                                       "or the policy takes actions that the logging one never takes.",
                                       mean));
  }
  return absl::OkStatus();
}

std::array<std::vector<double>, kEstimates> Resample(const std::vector<Terms>& terms, const OffPolicyOptions& options) {
  std::array<std::vector<double>, kEstimates> out;
  base::Random random(options.seed);
  for (int resample = 0; resample < options.resamples; ++resample) {
    Terms sum;
    for (size_t i = 0; i < terms.size(); ++i) sum += terms[random.Below(terms.size())];
    const Values values = ValuesOf(sum, static_cast<double>(terms.size()));
    for (size_t k = 0; k < kEstimates; ++k) out[k].push_back(values[k]);
  }
  for (std::vector<double>& values : out) std::sort(values.begin(), values.end());
  return out;
}

}  // namespace

double EffectiveRows(absl::Span<const double> weights) {
  double sum = 0, squares = 0;
  for (const double weight : weights) {
    sum += weight;
    squares += weight * weight;
  }
  return squares > 0 ? sum * sum / squares : 0;
}

absl::StatusOr<OffPolicyResult> EstimateValue(const PolicyLog& log, const RewardModel& model,
                                              const OffPolicyOptions& options) {
  RETURN_IF_ERROR(CheckColumns(log, model));
  RETURN_IF_ERROR(CheckPropensities(log));
  if (options.resamples < 1 || !(options.confidence > 0 && options.confidence < 1)) {
    return absl::InvalidArgumentError("resamples must be 1 or more, confidence within 0 … 1");
  }
  std::vector<double> weights;
  std::vector<Terms> terms;
  Terms sum;
  for (size_t i = 0; i < log.rewards.size(); ++i) {
    const double weight = log.target[i] / log.logged[i];
    const double taken = model.taken.empty() ? 0 : model.taken[i], policy = model.policy.empty() ? 0 : model.policy[i];
    weights.push_back(weight);
    terms.push_back({weight, weight * log.rewards[i], policy, weight * (log.rewards[i] - taken)});
    sum += terms.back();
  }
  const auto rows = static_cast<double>(terms.size());
  OffPolicyResult out;
  out.effective_rows = EffectiveRows(weights);
  out.mean_weight = sum.weight / rows;
  out.max_weight = *std::max_element(weights.begin(), weights.end());
  RETURN_IF_ERROR(CheckWeights(weights, out.mean_weight, out.effective_rows, options));

  const Values values = ValuesOf(sum, rows);
  const auto resampled = Resample(terms, options);
  OffPolicyEstimate* const estimates[] = {&out.ips, &out.snips, &out.dm, &out.dr, &out.sndr};
  const size_t known = model.taken.empty() ? 2 : kEstimates;
  const double tail = (1 - options.confidence) / 2;
  for (size_t k = 0; k < known; ++k) {
    *estimates[k] = {values[k], Quantile(resampled[k], tail), Quantile(resampled[k], 1 - tail)};
  }
  return out;
}

}  // namespace kontor::learn
