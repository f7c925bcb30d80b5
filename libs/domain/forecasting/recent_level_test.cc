#include "libs/domain/forecasting/recent_level.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;

TEST(RecentLevel, IsTheFormulaWorkedByHand) {
  const std::vector<double> values = {10, 12, 11, 13, 12, 14, 13, 15};
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto model, RecentLevelMethod().fit({values, {}}));
  const double near = (15 + 13.5) / 2, level = 12.5;
  double product = 0, smooth = 11.5;  // the mean of the first four
  for (int i = 0; i < 8; ++i) product += (i - 3.5) * values[i];
  for (const double value : values) smooth += .4 * (value - smooth);
  const double step = std::min(.5 * product / 42, .03 * level);
  const std::vector<double> mean = model->Predict(2).mean;
  EXPECT_NEAR(mean[0], (near + level + 4.5 * step + smooth) / 3, 1e-12);
  EXPECT_NEAR(mean[1] - mean[0], step / 3, 1e-12);
  EXPECT_TRUE(std::isnan(model->fitted()[3]));
  EXPECT_NEAR(model->fitted()[4], 11.5, 1e-12);
}

TEST(RecentLevel, CutsASpikeButNotARise) {
  std::vector<double> spiked(30, 100), risen(30, 100);
  spiked[28] = 1000;
  for (int t = 15; t < 30; ++t) risen[t] = 200;
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto one, RecentLevelMethod().fit({spiked, {}}));
  EXPECT_LT(one->Predict(1).mean[0], 120);
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto other, RecentLevelMethod().fit({risen, {}}));
  EXPECT_NEAR(other->Predict(1).mean[0], 200, 15);
}

TEST(RecentLevel, GivesTheStepsTheirShares) {
  std::vector<double> values = {3, 4};  // the start of a week that is cut off
  for (int t = 0; t < 70; ++t) values.push_back(t % 7 == 0 ? 0 : t % 7);
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto model, RecentLevelMethod().fit({values, {7}}));
  const std::vector<double> mean = model->Predict(14).mean;
  for (int h = 0; h < 14; ++h) EXPECT_NEAR(mean[h], h % 7, 1e-9) << h;
}

TEST(RecentLevel, OfWhatIsHardlyASeries) {
  const std::vector<double> zeros(28, 0), negative(28, -3), few = {1, 2, 3};
  for (const std::vector<int>& seasons : {std::vector<int>{}, std::vector<int>{7}}) {
    KONTOR_ASSERT_OK_AND_ASSIGN(const auto none, RecentLevelMethod().fit({zeros, seasons}));
    EXPECT_THAT(none->Predict(9).mean, ::testing::Each(0));
    KONTOR_ASSERT_OK_AND_ASSIGN(const auto below, RecentLevelMethod().fit({negative, seasons}));
    EXPECT_THAT(below->Predict(9).mean, ::testing::Each(::testing::DoubleNear(-3, 1e-9)));
  }
  EXPECT_THAT(RecentLevelMethod().fit({few, {}}), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(RecentLevelMethod().fit({zeros, {12}}), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(RecentLevelMethod().fit({{}, {}}), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace kontor::forecasting
