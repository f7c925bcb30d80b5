#include "libs/domain/forecasting/panel_profile.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;

// Forty stores of two groups with a year of their own; the level grows by `growth` a year; a feast triples its step.
double ValueOf(int store, int t, double growth, const std::vector<int>& feasts) {
  const int group = store % 2;
  double value = (100 + store) * std::pow(growth, t / 52) * (1 + .5 * std::sin(2 * M_PI * (t % 52) / 52 + group));
  for (const int feast : feasts) value *= t == feast ? 3 : 1;
  return value;
}

std::vector<PanelSeries> Stores(int steps, double growth, const std::vector<int>& feasts) {
  std::vector<PanelSeries> all;
  for (int store = 0; store < 40; ++store) {
    PanelSeries& one = all.emplace_back();
    one.group = store % 2;
    for (int t = 0; t < steps; ++t) one.values.push_back(ValueOf(store, t, growth, feasts));
  }
  return all;
}

TEST(ForecastPanel, RepeatsAYearThatRepeats) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto found, ForecastPanel(Stores(104, 1, {}), 39, {.year_shift = 0}));
  ASSERT_EQ(found.size(), 40);
  for (int h = 0; h < 39; ++h) EXPECT_NEAR(found[5][h], ValueOf(5, 104 + h, 1, {}), 1e-6);
}

TEST(ForecastPanel, MovesTheFeast) {
  const std::vector<int> feasts = {10, 65, 113};
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto found,
                              ForecastPanel(Stores(104, 1, feasts), 39, {.year_shift = 0, .feasts = feasts}));
  EXPECT_NEAR(found[3][9] / ValueOf(3, 113, 1, feasts), 1, .05);
  EXPECT_NEAR(found[3][13] / ValueOf(3, 117, 1, feasts), 1, .05);  // 65 + 52
}

TEST(ForecastPanel, FollowsPartOfTheGrowth) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto found, ForecastPanel(Stores(104, 1.2, {}), 20, {.year_shift = 0}));
  // The year before at .65, the one before that grown to it: both 1.2; six tenths of 1.65 × … on top.
  for (int h = 0; h < 20; ++h) {
    const double last_year = ValueOf(7, 52 + h, 1.2, {});
    EXPECT_GT(found[7][h], 1.05 * last_year);
    EXPECT_LT(found[7][h], 1.2 * last_year);
  }
}

TEST(ForecastPanel, ShiftsByDates) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto found, ForecastPanel(Stores(80, 1, {}), 10, {.year_shift = .25}));
  EXPECT_NEAR(found[0][4], .75 * ValueOf(0, 32, 1, {}) + .25 * ValueOf(0, 31, 1, {}), 1e-6);
}

TEST(ForecastPanel, FillsGapsAndLeavesOutWhatWasNever) {
  std::vector<PanelSeries> stores = Stores(104, 1, {});
  stores[4].values[60] = NAN;
  for (double& value : stores[9].values) value = NAN;
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto found, ForecastPanel(stores, 39, {.year_shift = 0}));
  EXPECT_NEAR(found[4][8], ValueOf(4, 112, 1, {}), 1e-6);
  for (const double value : found[9]) EXPECT_NEAR(value, 0, 1e-6);
  std::vector<PanelSeries> zeros(3, {std::vector<double>(104, 0), 1});
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto nothing, ForecastPanel(zeros, 5, {}));
  EXPECT_THAT(nothing[0], ::testing::Each(0));
}

TEST(ForecastPanel, RefusesWhatIsNoPanel) {
  const std::vector<PanelSeries> stores = Stores(104, 1, {});
  EXPECT_THAT(ForecastPanel({}, 5, {}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ForecastPanel(stores, 53, {}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ForecastPanel(stores, 0, {}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ForecastPanel(stores, 5, {.year_shift = 1}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ForecastPanel(Stores(70, 1, {}), 5, {}), StatusIs(absl::StatusCode::kFailedPrecondition));
  std::vector<PanelSeries> uneven = stores;
  uneven[1].values.pop_back();
  EXPECT_THAT(ForecastPanel(uneven, 5, {}), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace kontor::forecasting
