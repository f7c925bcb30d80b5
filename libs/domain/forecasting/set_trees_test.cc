#include "libs/domain/forecasting/set_trees.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/random.h"
#include "libs/domain/forecasting/measures.h"
#include "libs/domain/forecasting/set_combination.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;

constexpr int kHorizon = 6, kSeason = 4;

using Table = std::vector<std::vector<double>>;

// Series that rise for 12 steps and fall back at once: no method of one series sees the fall coming, the set teaches
// it.
Table Saws(size_t count, int length) {
  base::Random random(17);
  Table saws(count);
  for (std::vector<double>& saw : saws) {
    const double size = 10 + 1000 * random.Uniform();
    const int phase = static_cast<int>(random.Below(12));
    for (int t = 0; t < length; ++t) {
      saw.push_back(size * (1 + 0.05 * ((t + phase) % 12)) * (1 + 0.005 * random.Normal()));
    }
  }
  return saws;
}

// Demand of whole pieces by place in the season, nothing at the last place, and a large order at times.
Table Lumpy(size_t count, int length) {
  base::Random random(5);
  Table all(count);
  for (std::vector<double>& demand : all) {
    const double rate = 3 + 5 * random.Uniform();
    for (int t = 0; t < length; ++t) {
      double value = std::floor(2 * rate * random.Uniform() * (1 + t % kSeason));
      if (t % kSeason == kSeason - 1) value = 0;
      if (value > 0 && random.Chance(0.02)) value += 500;
      demand.push_back(value);
    }
  }
  return all;
}

std::vector<Series> Borrow(const Table& table, const std::vector<int>& seasons, size_t held_out = kHorizon) {
  std::vector<Series> set;
  for (const std::vector<double>& values : table) {
    set.push_back({Values(values).first(values.size() - held_out), seasons});
  }
  return set;
}

SetModelOptions Options() {
  SetModelOptions options;
  options.horizon = kHorizon;
  return options;
}

TEST(SetTreesTest, TheSetTeachesWhatOneSeriesDoesNotShow) {
  const Table saws = Saws(150, 66);
  const std::vector<Series> set = Borrow(saws, {});
  const auto model = SetModel::Train(set, Options());
  ASSERT_TRUE(model.ok()) << model.status();
  double trees = 0, naive = 0;
  for (size_t i = 0; i < saws.size(); ++i) {
    const Values actual = Values(saws[i]).last(kHorizon);
    trees += Smape(actual, model->Predict(set[i], kHorizon).mean);
    naive += Smape(actual, std::vector<double>(kHorizon, set[i].values.back()));
  }
  EXPECT_LT(trees, 0.25 * naive);
}

