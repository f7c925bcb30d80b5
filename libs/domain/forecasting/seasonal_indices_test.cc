#include "libs/domain/forecasting/seasonal_indices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "libs/base/random.h"
#include "libs/domain/forecasting/air_passengers.h"
#include "libs/domain/forecasting/naive.h"

namespace kontor::forecasting {
namespace {

using ::testing::IsEmpty;

// statsmodels 0.14 seasonal_decompose of the same series.
TEST(SeasonalIndicesTest, AreThoseOfClassicalDecomposition) {
  const std::vector<double> sums = SeasonalIndices(kAirPassengers, 12, false);
  EXPECT_NEAR(sums[0], -24.74873737373737, 1e-9);
  EXPECT_NEAR(sums[7], 62.8232323232323, 1e-9);
  EXPECT_NEAR(std::accumulate(sums.begin(), sums.end(), 0.0), 0, 1e-9);
  const std::vector<double> ratios = SeasonalIndices(kAirPassengers, 12, true);
  EXPECT_NEAR(ratios[0], 0.9102303673722009, 1e-12);
  EXPECT_NEAR(ratios[11], 0.8988243899850115, 1e-12);
  EXPECT_NEAR(std::accumulate(ratios.begin(), ratios.end(), 0.0), 12, 1e-9);
}

TEST(SeasonalIndicesTest, OddSeasonsAreAveragedWithoutHalfWeights) {
  std::vector<double> values;
  for (int t = 0; t < 28; ++t) values.push_back(10 + t + (t % 7 == 2 ? 7 : 0));
  const std::vector<double> indices = SeasonalIndices(values, 7, false);
  EXPECT_NEAR(indices[2], 6, 1e-9);
  EXPECT_NEAR(indices[3], -1, 1e-9);
}

TEST(IsSeasonalTest, TellsSeasonFromTrendAndNothing) {
  EXPECT_TRUE(IsSeasonal(kAirPassengers, 12));
  EXPECT_FALSE(IsSeasonal(Values(kAirPassengers).first(23), 12));  // less than two seasons
  std::vector<double> line(48), constant(48, 5.0);
  std::iota(line.begin(), line.end(), 1);
  EXPECT_FALSE(IsSeasonal(line, 12));
  EXPECT_FALSE(IsSeasonal(constant, 12));
  EXPECT_FALSE(IsSeasonal({1, 5, 1, 5, 1, 5, 1, 5, 1, 5}, 2));  // below 4
}

TEST(DeseasonaliseTest, RestoringGivesTheValuesBack) {
  std::vector<double> lower = kAirPassengers;
  for (double& value : lower) value -= 300;
  for (const SeasonRule rule : {SeasonRule::kTested, SeasonRule::kShrunken}) {
    for (const std::vector<double>& values : {kAirPassengers, lower}) {
      const Deseasonalised rest = Deseasonalise(values, 12, rule);
      EXPECT_EQ(rest.multiplicative, values[0] > 0);
      ASSERT_EQ(rest.indices.size(), 12u);
      for (size_t t = 0; t < values.size(); ++t) EXPECT_NEAR(rest.Restore(rest.values[t], t), values[t], 1e-9);
    }
  }
  EXPECT_THAT(Deseasonalise({3, 1, 4, 1, 5, 9, 2, 6}, 4, SeasonRule::kShrunken).indices, IsEmpty());
}

TEST(DeseasonaliseTest, RatiosNearZeroGiveWayToDifferences) {
  std::vector<double> values;
  for (int t = 0; t < 40; ++t) values.push_back(t % 4 == 0 ? 0.001 : 10 + t % 3);
  EXPECT_FALSE(Deseasonalise(values, 4, SeasonRule::kTested).multiplicative);
}

// Noise alone keeps next to nothing of its indices, a strong season next to everything.
TEST(DeseasonaliseTest, IndicesShrinkAsFarAsChanceExplainsThem) {
  base::Random random(11);
  std::vector<double> noise, strong;
  for (int t = 0; t < 120; ++t) {
    noise.push_back(100 + 10 * random.Normal());
    strong.push_back(100 + (t % 12 == 0 ? 60 : 0) + random.Normal());
  }
  const std::vector<double> weak = Deseasonalise(noise, 12, SeasonRule::kShrunken).indices;
  for (const double index : weak) EXPECT_NEAR(index, 1, 1e-9);
  const std::vector<double> kept = Deseasonalise(strong, 12, SeasonRule::kShrunken).indices;
  const std::vector<double> all = SeasonalIndices(strong, 12, true);
  for (size_t i = 0; i < 12; ++i) EXPECT_NEAR(kept[i] / kept[1], all[i] / all[1], 0.01);
}

TEST(OnDeseasonalisedTest, ForecastsAndVariancesGetTheSeasonBack) {
  const auto model = OnDeseasonalised(NaiveMethod(), SeasonRule::kTested).fit({kAirPassengers, {12}});
  ASSERT_TRUE(model.ok());
  const Prediction prediction = (*model)->Predict(13);
  const std::vector<double> ratios = SeasonalIndices(kAirPassengers, 12, true);
  EXPECT_NEAR(prediction.mean[0], 432 / ratios[11] * ratios[0], 1e-9);
  EXPECT_NEAR(prediction.variance[12] / prediction.variance[0], 13, 1e-9);
  EXPECT_NEAR(prediction.variance[1] / prediction.variance[0], 2 * std::pow(ratios[1] / ratios[0], 2), 1e-9);
  EXPECT_TRUE(std::isnan((*model)->fitted()[0]));
  EXPECT_NEAR((*model)->fitted()[1], 112 / ratios[0] * ratios[1], 1e-9);
}

}  // namespace
}  // namespace kontor::forecasting
