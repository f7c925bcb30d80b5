#include "libs/domain/forecasting/factors.h"

#include <cmath>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/domain/forecasting/measures.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kPast = 400, kAhead = 28;

// A week around 50 with noise of a tenth, times what the factors do.
struct Shop {
  std::vector<double> values;  // with the future
  Factor promotion{FactorKind::kPromotion, "promotion", {}};
  Factor payday{FactorKind::kCalendar, "payday", {}};
  Factor temperature{FactorKind::kWeather, "temperature", {}};

  explicit Shop(double uplift, double payday_effect = 1, double by_degree = 0, uint64_t seed = 3) {
    base::Random random(seed);
    double degrees = 0;
    for (int t = 0; t < kPast + kAhead; ++t) {
      const bool promoted = (t * 5 + t / 40) % 41 < 6, paid = t % 30 == 11;
      degrees = 0.8 * degrees + 3 * random.Normal();
      promotion.values.push_back(promoted ? 0.2 : 0);
      payday.values.push_back(paid ? 1 : 0);
      temperature.values.push_back(12 + degrees);
      const double base = 50 + 10 * (t % 7 == 5) + 5 * random.Normal();
      values.push_back(std::max(0.0, std::round(base * (promoted ? uplift : 1) * (paid ? payday_effect : 1) *
                                                std::exp(by_degree * degrees))));
    }
  }
  Series Past() const { return {Values(values).first(kPast), {7}}; }
  Values Future() const { return Values(values).subspan(kPast); }
};

FactorOptions Options() { return {.horizon = kAhead, .periods = {7, 365.25}}; }

TEST(ChooseFactors, RecoversAPromotionAndForecastsTheNext) {
  const Shop shop(1.8);
  const std::vector<Factor> factors = {shop.promotion, shop.payday, shop.temperature};
  KONTOR_ASSERT_OK_AND_ASSIGN(const FactorChoice choice, ChooseFactors(shop.Past(), factors, Options()));
  ASSERT_THAT(choice.effects, SizeIs(1));
  EXPECT_EQ(choice.effects[0].name, "promotion");
  EXPECT_NEAR(1 + choice.effects[0].share, 1.8, 0.15 * 0.8);
  EXPECT_DOUBLE_EQ(choice.effects[0].change, 0.2);
  ASSERT_TRUE(choice.wape.has_value() && choice.wape_without.has_value());
  EXPECT_LT(*choice.wape, 0.8 * *choice.wape_without);
  AutomaticOptions options;
  options.horizon = kAhead;
  options.levels = {0.1, 0.5, 0.9};
  KONTOR_ASSERT_OK_AND_ASSIGN(const AutomaticForecast with, ForecastWithFactors(shop.Past(), options, choice));
  KONTOR_ASSERT_OK_AND_ASSIGN(const AutomaticForecast without, ForecastAutomatically(shop.Past(), options));
  EXPECT_LT(Wape(shop.Future(), with.prediction.mean), 0.8 * Wape(shop.Future(), without.prediction.mean));
  ASSERT_TRUE(with.backtest_wape.has_value());
  EXPECT_LT(*with.backtest_wape, 0.8 * *without.backtest_wape);
  EXPECT_NEAR(*with.backtest_naive_wape, *without.backtest_naive_wape, 0.1 * *without.backtest_naive_wape);
}

TEST(ChooseFactors, RecoversTheCalendarAndTheWeather) {
  const Shop shop(1, 1.6, 0.03);
  const std::vector<Factor> factors = {shop.promotion, shop.payday, shop.temperature};
  KONTOR_ASSERT_OK_AND_ASSIGN(const FactorChoice choice, ChooseFactors(shop.Past(), factors, Options()));
  ASSERT_THAT(choice.effects, SizeIs(2));
  EXPECT_EQ(choice.effects[0].name, "payday");
  EXPECT_NEAR(1 + choice.effects[0].share, 1.6, 0.15 * 0.6);
  EXPECT_EQ(choice.effects[1].name, "temperature");
  EXPECT_NEAR(choice.effects[1].coefficient, 0.03, 0.15 * 0.03);
  EXPECT_LT(*choice.wape, *choice.wape_without);
}