TEST(SetTreesTest, IsGivenUpBetweenTrees) {
  const Table saws = Saws(150, 66);
  SetModelOptions options = Options();
  int asked = 0;
  options.cancelled = [&] { return ++asked > 200; };
  EXPECT_THAT(SetModel::Train(Borrow(saws, {}), options), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(asked, 201);
  asked = 150;
  options.cancelled = [&] { return ++asked > 151; };
  EXPECT_THAT(SetModel::Train(Borrow(saws, {}), options), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(asked, 152);
}

TEST(SetTreesTest, BearsZerosAndForecastsMedians) {
  const Table lumpy = Lumpy(150, 60);
  const std::vector<Series> set = Borrow(lumpy, {kSeason});
  const auto model = SetModel::Train(set, Options());
  ASSERT_TRUE(model.ok()) << model.status();
  Table actual(1), forecast(1), zeros(1);
  for (size_t i = 0; i < lumpy.size(); ++i) {
    const std::vector<double> mean = model->Predict(set[i], kHorizon).mean;
    for (int h = 0; h < kHorizon; ++h) {
      const size_t t = set[i].values.size() + static_cast<size_t>(h);
      ASSERT_GE(mean[h], 0);
      if (t % kSeason == kSeason - 1) {
        EXPECT_LT(mean[h], 1.5) << "closed at the last place";  // demand is about 10
      }
      actual[0].push_back(lumpy[i][t]);
      forecast[0].push_back(mean[h]);
      zeros[0].push_back(0);
    }
  }
  EXPECT_LT(MeanAbsoluteError(actual[0], forecast[0]), 0.75 * MeanAbsoluteError(actual[0], zeros[0]));
  const std::vector<double> nothing(30, 0.0);
  for (const double mean : model->Predict({nothing, {kSeason}}, kHorizon).mean) EXPECT_LT(mean, 1);
}

TEST(SetTreesTest, AMultipleOfASeriesGetsTheMultipleOfItsForecast) {
  for (const bool zeros : {false, true}) {
    const Table table = zeros ? Lumpy(120, 50) : Saws(120, 50);
    const auto model = SetModel::Train(Borrow(table, {kSeason}), Options());
    ASSERT_TRUE(model.ok()) << model.status();
    std::vector<double> twofold = table[3];
    for (double& value : twofold) value *= 1024;  // exact in binary
    const std::vector<double> once = model->Predict({table[3], {kSeason}}, kHorizon).mean;
    const std::vector<double> often = model->Predict({twofold, {kSeason}}, kHorizon).mean;
    for (int h = 0; h < kHorizon; ++h) EXPECT_DOUBLE_EQ(often[h], 1024 * once[h]);
  }
}

TEST(SetTreesTest, StepsBeyondThoseLearnedRepeatTheLastSeason) {
  const Table table = Lumpy(110, 40);
  const auto model = SetModel::Train(Borrow(table, {kSeason}), Options());
  ASSERT_TRUE(model.ok()) << model.status();
  const std::vector<double> mean = model->Predict({table[0], {kSeason}}, kHorizon + 7).mean;
  ASSERT_EQ(mean.size(), kHorizon + 7u);
  for (size_t h = kHorizon; h < mean.size(); ++h) EXPECT_EQ(mean[h], mean[h - kSeason]);
}

TEST(SetTreesTest, TheSameSeedGivesTheSameAndSavedIsLoaded) {
  const Table table = Lumpy(120, 50);
  const std::vector<Series> set = Borrow(table, {kSeason});
  SetModelOptions options = Options();
  options.max_rows = 3'000;  // chance chooses the origins
  const auto first = SetModel::Train(set, options), second = SetModel::Train(set, options);
  options.seed = 2;
  const auto other = SetModel::Train(set, options);
  ASSERT_TRUE(first.ok() && second.ok() && other.ok());
  const std::vector<double> mean = first->Predict(set[7], kHorizon).mean;
  EXPECT_EQ(mean, second->Predict(set[7], kHorizon).mean);
  EXPECT_NE(mean, other->Predict(set[7], kHorizon).mean);

  base::ByteWriter writer;
  first->Save(writer);
  base::ByteReader reader(writer.bytes());
  const SetModel loaded = SetModel::Load(reader);
  ASSERT_TRUE(reader.status().ok() && reader.AtEnd());
  EXPECT_EQ(loaded.season(), kSeason);
  EXPECT_EQ(loaded.horizon(), kHorizon);
  EXPECT_EQ(mean, loaded.Predict(set[7], kHorizon).mean);
  for (size_t size = 0; size < writer.bytes().size(); size += 101) {
    base::ByteReader cut(absl::string_view(writer.bytes()).substr(0, size));
    SetModel::Load(cut);
    EXPECT_FALSE(cut.status().ok()) << size;
  }
  std::string broken = writer.bytes();
  broken[8] = 0;  // learned in the other domain, with other features
  broken[0] = 1;
  base::ByteReader wrong(broken);
  SetModel::Load(wrong);
  EXPECT_FALSE(wrong.status().ok());
}

TEST(SetTreesTest, RefusesBadInput) {
  const Table few = Saws(99, 40), brief = Saws(150, kHorizon + 4 + kHorizon), enough = Saws(120, 40);
  const auto code = [](const std::vector<Series>& set, const SetModelOptions& options) {
    return SetModel::Train(set, options).status().code();
  };
  EXPECT_EQ(code({}, Options()), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(code(Borrow(few, {}), Options()), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(code(Borrow(brief, {}), Options()), absl::StatusCode::kFailedPrecondition);
  SetModelOptions none = Options();
  none.horizon = 0;
  EXPECT_EQ(code(Borrow(enough, {}), none), absl::StatusCode::kInvalidArgument);
  std::vector<Series> mixed = Borrow(enough, {});
  mixed[5].seasons = {7};
  EXPECT_EQ(code(mixed, Options()), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Borrow(enough, {7, 30}), Options()), absl::StatusCode::kInvalidArgument);
  Table nan = enough;
  nan[9][3] = NAN;
  EXPECT_EQ(code(Borrow(nan, {}), Options()), absl::StatusCode::kInvalidArgument);
}

TEST(SetTreesMethodTest, IsTheModelAndRefusesAnotherSeason) {
  const Table table = Saws(120, 40);
  auto trained = SetModel::Train(Borrow(table, {}), Options());
  ASSERT_TRUE(trained.ok()) << trained.status();
  const auto model = std::make_shared<const SetModel>(*std::move(trained));
  const Method method = SetTreesMethod(model);
  const auto fitted = method.fit({table[4], {}});
  ASSERT_TRUE(fitted.ok()) << fitted.status();
  EXPECT_EQ((*fitted)->Predict(kHorizon).mean, model->Predict({table[4], {}}, kHorizon).mean);
  EXPECT_EQ((*fitted)->fitted().size(), table[4].size());
  EXPECT_EQ(method.fit({table[4], {7}}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(method.fit({{}, {}}).status().code(), absl::StatusCode::kInvalidArgument);
  const std::vector<double> one = {3};
  for (const double mean : (*method.fit({one, {}}))->Predict(kHorizon).mean) EXPECT_TRUE(std::isfinite(mean));
}

SetCombinationOptions CombinationOptions() {
  SetCombinationOptions options;
  options.horizon = kHorizon;
  options.levels = {0.1, 0.5, 0.9};
  return options;
}

TEST(SetCombinationTest, LeavesOutWhatFailsAndCovers) {
  Table saws = Saws(130, 66);
  saws.push_back({5, 6, 7});  // too short for anything but a mean
  std::vector<Series> set = Borrow(saws, {}, 0);
  for (size_t i = 0; i + 1 < set.size(); ++i) set[i].values.remove_suffix(kHorizon);
  const auto combination = CombineOverSet(set, CombinationOptions());
  ASSERT_TRUE(combination.ok()) << combination.status();
  ASSERT_EQ(combination->members.size(), 4u);
  double best = INFINITY;
  for (const SetMember& member : combination->members) best = std::min(best, member.held_out_smape);
  for (const SetMember& member : combination->members) {
    EXPECT_EQ(member.kept, member.held_out_smape <= 1.5 * best) << member.name;
  }
  EXPECT_FALSE(combination->members[1].kept);  // a saw's fall is not in its Theta
  EXPECT_FALSE(combination->members[2].kept);
  EXPECT_LT(combination->held_out_smape, 1.1 * best);
  double covered = 0;
  for (size_t i = 0; i + 1 < set.size(); ++i) {
    std::vector<double> low, high;
    for (const std::vector<double>& row : combination->quantiles[i].values) {
      ASSERT_LE(row[0], row[1]);
      ASSERT_LE(row[1], row[2]);
      low.push_back(row[0]);
      high.push_back(row[2]);
    }
    covered += 100 * Coverage(Values(saws[i]).last(kHorizon), low, high) / 130;
  }
  EXPECT_GT(covered, 70);
  ASSERT_EQ(combination->predictions.back().mean.size(), static_cast<size_t>(kHorizon));
  for (const double mean : combination->predictions.back().mean) EXPECT_TRUE(std::isfinite(mean));
  EXPECT_EQ(combination->quantiles.back().values.size(), static_cast<size_t>(kHorizon));
}

TEST(SetCombinationTest, RefusesBadInput) {
  const Table few = Saws(90, 66), enough = Saws(110, 30);
  const auto code = [](const std::vector<Series>& set, const SetCombinationOptions& options) {
    return CombineOverSet(set, options).status().code();
  };
  EXPECT_EQ(code(Borrow(few, {}), CombinationOptions()), absl::StatusCode::kFailedPrecondition);
  SetCombinationOptions options = CombinationOptions();
  options.levels = {0.9, 0.1};
  EXPECT_EQ(code(Borrow(enough, {}), options), absl::StatusCode::kInvalidArgument);
  options = CombinationOptions();
  options.threads = 0;
  EXPECT_EQ(code(Borrow(enough, {}), options), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace kontor::forecasting
