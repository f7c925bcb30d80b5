#include "libs/domain/learn/bandit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <functional>
#include <numeric>

#include "libs/base/random.h"

namespace kontor::learn {
namespace {

constexpr uint64_t kSeed = 41;
using Kind = BanditOptions::Kind;

LinearBandit Make(const BanditOptions& options) { return LinearBandit::Create(options).value(); }

TEST(LinearBanditTest, LearnsRidgeRegression) {
  LinearBandit bandit = Make({.arms = 2, .features = 3, .ridge = 2});
  base::Random random(kSeed);
  Eigen::MatrixXd a = 2 * Eigen::MatrixXd::Identity(3, 3);
  Eigen::VectorXd b = Eigen::VectorXd::Zero(3);
  for (int i = 0; i < 50; ++i) {
    const std::vector<double> context = {1, random.Normal(), random.Normal()};
    const double reward = .3 + .5 * context[1] - context[2] + random.Normal();
    ASSERT_TRUE(bandit.Update(context, 1, reward).ok());
    const Eigen::Map<const Eigen::VectorXd> x(context.data(), 3);
    a += x * x.transpose();
    b += reward * x;
  }
  const std::vector<double> context = {1, 2, -1};
  const Eigen::Map<const Eigen::VectorXd> x(context.data(), 3);
  EXPECT_NEAR(bandit.Expected(context, 1), x.dot(a.inverse() * b), 1e-9);
  EXPECT_NEAR(bandit.Deviation(context, 1), std::sqrt(x.dot(a.inverse() * x)), 1e-9);
  EXPECT_EQ(bandit.Expected(context, 0), 0) << "of an arm without rewards";
  EXPECT_NEAR(bandit.Deviation(context, 0), std::sqrt(6 / 2.), 1e-12);
}

TEST(LinearBanditTest, ManyRewardsAtOnceAreManyUpdates) {
  LinearBandit one = Make({.arms = 2, .features = 2}), many = Make({.arms = 2, .features = 2});
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(one.Update({1, .5}, 1, i % 4 == 0 ? 1 : 0).ok());
  ASSERT_TRUE(many.Update({1, .5}, 1, 10, 40).ok());
  EXPECT_NEAR(one.Expected({1, 2}, 1), many.Expected({1, 2}, 1), 1e-12);
  EXPECT_NEAR(one.Deviation({1, 2}, 1), many.Deviation({1, 2}, 1), 1e-12);
  EXPECT_FALSE(many.Update({1, .5}, 1, 0, 0).ok());
}

TEST(LinearBanditTest, DecayForgetsTowardsTheStart) {
  LinearBandit bandit = Make({.arms = 2, .features = 1, .ridge = 3, .decay = .9});
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(bandit.Update({1}, 0, 2).ok());
  // A = 3 + 1 / (1 - .9), b = 2 / (1 - .9) in the limit.
  EXPECT_NEAR(bandit.Deviation({1}, 0), 1 / std::sqrt(13.0), 1e-9);
  EXPECT_NEAR(bandit.Expected({1}, 0), 20 / 13.0, 1e-9);
}

TEST(LinearBanditTest, ProbabilitiesSumToOneAndKeepTheirFloor) {
  for (const Kind kind : {Kind::kThompson, Kind::kLinUcb}) {
    LinearBandit bandit = Make({.kind = kind, .arms = 4, .features = 1, .explore = .1, .least_share = .05});
    for (int i = 0; i < 200; ++i) {
      for (size_t arm = 0; arm < 4; ++arm) ASSERT_TRUE(bandit.Update({1}, arm, arm == 2 ? 1 : 0).ok());
    }
    base::Random random(kSeed);
    const std::vector<double> p = bandit.Probabilities({1}, random);
    EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1, 1e-12);
    EXPECT_NEAR(p[2], .85, 1e-12);
    for (const size_t other : {0, 1, 3}) EXPECT_NEAR(p[other], .05, 1e-12);
  }
}

TEST(LinearBanditTest, PropensitiesMatchFrequencies) {
  LinearBandit bandit = Make({.arms = 3, .features = 1, .explore = 1, .least_share = .03, .draws = 512});
  for (int i = 0; i < 4; ++i) {
    for (size_t arm = 0; arm < 3; ++arm) ASSERT_TRUE(bandit.Update({1}, arm, .2 * static_cast<double>(arm)).ok());
  }
  base::Random random(kSeed);
  constexpr int kChoices = 20'000;
  std::vector<double> counts(3, 0), sums(3, 0);
  for (int i = 0; i < kChoices; ++i) {
    const BanditChoice choice = bandit.Choose({1}, random);
    EXPECT_EQ(choice.propensity, choice.probabilities[choice.arm]);
    ++counts[choice.arm];
    for (size_t arm = 0; arm < 3; ++arm) sums[arm] += choice.probabilities[arm];
  }
  for (size_t arm = 0; arm < 3; ++arm) {
    EXPECT_GT(counts[arm], 0);
    EXPECT_NEAR(counts[arm] / kChoices, sums[arm] / kChoices, .012) << "three standard errors; seed " << kSeed;
  }
}

// Three arms, each best for a third of the contexts; a click with probability .1 … .5. Rewards come 20 choices late.
// Returns the regret, the sum of what the best arm's probability was above the chosen one's.
double Regret(int rounds, const std::function<size_t(absl::Span<const double>, base::Random&)>& choose,
              const std::function<void(absl::Span<const double>, size_t, double)>& learn) {
  struct Pending {
    std::vector<double> context;
    size_t arm;
    double reward;
  };
  base::Random world(kSeed), own(kSeed + 1);
  std::vector<Pending> pending;
  double regret = 0;
  for (int round = 0; round < rounds; ++round) {
    std::vector<double> context(4, 0);
    const size_t kind = world.Below(3);
    context[0] = 1;
    context[1 + kind] = 1;
    const auto chance = [&](size_t arm) { return arm == kind ? .5 : .2 - .05 * static_cast<double>(arm); };
    const size_t arm = choose(context, own);
    regret += .5 - chance(arm);
    pending.push_back({context, arm, world.Chance(chance(arm)) ? 1.0 : 0.0});
    if (pending.size() > 20) {
      learn(pending.front().context, pending.front().arm, pending.front().reward);
      pending.erase(pending.begin());
    }
  }
  return regret;
}

TEST(LinearBanditTest, RegretsLessThanEpsilonGreedy) {
  const BanditOptions options{.arms = 3, .features = 4, .least_share = .005};
  const int rounds = 6'000;
  const auto of = [&](const BanditOptions& given) {
    LinearBandit bandit = Make(given);
    return Regret(
        rounds, [&](auto context, base::Random& random) { return bandit.Choose(context, random).arm; },
        [&](auto context, size_t arm, double reward) { ASSERT_TRUE(bandit.Update(context, arm, reward).ok()); });
  };
  // The same regressions, the best expectation but for a tenth of the choices.
  LinearBandit greedy = Make(options);
  const double epsilon_greedy = Regret(
      rounds,
      [&](auto context, base::Random& random) {
        if (random.Chance(.1)) return static_cast<size_t>(random.Below(3));
        size_t best = 0;
        for (size_t arm = 1; arm < 3; ++arm) {
          if (greedy.Expected(context, arm) > greedy.Expected(context, best)) best = arm;
        }
        return best;
      },
      [&](auto context, size_t arm, double reward) { ASSERT_TRUE(greedy.Update(context, arm, reward).ok()); });
  BanditOptions ucb = options;
  ucb.kind = Kind::kLinUcb;
  EXPECT_LT(of(options), .75 * epsilon_greedy) << "seed " << kSeed;
  EXPECT_LT(of(ucb), .75 * epsilon_greedy) << "seed " << kSeed;
}

TEST(LinearBanditTest, FollowsDriftWithDecay) {
  const auto after_turn = [](double decay) {
    LinearBandit bandit = Make({.arms = 2, .features = 1, .decay = decay});
    base::Random random(kSeed);
    double good = 0;
    for (int round = 0; round < 3'000; ++round) {
      const size_t best = round < 1'500 ? 0 : 1;
      const size_t arm = bandit.Choose({1}, random).arm;
      EXPECT_TRUE(bandit.Update({1}, arm, random.Chance(arm == best ? .6 : .3) ? 1 : 0).ok());
      if (round >= 2'000) good += arm == best ? 1 : 0;
    }
    return good / 1'000;
  };
  EXPECT_GT(after_turn(.98), .8);
  EXPECT_GT(after_turn(.98), after_turn(1) + .1);
}

TEST(LinearBanditTest, RefusesWhatIsOutOfRange) {
  for (const BanditOptions& bad :
       {BanditOptions{.arms = 1}, BanditOptions{.features = 0}, BanditOptions{.ridge = 0}, BanditOptions{.explore = -1},
        BanditOptions{.arms = 4, .least_share = .3}, BanditOptions{.decay = 0}, BanditOptions{.draws = 0}}) {
    EXPECT_EQ(LinearBandit::Create(bad).status().code(), absl::StatusCode::kInvalidArgument);
  }
  LinearBandit bandit = Make({.arms = 2, .features = 2});
  EXPECT_FALSE(bandit.Update({1}, 0, 1).ok());
  EXPECT_FALSE(bandit.Update({1, 2}, 2, 1).ok());
  EXPECT_FALSE(bandit.Update({1, std::nan("")}, 0, 1).ok());
  EXPECT_FALSE(bandit.Update({1, 2}, 0, INFINITY).ok());
  EXPECT_FALSE(bandit.Update({1e200, 2e200}, 0, 1).ok());
  EXPECT_EQ(bandit.Expected({1, 2}, 0), 0) << "nothing was learned";
}

TEST(LinearBanditTest, ComesBackTheSame) {
  LinearBandit bandit = Make({.kind = Kind::kLinUcb, .arms = 3, .features = 2, .decay = .99});
  ASSERT_TRUE(bandit.Update({1, 2}, 1, .5).ok());
  base::ByteWriter out;
  bandit.Save(out);
  base::ByteReader in(out.bytes());
  const LinearBandit loaded = LinearBandit::Load(in);
  ASSERT_TRUE(in.status().ok() && in.AtEnd()) << in.status();
  base::ByteWriter again;
  loaded.Save(again);
  EXPECT_EQ(again.bytes(), out.bytes());
  base::Random random(kSeed);
  int refused = 0;
  for (int trial = 0; trial < 2'000; ++trial) {
    std::string forged = out.bytes();
    forged[random.Below(forged.size())] = static_cast<char>(random());
    base::ByteReader reader(forged);
    const LinearBandit read = LinearBandit::Load(reader);
    if (reader.status().ok()) {
      base::Random own(1);
      read.Choose(std::vector<double>(read.options().features, 1), own);
    } else {
      ++refused;
    }
  }
  EXPECT_GT(refused, 200);
}

}  // namespace
}  // namespace kontor::learn
