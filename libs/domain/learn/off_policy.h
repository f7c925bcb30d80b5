#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace kontor::learn {

// What a policy logged, a row each: the reward, the probability with which it took the action that it took, and the
// probability with which the policy to be judged would have taken the same one. Borrows.
struct PolicyLog {
  absl::Span<const double> rewards;
  absl::Span<const double> logged;  // within (0, 1]
  absl::Span<const double> target;  // within [0, 1]
};

// What a model of the reward, learned from other rows, expects: of the action taken, and of the target policy (the sum
// over actions of its probability times the expectation). Both empty for none. Borrows.
struct RewardModel {
  absl::Span<const double> taken;
  absl::Span<const double> policy;
};

struct OffPolicyOptions {
  double least_rows = 30;      // effective rows below which an estimate is refused
  double least_share = 0.005;  // the same, of the rows
  int resamples = 1'000;
  double confidence = 0.95;
  uint64_t seed = 1;
};

// An estimate of the target policy's mean reward with the percentile interval of a bootstrap over rows (Efron 1979).
// The reward model is held fixed, so that an interval of `dm` tells nothing of the model's own error.
struct OffPolicyEstimate {
  double value = 0, low = 0, high = 0;
};

struct OffPolicyResult {
  OffPolicyEstimate ips;      // mean of w r with w = target / logged (Horvitz and Thompson 1952)
  OffPolicyEstimate snips;    // sum of w r / sum of w (Swaminathan and Joachims 2015)
  OffPolicyEstimate dm;       // the reward model's mean; zeros without a model, as the two below
  OffPolicyEstimate dr;       // dm + mean of w (r - taken) (Dudik, Langford and Li 2011)
  OffPolicyEstimate sndr;     // dm + sum of w (r - taken) / sum of w
  double effective_rows = 0;  // (sum of w)^2 / sum of w^2 (Kish 1965)
  double mean_weight = 0;     // 1 but for chance where propensities are right and cover the target's actions
  double max_weight = 0;
};

// (sum of w)^2 / sum of w^2; 0 where all weights are.
double EffectiveRows(absl::Span<const double> weights);

// INVALID_ARGUMENT for columns that do not fit together or hold numbers that are not finite. Refuses to answer with
// FAILED_PRECONDITION and a reason:
//   NO_PROPENSITIES   rows without a logged probability within (0, 1], with their number;
//   NO_SUPPORT        the mean weight is off 1 by more than a tenth and four standard errors: the log's probabilities
//                     are wrong, or the target policy takes actions that the log cannot hold;
//   TOO_FEW_ROWS      fewer effective rows than options ask for, with their number.
// Deterministic for a seed. Cost: resamples times rows.
absl::StatusOr<OffPolicyResult> EstimateValue(const PolicyLog& log, const RewardModel& model,
                                              const OffPolicyOptions& options);

}  // namespace kontor::learn
