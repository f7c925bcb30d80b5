#include "libs/domain/forecasting/long_season.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/domain/forecasting/double_season.h"
#include "libs/domain/forecasting/measures.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;

// Four weeks of hours with a day and a week; noise of `spread`.
std::vector<double> Hours(int count, double spread) {
  base::Random random(5);
  std::vector<double> values;
  for (int t = 0; t < count; ++t) {
    const double day = std::sin(2 * M_PI * t / 24), week = (t / 24) % 7 < 5 ? 1 : .6;
    values.push_back(week * (100 + 40 * day) + spread * random.Normal());
  }
  return values;
}

TEST(LongSeason, FollowsBothSeasons) {
  const std::vector<double> all = Hours(24 * 35, 2);
  const Values past = Values(all).first(24 * 28), actual = Values(all).subspan(24 * 28, 96);
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto model, LongSeasonMethod().fit({past, {24, 168}}));
  EXPECT_LT(Smape(actual, model->Predict(96).mean), 4);
  EXPECT_EQ(model->fitted().size(), past.size());
  EXPECT_LT(Smape(past.subspan(400), model->fitted().subspan(400)), 4);
}

TEST(LongSeason, MembersDoSoAlone) {
  const std::vector<double> all = Hours(24 * 35, 2);
  const Values past = Values(all).first(24 * 28), actual = Values(all).subspan(24 * 28, 96);
  for (const LagSet lags : {LagSet::kSparse, LagSet::kBroad, LagSet::kDense}) {
    EXPECT_LT(Smape(actual, FitRidgeAutoregression(past, {24, 168}, {.lags = lags, .logs = true})->Predict(96).mean),
              6);
  }
  EXPECT_LT(Smape(actual, FitDoubleSeason(past, {24, 168})->Predict(96).mean), 5);
}

// A series that repeats its two weeks exactly is repeated.
TEST(DoubleSeason, ContinuesAPattern) {
  const std::vector<double> values = Hours(24 * 28, 0);
  const std::vector<double> found = FitDoubleSeason(values, {24, 168})->Predict(168).mean;
  for (int h = 0; h < 168; ++h) EXPECT_NEAR(found[h], values[h], 1e-6 * values[h]);
}

TEST(LongSeason, StaysFiniteAndWithinReach) {
  std::vector<double> constant(400, 3), zeros(400, 0), growing, mixed = Hours(400, 5);
  for (int t = 0; t < 400; ++t) growing.push_back(std::exp(t / 20.0));
  for (double& value : mixed) value -= 100;
  for (const auto& values : {constant, zeros, growing, mixed}) {
    KONTOR_ASSERT_OK_AND_ASSIGN(const auto model, LongSeasonMethod().fit({values, {24, 168}}));
    for (const double value : model->Predict(500).mean) EXPECT_TRUE(std::isfinite(value));
  }
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto model, LongSeasonMethod().fit({constant, {24, 168}}));
  EXPECT_NEAR(model->Predict(1).mean[0], 3, 1e-9);
}

TEST(LongSeason, NeedsTwoSeasonsAndTheirLength) {
  const std::vector<double> values(359, 1);
  EXPECT_THAT(LongSeasonMethod().fit({values, {24}}), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(LongSeasonMethod().fit({values, {24, 168}}), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(LongSeasonMethod().fit({{}, {24, 168}}), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace kontor::forecasting
