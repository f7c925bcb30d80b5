#include "libs/domain/recommendations/strategy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "libs/base/random.h"
#include "libs/base/status.h"

namespace kontor::recommendations {
namespace {

constexpr Strategy kAll[] = {Strategy::kEnsemble, Strategy::kSession, Strategy::kHistory, Strategy::kDiscovery,
                             Strategy::kTrend};

StrategyContext ContextOf(size_t baskets, size_t steps, uint32_t device) {
  const std::vector<PastBasket> past(baskets);
  const std::vector<Seed> session(steps);
  UserContext context;
  context.baskets = past;
  context.session = session;
  return StrategyContext::Of(context, device);
}

StrategyPolicy Learned(const std::vector<StrategyOutcome>& outcomes) {
  return StrategyPolicy::Learn(outcomes, {}).value();
}

TEST(StrategyContextTest, TellsWhatIsKnown) {
  EXPECT_EQ(ContextOf(0, 0, 0).number, 0u);
  EXPECT_EQ(ContextOf(2, 0, 0).number, 1u);
  EXPECT_EQ(ContextOf(9, 4, 2).number, 2u | 2u << 2 | 2u << 4);
  EXPECT_EQ(ContextOf(10, 5, 5).number, 3u | 3u << 2 | 5u << 4);
  EXPECT_EQ(ContextOf(0, 0, 99).number, 0u) << "a device from the future is an unknown one";
}

TEST(StrategyContextTest, AllowsWhatHasSomethingToGoBy) {
  EXPECT_FALSE(ContextOf(3, 0, 0).Allows(Strategy::kSession));
  EXPECT_TRUE(ContextOf(3, 0, 0).Allows(Strategy::kHistory));
  EXPECT_TRUE(ContextOf(0, 1, 0).Allows(Strategy::kSession));
  EXPECT_FALSE(ContextOf(0, 1, 0).Allows(Strategy::kDiscovery));
  EXPECT_TRUE(ContextOf(0, 0, 0).Allows(Strategy::kTrend));
  EXPECT_FALSE(ContextOf(3, 3, 0).Allows(Strategy::kNone));
}

TEST(StrategyPolicyTest, ProbabilitiesAreOfWhatTheContextAllows) {
  const StrategyPolicy policy = Learned({});
  for (uint32_t number = 0; number < StrategyContext::kNumbers; ++number) {
    const StrategyContext context{number};
    double sum = 0;
    for (const Strategy strategy : kAll) {
      const double probability = policy.Probability(context, strategy);
      EXPECT_EQ(probability > 0, context.Allows(strategy));
      sum += probability;
    }
    EXPECT_NEAR(sum, 1, 1e-5);
  }
}

TEST(StrategyPolicyTest, ChoosesByItsProbabilities) {
  const StrategyContext context = ContextOf(3, 3, 1);
  const StrategyPolicy policy =
      Learned({{context.number, Strategy::kSession, 500, 100}, {context.number, Strategy::kHistory, 500, 70}});
  base::Random random(3);
  std::vector<double> seen(kStrategies + 1, 0);
  constexpr int kDraws = 100'000;
  for (int i = 0; i < kDraws; ++i) {
    const StrategyPolicy::Choice choice = policy.Choose(context, random.Uniform());
    EXPECT_EQ(choice.propensity, policy.Probability(context, choice.strategy));
    seen[static_cast<size_t>(choice.strategy)] += 1.0 / kDraws;
  }
  for (const Strategy strategy : kAll) {
    const double probability = policy.Probability(context, strategy);
    EXPECT_NEAR(seen[static_cast<size_t>(strategy)], probability, 5 * std::sqrt(probability / kDraws) + 1e-4);
  }
  EXPECT_NE(policy.Choose(context, std::nextafter(1.0, 0.0)).strategy, Strategy::kNone);
}

TEST(StrategyPolicyTest, FindsWhatDoesBestWhere) {
  std::vector<StrategyOutcome> outcomes;
  const StrategyContext fresh = ContextOf(0, 5, 2), loyal = ContextOf(20, 0, 1);
  for (const Strategy strategy : kAll) {
    outcomes.push_back({fresh.number, strategy, 5'000, strategy == Strategy::kSession ? 750.0 : 300.0});
    outcomes.push_back({loyal.number, strategy, 5'000, strategy == Strategy::kHistory ? 750.0 : 300.0});
  }
  const StrategyPolicy policy = Learned(outcomes);
  EXPECT_GT(policy.Probability(fresh, Strategy::kSession), .9);
  EXPECT_GT(policy.Probability(loyal, Strategy::kHistory), .9);
  EXPECT_NEAR(policy.Probability(loyal, Strategy::kTrend), .02, .01) << "every strategy goes on being tried";
  EXPECT_NEAR(policy.Expected(loyal, Strategy::kHistory), .15, .01);
  EXPECT_NEAR(policy.Expected(loyal, Strategy::kTrend), .06, .01);
  EXPECT_EQ(policy.answers(), 50'000);
}

TEST(StrategyPolicyTest, RefusesWhatCannotBe) {
  EXPECT_FALSE(StrategyPolicy::Learn({{StrategyContext::kNumbers, Strategy::kTrend, 1, 0}}, {}).ok());
  EXPECT_FALSE(StrategyPolicy::Learn({{0, Strategy::kTrend, 1, 2}}, {}).ok());
  EXPECT_FALSE(StrategyPolicy::Learn({{0, Strategy::kNone, 1, 0}}, {}).ok());
  EXPECT_FALSE(StrategyPolicy::Learn({{0, Strategy::kTrend, std::nan(""), 0}}, {}).ok());
}

TEST(ApplyStrategyTest, TakesAwayWhatItDoesNotGoBy) {
  const std::vector<PastBasket> past(2);
  const std::vector<Seed> session(3);
  const auto applied = [&](Strategy strategy) {
    UserContext context;
    context.baskets = past;
    context.session = session;
    Request request;
    ApplyStrategy(strategy, context, request);
    return std::make_tuple(context.baskets.size(), context.session.size(), context.effort, request.bought);
  };
  const auto include = BoughtItems::kInclude;
  EXPECT_EQ(applied(Strategy::kEnsemble), std::make_tuple(2u, 3u, Effort::kDeep, include));
  EXPECT_EQ(applied(Strategy::kSession), std::make_tuple(0u, 3u, Effort::kDeep, include));
  EXPECT_EQ(applied(Strategy::kHistory), std::make_tuple(2u, 0u, Effort::kDeep, include));
  EXPECT_EQ(applied(Strategy::kDiscovery), std::make_tuple(2u, 3u, Effort::kDeep, BoughtItems::kExclude));
  EXPECT_EQ(applied(Strategy::kTrend), std::make_tuple(2u, 3u, Effort::kTrend, include));
}

// A world in which the session pays .30 and everything else .10, logged by chance.
std::vector<LoggedChoice> Log(size_t rows, uint64_t seed) {
  base::Random random(seed);
  std::vector<LoggedChoice> log;
  const StrategyContext context = ContextOf(3, 3, 1);
  for (size_t i = 0; i < rows; ++i) {
    const auto strategy = static_cast<Strategy>(1 + random.Below(kStrategies));
    const double rate = strategy == Strategy::kSession ? .3 : .1;
    log.push_back({context, strategy, .2, random.Chance(rate) ? 1.0 : 0.0});
  }
  return log;
}

TEST(EvaluateStrategyTest, CoversTheTruth) {
  const StrategyPolicy policy = Learned({});
  const std::vector<LoggedChoice> log = Log(20'000, 5);
  for (const Strategy strategy : kAll) {
    const double truth = strategy == Strategy::kSession ? .3 : .1;
    const auto result = EvaluateStrategy(log, strategy, policy, {});
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_NEAR(result->dr.value, truth, .02);
    EXPECT_LT(result->dr.low, truth + .005);
    EXPECT_GT(result->dr.high, truth - .005);
    EXPECT_LE(result->dr.high - result->dr.low, result->ips.high - result->ips.low)
        << "the regression takes noise away";
  }
  const auto chosen = EvaluateStrategy(log, Strategy::kNone, policy, {});
  ASSERT_TRUE(chosen.ok()) << chosen.status();
  EXPECT_NEAR(chosen->dr.value, .14, .02) << "of a policy without knowledge: all alike";
}

TEST(EvaluateStrategyTest, RefusesTooLittleEvidence) {
  const StrategyPolicy policy = Learned({});
  EXPECT_EQ(base::ErrorReason(EvaluateStrategy({}, Strategy::kSession, policy, {}).status()), "TOO_FEW_ROWS");
  EXPECT_FALSE(EvaluateStrategy(Log(40, 5), Strategy::kSession, policy, {}).ok());
  std::vector<LoggedChoice> log = Log(1'000, 5);
  log[3].strategy = Strategy::kNone;
  EXPECT_FALSE(EvaluateStrategy(log, Strategy::kSession, policy, {}).ok());
}

}  // namespace
}  // namespace kontor::recommendations
