#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "libs/domain/learn/off_policy.h"
#include "libs/domain/recommendations/recommend.h"

namespace kontor::recommendations {

// A mix of the sources: what of a person an answer goes by. Which one does best differs by how much is known of them,
// by place and by device, and is learned from what became of answers.
enum class Strategy : uint8_t {
  kNone = 0,       // the placement leaves no choice
  kEnsemble = 1,   // everything
  kSession = 2,    // basket and session alone
  kHistory = 3,    // past purchases alone
  kDiscovery = 4,  // everything, for products that the person has not bought
  kTrend = 5,      // what sells and rises where they are
};
inline constexpr size_t kStrategies = 5;  // that can be chosen; the arm of a strategy is its number - 1

// What a choice goes by, as one number: two bits for the length of the history, two for that of the session, three for
// the device (0: unknown).
struct StrategyContext {
  static constexpr uint32_t kNumbers = 128;
  static StrategyContext Of(const UserContext& context, uint32_t device);

  uint32_t number = 0;  // below kNumbers
  bool has_history() const { return (number & 3) != 0; }
  bool has_session() const { return (number >> 2 & 3) != 0; }
  bool Allows(Strategy strategy) const;  // the strategy has something to go by
  // One, then an indicator of each level above the lowest.
  static constexpr size_t kFeatures = 1 + 3 + 3 + 7;
  std::array<double, kFeatures> Features() const;
};

// Makes a question one of that strategy: takes away what it does not go by. Filters stay.
void ApplyStrategy(Strategy strategy, UserContext& context, Request& request);

// What became of answers of one strategy in one context.
struct StrategyOutcome {
  uint32_t context = 0;  // StrategyContext::number
  Strategy strategy = Strategy::kEnsemble;
  double times = 0;    // answers that were seen; may be a weight
  double rewards = 0;  // their sum, each within 0 and 1
};

struct StrategyOptions {
  double explore = 0.5;       // deviations of a Thompson draw, in the reward's unit: a click's own deviation at most
  double least_share = 0.02;  // that every strategy which a context allows keeps
  int draws = 2'000;
  uint64_t seed = 1;
};

// The probabilities with which strategies are chosen: a linear Thompson bandit (libs/domain/learn/bandit.h) worked out
// for every context, so that a choice is a look-up and its propensity exact. Immutable; thread-safe.
class StrategyPolicy {
 public:
  // INVALID_ARGUMENT for outcomes whose numbers are out of range. Deterministic; without outcomes all alike.
  static absl::StatusOr<StrategyPolicy> Learn(absl::Span<const StrategyOutcome> outcomes,
                                              const StrategyOptions& options);

  // The one that has learned nothing.
  static std::shared_ptr<const StrategyPolicy> WithoutOutcomes();

  double Probability(StrategyContext context, Strategy strategy) const;  // 0 where the context does not allow it
  // The reward that the strategy is expected to bring, within 0 and 1.
  double Expected(StrategyContext context, Strategy strategy) const;
  double answers() const { return answers_; }            // that it has learned from
  uint64_t fingerprint() const { return fingerprint_; }  // of the probabilities; the same in every process

  struct Choice {
    Strategy strategy = Strategy::kEnsemble;
    double propensity = 1;
  };
  // `draw`: uniform within [0, 1).
  Choice Choose(StrategyContext context, double draw) const;

 private:
  struct Row {
    std::array<float, kStrategies> probability{}, expected{};
  };
  std::vector<Row> rows_;  // by StrategyContext::number
  double answers_ = 0;
  uint64_t fingerprint_ = 0;
};

// An answer that was logged with its propensity, and what became of it.
struct LoggedChoice {
  StrategyContext context;
  Strategy strategy = Strategy::kEnsemble;
  double propensity = 1;
  double reward = 0;  // within 0 and 1
};

// What answers would have brought had `strategy` always been chosen, where the context does not allow it kEnsemble; or,
// for kNone, had `policy` chosen. The reward model of the doubly robust estimate is a regression by contexts, learned
// on one half of the rows and read on the other. Errors are those of learn::EstimateValue: it refuses when too few rows
// speak for the answer.
absl::StatusOr<learn::OffPolicyResult> EvaluateStrategy(absl::Span<const LoggedChoice> log, Strategy strategy,
                                                        const StrategyPolicy& policy,
                                                        const learn::OffPolicyOptions& options);

}  // namespace kontor::recommendations
