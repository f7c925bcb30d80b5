#include "libs/domain/recommendations/strategy.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "libs/base/bytes.h"
#include "libs/base/hash.h"
#include "libs/base/random.h"
#include "libs/base/status.h"
#include "libs/domain/learn/bandit.h"

namespace kontor::recommendations {
namespace {

constexpr size_t kAlike = kStrategies;  // an outcome's arm where the strategy is none of them

size_t ArmOf(Strategy strategy) {
  const auto number = static_cast<size_t>(strategy);
  return number >= 1 && number <= kStrategies ? number - 1 : kAlike;
}

Strategy StrategyOf(size_t arm) { return static_cast<Strategy>(arm + 1); }

absl::StatusOr<learn::LinearBandit> Bandit(const StrategyOptions& options) {
  learn::BanditOptions bandit;
  bandit.arms = kStrategies;
  bandit.features = StrategyContext::kFeatures;
  bandit.explore = options.explore;
  bandit.least_share = 0;  // kept among those that a context allows, below
  return learn::LinearBandit::Create(bandit);
}

absl::Status Learn(absl::Span<const StrategyOutcome> outcomes, learn::LinearBandit& bandit) {
  for (const StrategyOutcome& outcome : outcomes) {
    if (outcome.context >= StrategyContext::kNumbers || !(outcome.rewards >= 0 && outcome.rewards <= outcome.times)) {
      return absl::InvalidArgumentError("an outcome's context or reward is out of range");
    }
    if (outcome.times == 0) continue;
    const auto features = StrategyContext{outcome.context}.Features();
    RETURN_IF_ERROR(bandit.Update(features, ArmOf(outcome.strategy), outcome.rewards, outcome.times));
  }
  return absl::OkStatus();
}

// The share of draws that each allowed arm wins.
std::array<double, kStrategies> Shares(const learn::LinearBandit& bandit, StrategyContext context,
                                       const StrategyOptions& options, base::Random& random) {
  const auto features = context.Features();
  std::array<double, kStrategies> means{}, deviations{}, shares{};
  size_t allowed = 0;
  for (size_t arm = 0; arm < kStrategies; ++arm) {
    if (!context.Allows(StrategyOf(arm))) continue;
    ++allowed;
    means[arm] = bandit.Expected(features, arm);
    deviations[arm] = options.explore * bandit.Deviation(features, arm);
  }
  for (int draw = 0; draw < options.draws; ++draw) {
    size_t best = kAlike;
    double most = 0;
    for (size_t arm = 0; arm < kStrategies; ++arm) {
      if (!context.Allows(StrategyOf(arm))) continue;
      const double value = means[arm] + deviations[arm] * random.Normal();
      if (best != kAlike && value <= most) continue;
      best = arm;
      most = value;
    }
    shares[best] += 1.0 / options.draws;
  }
  const double rest = 1 - options.least_share * static_cast<double>(allowed);
  for (size_t arm = 0; arm < kStrategies; ++arm) {
    shares[arm] = context.Allows(StrategyOf(arm)) ? options.least_share + rest * shares[arm] : 0;
  }
  return shares;
}

uint32_t Level(size_t count, size_t few, size_t some) {
  return count == 0 ? 0 : count < few ? 1 : count < some ? 2 : 3;
}

// With which probability the policy to be judged would have chosen.
double Target(const LoggedChoice& row, Strategy chosen, Strategy judged, const StrategyPolicy& policy) {
  if (judged == Strategy::kNone) return policy.Probability(row.context, chosen);
  return chosen == (row.context.Allows(judged) ? judged : Strategy::kEnsemble) ? 1 : 0;
}

// What a regression learned from the other half of the rows expects of each row.
struct Expectations {
  std::vector<double> taken, policy;
};

// The sums of every second row, from `first` on.
std::vector<StrategyOutcome> SumUp(absl::Span<const LoggedChoice> log, size_t first) {
  std::vector<StrategyOutcome> sums(StrategyContext::kNumbers * kStrategies);
  for (size_t i = first; i < log.size(); i += 2) {
    StrategyOutcome& sum = sums[log[i].context.number * kStrategies + ArmOf(log[i].strategy)];
    sum = {log[i].context.number, log[i].strategy, sum.times + 1, sum.rewards + log[i].reward};
  }
  return sums;
}

absl::StatusOr<Expectations> CrossFit(absl::Span<const LoggedChoice> log, Strategy judged,
                                      const StrategyPolicy& policy) {
  Expectations out{std::vector<double>(log.size()), std::vector<double>(log.size())};
  for (size_t half = 0; half < 2; ++half) {
    ASSIGN_OR_RETURN(learn::LinearBandit model, Bandit({}));
    RETURN_IF_ERROR(Learn(SumUp(log, 1 - half), model));
    for (size_t i = half; i < log.size(); i += 2) {
      const auto features = log[i].context.Features();
      out.taken[i] = model.Expected(features, ArmOf(log[i].strategy));
      for (size_t arm = 0; arm < kStrategies; ++arm) {
        const double share = Target(log[i], StrategyOf(arm), judged, policy);
        if (share > 0) out.policy[i] += share * model.Expected(features, arm);
      }
    }
  }
  return out;
}

}  // namespace

StrategyContext StrategyContext::Of(const UserContext& context, uint32_t device) {
  constexpr size_t kFewBaskets = 3, kSomeBaskets = 10, kFewSteps = 2, kSomeSteps = 5;
  return {Level(context.baskets.size(), kFewBaskets, kSomeBaskets) |
          Level(context.session.size(), kFewSteps, kSomeSteps) << 2 | (device < 8 ? device : 0) << 4};
}

bool StrategyContext::Allows(Strategy strategy) const {
  switch (strategy) {
    case Strategy::kEnsemble:
    case Strategy::kTrend:
      return true;
    case Strategy::kSession:
      return has_session();
    case Strategy::kHistory:
    case Strategy::kDiscovery:
      return has_history();
    case Strategy::kNone:
      break;
  }
  return false;
}

std::array<double, StrategyContext::kFeatures> StrategyContext::Features() const {
  std::array<double, kFeatures> features{1};
  const uint32_t history = number & 3, session = number >> 2 & 3, device = number >> 4;
  if (history > 0) features[history] = 1;
  if (session > 0) features[3 + session] = 1;
  if (device > 0) features[6 + device] = 1;
  return features;
}

void ApplyStrategy(Strategy strategy, UserContext& context, Request& request) {
  switch (strategy) {
    case Strategy::kNone:
    case Strategy::kEnsemble:
      return;
    case Strategy::kSession:
      context.baskets = {};
      return;
    case Strategy::kHistory:
      context.session = {};
      return;
    case Strategy::kDiscovery:
      request.bought = BoughtItems::kExclude;
      return;
    case Strategy::kTrend:
      context.effort = std::min(context.effort, Effort::kTrend);
      return;
  }
}

absl::StatusOr<StrategyPolicy> StrategyPolicy::Learn(absl::Span<const StrategyOutcome> outcomes,
                                                     const StrategyOptions& options) {
  ASSIGN_OR_RETURN(learn::LinearBandit bandit, Bandit(options));
  RETURN_IF_ERROR(recommendations::Learn(outcomes, bandit));
  StrategyPolicy policy;
  policy.rows_.resize(StrategyContext::kNumbers);
  base::Random random(options.seed);
  for (uint32_t number = 0; number < StrategyContext::kNumbers; ++number) {
    const StrategyContext context{number};
    const auto shares = Shares(bandit, context, options, random);
    const auto features = context.Features();
    for (size_t arm = 0; arm < kStrategies; ++arm) {
      policy.rows_[number].probability[arm] = static_cast<float>(shares[arm]);
      policy.rows_[number].expected[arm] = static_cast<float>(std::clamp(bandit.Expected(features, arm), 0.0, 1.0));
    }
  }
  for (const StrategyOutcome& outcome : outcomes) policy.answers_ += outcome.times;
  base::ByteWriter probabilities;
  for (const Row& row : policy.rows_) {
    for (const float probability : row.probability) probabilities.Value(probability);
  }
  policy.fingerprint_ = base::StableHash(probabilities.bytes());
  return policy;
}

std::shared_ptr<const StrategyPolicy> StrategyPolicy::WithoutOutcomes() {
  static const auto& policy = *new std::shared_ptr<const StrategyPolicy>(
      std::make_shared<const StrategyPolicy>(Learn({}, StrategyOptions()).value()));
  return policy;
}

double StrategyPolicy::Probability(StrategyContext context, Strategy strategy) const {
  const size_t arm = ArmOf(strategy);
  return arm == kAlike ? 0 : rows_[context.number].probability[arm];
}

double StrategyPolicy::Expected(StrategyContext context, Strategy strategy) const {
  const size_t arm = ArmOf(strategy);
  return arm == kAlike ? 0 : rows_[context.number].expected[arm];
}

StrategyPolicy::Choice StrategyPolicy::Choose(StrategyContext context, double draw) const {
  Choice choice;
  for (size_t arm = 0; arm < kStrategies; ++arm) {
    const double probability = rows_[context.number].probability[arm];
    if (probability <= 0) continue;
    choice = {StrategyOf(arm), probability};  // the last possible one where rounding leaves a rest
    draw -= probability;
    if (draw < 0) break;
  }
  return choice;
}

absl::StatusOr<learn::OffPolicyResult> EvaluateStrategy(absl::Span<const LoggedChoice> log, Strategy strategy,
                                                        const StrategyPolicy& policy,
                                                        const learn::OffPolicyOptions& options) {
  if (log.empty()) {
    return base::Error(absl::StatusCode::kFailedPrecondition, "TOO_FEW_ROWS",
                       "no answer was chosen by chance; give the placement the strategy AUTO");
  }
  for (const LoggedChoice& row : log) {
    if (row.context.number >= StrategyContext::kNumbers || ArmOf(row.strategy) == kAlike) {
      return absl::InvalidArgumentError("a logged choice names no context or no strategy");
    }
  }
  ASSIGN_OR_RETURN(const Expectations model, CrossFit(log, strategy, policy));
  std::vector<double> rewards, logged, target;
  for (const LoggedChoice& row : log) {
    rewards.push_back(row.reward);
    logged.push_back(row.propensity);
    target.push_back(Target(row, row.strategy, strategy, policy));
  }
  return learn::EstimateValue({rewards, logged, target}, {model.taken, model.policy}, options);
}

}  // namespace kontor::recommendations
