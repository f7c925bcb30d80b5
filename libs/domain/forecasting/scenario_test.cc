#include "libs/domain/forecasting/scenario.h"

#include <cmath>
#include <numeric>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr double kFirst = 18'262;  // 2020-01-01

absl::CivilDay DayAt(int n) { return absl::CivilDay(2020, 1, 1) + n; }

// 200 days at 100 with a week; every 20 days the price falls by a fifth for five days, which sells 40 more; a fair on
// days 60 and 120 sells 80 more.
struct Shop {
  std::vector<double> values, prices, days;
  Shop() {
    base::Random random(9);
    for (int t = 0; t < 200; ++t) {
      const bool cheap = t % 20 < 5, fair = t == 60 || t == 120;
      days.push_back(kFirst + t);
      prices.push_back(cheap ? 8 : 10);
      values.push_back(100 + 10 * (t % 7 == 5) + (cheap ? 40 : 0) + (fair ? 80 : 0) + random.Normal());
    }
  }
  ScenarioInput Input() const {
    ScenarioInput input;
    input.days = days;
    input.values = values;
    for (int t = 200; t < 214; ++t) input.future_days.push_back(kFirst + t);
    return input;
  }
};

TEST(EstimateScenario, KnowsWhatAPriceAndAFairDidBefore) {
  const Shop shop;
  ScenarioInput input = shop.Input();
  input.prices = shop.prices;
  input.future_prices.assign(14, 10);
  for (int i = 7; i < 14; ++i) input.future_prices[static_cast<size_t>(i)] = 8;
  input.events = {{"fair", {DayAt(60), DayAt(120), DayAt(203)}}, {"opening", {DayAt(205)}}};
  KONTOR_ASSERT_OK_AND_ASSIGN(const ScenarioEffect effect, EstimateScenario(input));
  EXPECT_THAT(effect.notes, SizeIs(1));
  EXPECT_THAT(effect.notes[0], HasSubstr("opening"));
  ASSERT_THAT(effect.shares, SizeIs(2));
  for (const Component& share : effect.shares) {
    for (size_t i = 0; i < 14; ++i) {
      const double usual = 100 + 10 * ((200 + i) % 7 == 5);
      const double expected = share.name == "price" ? (i < 7 ? 0 : 40 / usual) : i == 3 ? 80 / usual : 0;
      EXPECT_NEAR(share.values[i], expected, 0.06) << share.name << " " << i;
    }
  }
  std::vector<double> mean(14, 50);
  std::vector<std::vector<double>> quantiles(14, {40, 60});
  ApplyScenario(effect, mean, quantiles);
  EXPECT_NEAR(mean[0], 50, 3);
  EXPECT_NEAR(mean[10], 70, 3);
  EXPECT_NEAR(quantiles[10][1] / quantiles[10][0], 1.5, 1e-9);
}

TEST(EstimateScenario, SaysWhatItCannotKnow) {
  const Shop shop;
  ScenarioInput input = shop.Input();
  input.prices.assign(200, 10);
  input.future_prices.assign(14, 5);
  KONTOR_ASSERT_OK_AND_ASSIGN(const ScenarioEffect effect, EstimateScenario(input));
  EXPECT_THAT(effect.shares, SizeIs(0));
  EXPECT_THAT(effect.notes, SizeIs(1));
  input.future_prices[3] = 0;
  EXPECT_THAT(EstimateScenario(input), StatusIs(absl::StatusCode::kInvalidArgument));
  input.future_prices.resize(3);
  EXPECT_THAT(EstimateScenario(input), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(EstimateScenario, IsBounded) {
  const Shop shop;
  ScenarioInput input = shop.Input();
  input.prices = shop.prices;
  for (const double price : {1e-9, 1e9}) {
    input.future_prices.assign(14, price);
    KONTOR_ASSERT_OK_AND_ASSIGN(const ScenarioEffect effect, EstimateScenario(input));
    for (const double share : effect.shares[0].values) EXPECT_TRUE(share >= -1 && share <= kMostShare) << share;
  }
}

}  // namespace
}  // namespace kontor::forecasting
