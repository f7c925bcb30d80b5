#include "libs/domain/forecasting/methods.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "libs/domain/forecasting/air_passengers.h"
#include "libs/domain/forecasting/naive.h"

namespace kontor::forecasting {
namespace {

using ::testing::HasSubstr;

std::vector<double> Mean(const Method& method, const Series& series, int horizon) {
  const auto model = method.fit(series);
  return model.ok() ? (*model)->Predict(horizon).mean : std::vector<double>();
}

// statsforecast 2.1.1 of the same series.
TEST(NaiveTest, ForecastsAndVariances) {
  const Series monthly{kAirPassengers, {12}};
  EXPECT_DOUBLE_EQ(Mean(NaiveMethod(), monthly, 13)[12], 432);
  EXPECT_DOUBLE_EQ(Mean(SeasonalNaiveMethod(), monthly, 13)[12], 417);
  EXPECT_NEAR(Mean(DriftMethod(), monthly, 13)[0], 434.23776224, 1e-8);
  EXPECT_NEAR(Mean(DriftMethod(), monthly, 13)[12], 461.09090909, 1e-8);
  EXPECT_NEAR(Mean(MeanMethod(), monthly, 1)[0], 280.29861111, 1e-8);
  EXPECT_DOUBLE_EQ(Mean(WindowAverageMethod(4), monthly, 13)[12], 447.75);
  EXPECT_DOUBLE_EQ(Mean(SeasonalWindowAverageMethod(4), monthly, 13)[0], 358);
  const auto naive = NaiveMethod().fit({{1, 3, 2, 4}, {}});
  ASSERT_TRUE(naive.ok());
  EXPECT_DOUBLE_EQ((*naive)->Predict(2).variance[1], 2 * (4.0 + 1 + 4) / 3);
  const auto drift = DriftMethod().fit({{1, 3, 2, 4}, {}});
  ASSERT_TRUE(drift.ok());
  EXPECT_NEAR((*drift)->Predict(3).variance[2] / (*drift)->Predict(1).variance[0], 3 * (1 + 1.0) / (1 + 1 / 3.0),
              1e-12);
}

TEST(NaiveTest, ShortSeriesTakeWhatThereIs) {
  EXPECT_EQ(Mean(SeasonalNaiveMethod(), {{1, 2, 3}, {12}}, 2), (std::vector<double>{3, 3}));
  EXPECT_EQ(Mean(SeasonalWindowAverageMethod(4), {{1, 2, 3, 6}, {2}}, 2), (std::vector<double>{2, 4}));
  EXPECT_EQ(Mean(WindowAverageMethod(4), {{1, 2}, {}}, 1), (std::vector<double>{1.5}));
  EXPECT_EQ(DriftMethod().fit({{1}, {}}).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(MethodsTest, NamesAreUniqueAndFound) {
  std::set<std::string> names;
  for (const NamedMethod& named : AllMethods()) {
    EXPECT_TRUE(names.insert(named.method.name).second) << named.method.name;
    EXPECT_FALSE(named.about.empty());
    EXPECT_TRUE(MethodByName(named.method.name).ok());
  }
  const absl::Status status = MethodByName("oracle").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("auto_ets"));
}

// Whatever the series: an error of the two stated kinds, or finite forecasts and variances that are not negative.
TEST(MethodsTest, EveryMethodAnswersOrRefuses) {
  std::vector<double> spiky(60, 0.0), large, tiny, negative;
  for (int t = 0; t < 60; ++t) {
    if (t % 9 == 0) spiky[t] = t;
    large.push_back(1e12 + 1e9 * (t % 7));
    tiny.push_back(1e-9 * (1 + t % 5));
    negative.push_back(-5 - t % 3);
  }
  const std::vector<std::vector<double>> all = {{},
                                                {1},
                                                {1, 2},
                                                {2, 2, 2},
                                                {0, 0, 0, 0, 0},
                                                {1, NAN, 3, 4, 5, 6},
                                                {5, 0, 3, 0, 0, 7, 1},
                                                spiky,
                                                large,
                                                tiny,
                                                negative,
                                                std::vector<double>(30, 7.0)};
  for (const NamedMethod& named : AllMethods()) {
    for (const std::vector<double>& values : all) {
      for (const std::vector<int>& seasons : {std::vector<int>{}, {4}, {7, 28}, {52}}) {
        const auto model = named.method.fit({values, seasons});
        if (!model.ok()) {
          EXPECT_THAT(model.status().code(),
                      testing::AnyOf(absl::StatusCode::kInvalidArgument, absl::StatusCode::kFailedPrecondition));
          continue;
        }
        const Prediction prediction = (*model)->Predict(20);
        ASSERT_EQ(prediction.mean.size(), 20u);
        EXPECT_EQ((*model)->fitted().size(), values.size()) << named.method.name;
        for (const double mean : prediction.mean) EXPECT_TRUE(std::isfinite(mean)) << named.method.name;
        for (const double variance : prediction.variance) {
          EXPECT_TRUE(std::isfinite(variance) && variance >= 0) << named.method.name;
        }
      }
    }
    EXPECT_EQ(named.method.fit({{1, 2, 3, 4, 5, 6, 7, 8}, {1}}).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(MethodsTest, ForecastsFollowScale) {
  std::vector<double> larger = kAirPassengers;
  for (double& value : larger) value *= 1e3;
  for (const NamedMethod& named : AllMethods()) {
    const std::vector<double> low = Mean(named.method, {kAirPassengers, {12}}, 18);
    const std::vector<double> high = Mean(named.method, {larger, {12}}, 18);
    ASSERT_EQ(low.size(), high.size()) << named.method.name;
    for (size_t h = 0; h < low.size(); ++h) EXPECT_NEAR(high[h], 1e3 * low[h], 0.3 * low[h]) << named.method.name;
  }
}

}  // namespace
}  // namespace kontor::forecasting