TEST(ChooseFactors, RefusesNoise) {
  int used = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    const Shop shop(1, 1, 0, seed);
    const std::vector<Factor> factors = {shop.promotion, shop.payday, shop.temperature};
    KONTOR_ASSERT_OK_AND_ASSIGN(const FactorChoice choice, ChooseFactors(shop.Past(), factors, Options()));
    used += choice.effects.empty() ? 0 : 1;
    for (const double multiplier : choice.multipliers) EXPECT_TRUE(!choice.effects.empty() || multiplier == 1);
  }
  EXPECT_LE(used, 1);
}

TEST(ChooseFactors, OfMoreThanATenthOfTheStepsTheFirstAreTried) {
  base::Random random(11);
  constexpr int kWeeks = 120, kHorizon = 8;
  Factor payday{FactorKind::kCalendar, "payday", {}};
  for (int t = 0; t < kWeeks + kHorizon; ++t) payday.values.push_back(t % 4 == 0 ? 1 : 0);
  std::vector<double> weeks;
  for (int t = 0; t < kWeeks; ++t) weeks.push_back((payday.values[t] == 1 ? 200 : 100) + 5 * random.Normal());
  std::vector<Factor> others;
  for (int f = 0; f < kWeeks / 10; ++f) {
    Factor& factor = others.emplace_back(Factor{FactorKind::kCalendar, std::to_string(f), {}});
    for (int t = 0; t < kWeeks + kHorizon; ++t) factor.values.push_back(random.Chance(0.1) ? 1 : 0);
  }
  std::vector<Factor> first = {payday}, last = others;
  first.insert(first.end(), others.begin(), others.end());
  last.push_back(payday);
  const FactorOptions options = {.horizon = kHorizon, .periods = {}};
  KONTOR_ASSERT_OK_AND_ASSIGN(const FactorChoice used, ChooseFactors({weeks, {}}, first, options));
  ASSERT_EQ(used.effects.size(), 1u);
  EXPECT_EQ(used.effects[0].name, "payday");
  EXPECT_NEAR(used.effects[0].share, 1, 0.1);
  KONTOR_ASSERT_OK_AND_ASSIGN(const FactorChoice unused, ChooseFactors({weeks, {}}, last, options));
  EXPECT_THAT(unused.effects, IsEmpty());
}

TEST(ChooseFactors, AClosingDayIsNotReadAsDemand) {
  Shop shop(1, 1);
  for (size_t t = 0; t < shop.values.size(); ++t) {
    if (shop.payday.values[t] > 0) shop.values[t] = 0;
  }
  const std::vector<Factor> factors = {shop.payday};
  KONTOR_ASSERT_OK_AND_ASSIGN(const FactorChoice choice, ChooseFactors(shop.Past(), factors, Options()));
  ASSERT_THAT(choice.effects, SizeIs(1));
  EXPECT_LT(choice.effects[0].share, -0.9);
  EXPECT_NEAR(choice.base[11], 51, 8);
}

TEST(ChooseFactors, ShortThinAndWrongInput) {
  const Shop shop(1.8);
  const std::vector<Factor> factors = {shop.promotion};
  std::vector<double> thin(kPast, 0);
  thin[7] = thin[300] = 4;
  KONTOR_ASSERT_OK_AND_ASSIGN(const FactorChoice nothing, ChooseFactors({thin, {7}}, factors, Options()));
  EXPECT_THAT(nothing.effects, IsEmpty());
  EXPECT_FALSE(nothing.wape.has_value());
  FactorOptions longer = Options();
  longer.horizon = kAhead + 1;
  EXPECT_THAT(ChooseFactors(shop.Past(), factors, longer), StatusIs(absl::StatusCode::kInvalidArgument));
  const std::vector<Factor> twice = {shop.promotion, shop.promotion};
  EXPECT_THAT(ChooseFactors(shop.Past(), twice, Options()), StatusIs(absl::StatusCode::kInvalidArgument));
  std::vector<Factor> broken = {shop.promotion};
  broken[0].values[3] = std::nan("");
  EXPECT_THAT(ChooseFactors(shop.Past(), broken, Options()), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace kontor::forecasting
