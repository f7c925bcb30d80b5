#include "libs/domain/recommendations/als.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"
#include "libs/domain/recommendations/source_table.h"
#include "libs/domain/recommendations/test_shop.h"

namespace kontor::recommendations {
namespace {

using ::testing::Each;

constexpr uint64_t kSeed = 31;

// Users of two kinds: even ones like items below half, odd ones the others.
SparseRows TwoKinds(uint32_t users, uint32_t items, double density, base::Random& random) {
  SparseRows out;
  for (uint32_t user = 0; user < users; ++user) {
    for (uint32_t item = 0; item < items; ++item) {
      const bool own = (item < items / 2) == (user % 2 == 0);
      if (!random.Chance(own ? density : density / 20)) continue;
      out.columns.push_back(item);
      out.weights.push_back(static_cast<float>(1 + 9 * random.Uniform()));
    }
    out.offsets.push_back(out.columns.size());
  }
  return out;
}

Factors RandomFactors(Eigen::Index size, Eigen::Index count, base::Random& random) {
  Factors out(size, count);
  for (float& number : out.reshaped()) number = static_cast<float>(random.Normal());
  return out;
}

// The normal equations of Hu, Koren and Volinsky 2008, one row at a time, in double.
Eigen::MatrixXd ByNormalEquations(const SparseRows& rows, const Factors& others, double ridge) {
  const Eigen::MatrixXd y = others.cast<double>();
  Eigen::MatrixXd out(y.rows(), rows.rows());
  for (uint32_t row = 0; row < rows.rows(); ++row) {
    Eigen::MatrixXd a = y * y.transpose() + ridge * Eigen::MatrixXd::Identity(y.rows(), y.rows());
    Eigen::VectorXd b = Eigen::VectorXd::Zero(y.rows());
    for (uint64_t i = rows.offsets[row]; i < rows.offsets[row + 1]; ++i) {
      const auto vector = y.col(rows.columns[i]);
      a += rows.weights[i] * vector * vector.transpose();
      b += (1.0 + rows.weights[i]) * vector;
    }
    out.col(row) = a.llt().solve(b);
  }
  return out;
}

double Loss(const SparseRows& rows, const Factors& users, const Factors& items, double ridge) {
  const Eigen::MatrixXd scores = (users.transpose() * items).cast<double>();
  double loss = scores.squaredNorm() + ridge * (users.squaredNorm() + items.squaredNorm());
  for (uint32_t row = 0; row < rows.rows(); ++row) {
    for (uint64_t i = rows.offsets[row]; i < rows.offsets[row + 1]; ++i) {
      const double score = scores(row, rows.columns[i]);
      loss += (1.0 + rows.weights[i]) * (1 - score) * (1 - score) - score * score;
    }
  }
  return loss;
}

TEST(AlsSolverTest, EveryFormSolvesTheNormalEquations) {
  base::Random random(kSeed);
  const SparseRows rows = TwoKinds(60, 80, .5, random);  // rows of up to 40 entries, 16 dimensions
  const Factors items = RandomFactors(16, 80, random);
  const Eigen::MatrixXd wanted = ByNormalEquations(rows, items, .7);
  for (const auto& [steps, direct] : {std::pair<int, size_t>{0, 0}, {40, 0}, {40, 12}}) {
    Factors users = Factors::Zero(16, 60);
    SolveRows(rows, items, {.ridge = .7F, .steps = steps, .direct = direct}, users);
    EXPECT_LT((users.cast<double>() - wanted).norm(), 1e-4 * wanted.norm()) << steps << " steps, direct " << direct;
  }
}

TEST(AlsSolverTest, FewStepsFromHereComeNearer) {
  base::Random random(kSeed);
  const SparseRows rows = TwoKinds(50, 200, .4, random);
  const Factors items = RandomFactors(24, 200, random);
  const Eigen::MatrixXd wanted = ByNormalEquations(rows, items, 1);
  Factors users = Factors::Zero(24, 50);
  double before = wanted.norm();
  for (int round = 0; round < 4; ++round) {
    SolveRows(rows, items, {.ridge = 1, .steps = 2, .direct = 0}, users);
    const double error = (users.cast<double>() - wanted).norm();
    EXPECT_LT(error, before / 3) << round;
    before = error;
  }
}

TEST(AlsSolverTest, WhitenedScoresAreScores) {
  base::Random random(kSeed);
  const Factors items = RandomFactors(8, 5'000, random);
  const Whitened whitened = Whiten(items, 2, 1);
  const Eigen::MatrixXd m =
      items.cast<double>() * items.cast<double>().transpose() + 2 * Eigen::MatrixXd::Identity(8, 8);
  EXPECT_LT((whitened.lower.cast<double>() * whitened.lower.cast<double>().transpose() - m).norm(), 1e-5 * m.norm());
  const Factors user = RandomFactors(8, 1, random);
  const Factors z = whitened.lower.transpose() * user;
  EXPECT_LT((z.transpose() * whitened.vectors - user.transpose() * items).norm(),
            1e-4 * (user.transpose() * items).norm());
}

TEST(AlsSolverTest, TheLossFallsEveryHalf) {
  base::Random random(kSeed);
  const SparseRows rows = TwoKinds(80, 60, .3, random);
  const SparseRows by_item = rows.Transposed(60);
  EXPECT_EQ(by_item.Transposed(80).columns, rows.columns);
  Factors users = RandomFactors(8, 80, random), items = RandomFactors(8, 60, random);
  double before = Loss(rows, users, items, 1);
  for (int round = 0; round < 10; ++round) {
    for (const bool of_users : {true, false}) {
      of_users ? SolveRows(rows, items, {}, users) : SolveRows(by_item, users, {}, items);
      const double loss = Loss(rows, users, items, 1);
      ASSERT_LE(loss, before * (1 + 1e-6)) << round;
      before = loss;
    }
  }
}

TEST(AlsTest, FindsTheTwoKinds) {
  base::Random random(kSeed);
  const Als model = Als::Train(TwoKinds(200, 40, .3, random), 40, {.factors = 8, .alpha = 5, .ridge = 30, .decay = 1});
  const std::vector<float> user = model.UserVector(std::vector<RecentItem>{{3, 0}, {7, 1}});
  int own = 0;
  for (const ScoredItem& best : model.index().Top(user, 10, {})) own += best.item < 20;
  EXPECT_EQ(own, 10);
  EXPECT_THAT(model.UserVector({}), Each(0));
  EXPECT_THAT(model.UserVector(std::vector<RecentItem>{{99, 0}}), Each(0)) << "an item that the model does not know";
}

TEST(AlsTest, DoesNotDependOnThreads) {
  base::Random random(kSeed);
  const SparseRows users = TwoKinds(5'000, 40, .2, random);
  base::ByteWriter one, three;
  Als::Train(users, 40, {.factors = 8, .iterations = 3}).Save(one);
  Als::Train(users, 40, {.factors = 8, .iterations = 3, .threads = 3}).Save(three);
  EXPECT_EQ(one.bytes(), three.bytes());
}

TEST(AlsTest, RecentItemsWeighMore) {
  base::Random random(kSeed);
  const SparseRows users = TwoKinds(200, 40, .3, random);
  const std::vector<RecentItem> changed = {{3, 0}, {5, 1}, {30, 6}, {31, 7}, {32, 8}};
  const auto lead = [&](float decay) {  // of the kind met last
    const Als model = Als::Train(users, 40, {.factors = 8, .alpha = 5, .ridge = 30, .decay = decay});
    const std::vector<float> user = model.UserVector(changed);
    float sum = 0;
    for (ItemId item = 0; item < 40; ++item) sum += (item < 20 ? 1 : -1) * model.index().Score(user, item);
    return sum;
  };
  EXPECT_LT(lead(1), 0) << "three of five are of the other kind";
  EXPECT_GT(lead(.5F), 0);
}

TEST(AlsTest, FoldsNewItemsIn) {
  base::Random random(kSeed);
  SparseRows users = TwoKinds(300, 40, .3, random);
  std::fill(users.weights.begin(), users.weights.end(), 20.0F);
  const Als model = Als::Train(users, 40, {.factors = 8, .iterations = 30, .alpha = 20, .decay = 1});
  // Item 5 again, from the people who met it: nearly the vector that training gave it.
  std::vector<std::vector<float>> met;
  for (uint32_t user = 0; user < users.rows(); ++user) {
    std::vector<RecentItem> recent;
    for (uint64_t i = users.offsets[user]; i < users.offsets[user + 1]; ++i) recent.push_back({users.columns[i], 0});
    if (std::any_of(recent.begin(), recent.end(), [](const RecentItem& one) { return one.item == 5; })) {
      met.push_back(model.UserVector(recent));
    }
  }
  ASSERT_GT(met.size(), 20u);
  const std::vector<float> vector = model.ItemVector(met);
  double error = 0, norm = 0;
  for (size_t i = 0; i < vector.size(); ++i) {
    error += std::pow(vector[i] - model.index().VectorOf(5)[i], 2);
    norm += std::pow(model.index().VectorOf(5)[i], 2);
  }
  EXPECT_LT(error, .01 * norm);
}

TEST(AlsTest, AnswersAsASource) {
  const Als model =
      Als::Train(MakeBaskets(6, {{{0, 1}, {2}}, {{0, 1, 2}}, {{3, 4}, {5}}, {{3, 4, 5}}}), {.factors = 8});
  const OwnedContext owned({{0}}, {});
  const Profile profile(owned.context, 6);
  Candidates candidates;
  candidates.Reset(6, 1, {.bought = BoughtItems::kExclude}, profile);
  model.Generate(profile, 2, 0, candidates);
  candidates.OpenTable();
  model.Describe(profile, 0, candidates);
  ASSERT_EQ(candidates.items().size(), 2u);
  for (size_t row = 0; row < 2; ++row) {
    EXPECT_THAT(candidates.items()[row], ::testing::AnyOf(1, 2));
    EXPECT_NEAR(candidates.value(row, 0), 1, .3);
  }
}

TEST(AlsTest, ComesBackTheSame) {
  base::Random random(kSeed);
  const Als model = Als::Train(TwoKinds(50, 20, .3, random), 20, {.factors = 8});
  base::ByteWriter out;
  model.Save(out);
  base::ByteReader in(out.bytes());
  const auto loaded = LoadSource("als", in, 20);
  ASSERT_NE(loaded, nullptr) << in.status();
  EXPECT_TRUE(in.AtEnd());
  base::ByteWriter again;
  loaded->Save(again);
  EXPECT_EQ(again.bytes(), out.bytes());
  const std::vector<RecentItem> recent = {{3, 0}, {5, 1}};
  EXPECT_EQ(dynamic_cast<const Als&>(*loaded).UserVector(recent), model.UserVector(recent));
}

TEST(AlsTest, KnowsNothingWithoutPurchases) {
  const Als model = Als::Train(MakeBaskets(3, {}), {.factors = 8});
  const std::vector<float> user = model.UserVector(std::vector<RecentItem>{{1, 0}});
  EXPECT_THAT(user, Each(0));
  base::ByteWriter out;
  model.Save(out);
  base::ByteReader in(out.bytes());
  EXPECT_EQ(Als::Load(in, 3).UserVector(std::vector<RecentItem>{{1, 0}}), user);
  EXPECT_TRUE(in.status().ok()) << in.status();
}

TEST(AlsTest, ForgedBytesAreRefusedOrHarmless) {
  base::Random random(kSeed);
  const Als model = Als::Train(TwoKinds(20, 6, .5, random), 6, {.factors = 8, .iterations = 2});
  base::ByteWriter out;
  model.Save(out);
  int refused = 0;
  for (int trial = 0; trial < 2'000; ++trial) {
    std::string forged = out.bytes();
    forged[random.Below(forged.size())] = static_cast<char>(random());
    if (random.Chance(.1)) forged.resize(random.Below(forged.size()));
    base::ByteReader in(forged);
    const Als loaded = Als::Load(in, 6);
    if (!in.status().ok()) {
      ++refused;
      continue;
    }
    const std::vector<float> user = loaded.UserVector(std::vector<RecentItem>{{1, 0}, {2, 1}});
    loaded.index().Top(user, 3, {});
    loaded.ItemVector(std::vector<std::vector<float>>{user});
  }
  EXPECT_GT(refused, 200) << "seed " << kSeed;
}

}  // namespace
}  // namespace kontor::recommendations
