#include "libs/domain/learn/off_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "libs/base/random.h"
#include "libs/base/status.h"

namespace kontor::learn {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kSeed = 51;

// Owns a log: two actions, drawn with `logged` for action 1, judged for a policy that takes it with `target`.
struct MadeLog {
  MadeLog(int rows, double logged_share, double target_share, base::Random& random) {
    for (int i = 0; i < rows; ++i) {
      const bool one = random.Chance(logged_share);
      rewards.push_back(random.Chance(one ? .4 : .1) ? 1 : 0);
      logged.push_back(one ? logged_share : 1 - logged_share);
      target.push_back(one ? target_share : 1 - target_share);
      taken.push_back(one ? .3 : .2);  // a model that is wrong about both
      policy.push_back(.3 * target_share + .2 * (1 - target_share));
    }
  }
  PolicyLog log() const { return {rewards, logged, target}; }
  RewardModel model() const { return {taken, policy}; }
  std::vector<double> rewards, logged, target, taken, policy;
};

TEST(OffPolicyTest, ByHand) {
  const std::vector<double> rewards = {1, 0, 1, 0}, logged = {.5, .5, .25, .25}, target = {.5, .25, .25, .5};
  const std::vector<double> taken = {.5, .5, 1, 0}, policy = {.4, .4, .6, .2};
  // Weights 1, .5, 1, 2; residuals .5, -.5, 0, 0.
  const auto result = EstimateValue({rewards, logged, target}, {taken, policy}, {.least_rows = 3});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_DOUBLE_EQ(result->ips.value, 2 / 4.);
  EXPECT_DOUBLE_EQ(result->snips.value, 2 / 4.5);
  EXPECT_DOUBLE_EQ(result->dm.value, .4);
  EXPECT_DOUBLE_EQ(result->dr.value, .4 + .25 / 4);
  EXPECT_DOUBLE_EQ(result->sndr.value, .4 + .25 / 4.5);
  EXPECT_DOUBLE_EQ(result->effective_rows, 4.5 * 4.5 / 6.25);
  EXPECT_DOUBLE_EQ(result->mean_weight, 4.5 / 4);
  EXPECT_EQ(result->max_weight, 2);
}

TEST(OffPolicyTest, WithoutAModelOnlyTheRewardsSpeak) {
  base::Random random(kSeed);
  const MadeLog made(500, .5, .7, random);
  const auto result = EstimateValue(made.log(), {}, {});
  ASSERT_TRUE(result.ok());
  EXPECT_GT(result->ips.value, 0);
  EXPECT_EQ(result->dm.value, 0);
  EXPECT_EQ(result->dr.high, 0);
}

TEST(OffPolicyTest, FindsThePolicysValueWithAWrongModel) {
  base::Random random(kSeed);
  const MadeLog made(50'000, .3, .8, random);
  const double truth = .8 * .4 + .2 * .1;
  const auto result = EstimateValue(made.log(), made.model(), {.resamples = 200});
  ASSERT_TRUE(result.ok());
  for (const OffPolicyEstimate& estimate : {result->ips, result->snips, result->dr, result->sndr}) {
    EXPECT_NEAR(estimate.value, truth, .015) << "seed " << kSeed;
  }
  EXPECT_NEAR(result->dm.value, .28, 1e-9) << "what the wrong model says";
}

TEST(OffPolicyTest, IntervalsCoverAsOftenAsTheySay) {
  base::Random random(kSeed);
  const double truth = .7 * .4 + .3 * .1;
  int ips = 0, dr = 0;
  for (int trial = 0; trial < 200; ++trial) {
    const MadeLog made(400, .4, .7, random);
    const auto result = EstimateValue(made.log(), made.model(), {.resamples = 300, .seed = 1 + random.Below(1000)});
    ASSERT_TRUE(result.ok());
    ips += result->ips.low <= truth && truth <= result->ips.high;
    dr += result->dr.low <= truth && truth <= result->dr.high;
  }
  // 190 of 200 expected, three standard errors are 9.
  EXPECT_GE(ips, 180) << "seed " << kSeed;
  EXPECT_GE(dr, 180) << "seed " << kSeed;
  EXPECT_LT(ips + dr, 400) << "seed " << kSeed;
}

TEST(OffPolicyTest, DeterministicForASeed) {
  base::Random random(kSeed);
  const MadeLog made(300, .5, .7, random);
  const auto one = EstimateValue(made.log(), {}, {.seed = 3}), same = EstimateValue(made.log(), {}, {.seed = 3}),
             other = EstimateValue(made.log(), {}, {.seed = 4});
  EXPECT_EQ(one->ips.low, same->ips.low);
  EXPECT_NE(one->ips.low, other->ips.low);
}

TEST(OffPolicyTest, RefusesTwoEffectiveRows) {
  // 1,000 rows, of which two carry nearly all of the weight.
  std::vector<double> rewards(1'000, 0), logged(1'000, .5), target(1'000, 1e-4);
  for (const size_t heavy : {3, 700}) {
    rewards[heavy] = 1;
    logged[heavy] = .002;
    target[heavy] = 1;
  }
  const auto result = EstimateValue({rewards, logged, target}, {}, {});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(base::ErrorReason(result.status()), "TOO_FEW_ROWS");
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("1000 rows are worth 2.0 "));
}

TEST(OffPolicyTest, RefusesWithoutPropensities) {
  const std::vector<double> rewards(100, 1), target(100, .5);
  std::vector<double> logged(100, .5);
  EXPECT_EQ(base::ErrorReason(EstimateValue({rewards, {}, target}, {}, {}).status()), "NO_PROPENSITIES");
  for (const double bad : {0.0, -.1, 1.5, std::nan("")}) {
    logged[7] = bad;
    const absl::Status status = EstimateValue({rewards, logged, target}, {}, {}).status();
    EXPECT_EQ(base::ErrorReason(status), "NO_PROPENSITIES");
    EXPECT_THAT(std::string(status.message()), HasSubstr("1 of 100 rows"));
  }
}

TEST(OffPolicyTest, RefusesMissingSupport) {
  // The log never takes action 1, which the target takes in 7 of 10 cases: every weight is .3.
  const std::vector<double> rewards(100, 1), logged(100, 1), target(100, .3);
  const absl::Status status = EstimateValue({rewards, logged, target}, {}, {}).status();
  EXPECT_EQ(base::ErrorReason(status), "NO_SUPPORT");
  EXPECT_THAT(std::string(status.message()), HasSubstr("0.300"));
}

TEST(OffPolicyTest, RefusesColumnsThatDoNotFit) {
  const std::vector<double> two(2, .5), three(3, .5), bad = {.5, std::nan("")};
  for (const absl::Status& status :
       {EstimateValue({}, {}, {}).status(), EstimateValue({two, two, three}, {}, {}).status(),
        EstimateValue({two, three, two}, {}, {}).status(), EstimateValue({bad, two, two}, {}, {}).status(),
        EstimateValue({two, two, two}, {two, {}}, {}).status(), EstimateValue({two, two, bad}, {}, {}).status(),
        EstimateValue({two, two, two}, {}, {.least_rows = 0, .resamples = 0}).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace kontor::learn
