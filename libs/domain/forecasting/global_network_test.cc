#include "libs/domain/forecasting/global_network.h"

#include <gtest/gtest.h>

#include <cmath>

#include "libs/base/random.h"

namespace kontor::forecasting {
namespace {

constexpr size_t kDays = 120, kHorizon = 7;

// Counts around level × (1.6 on two days of the week, .76 on the others), doubled where the column is 1.
struct Set {
  std::vector<std::vector<double>> values, column;
  std::vector<NetworkSeries> series;
};

double Mean(size_t i, size_t t, double promoted) {
  return (10 + 3 * static_cast<double>(i)) * (t % 7 < 2 ? 1.6 : 0.76) * (1 + promoted);
}

Set MakeSet(size_t count) {
  Set set;
  base::Random random(9);
  for (size_t i = 0; i < count; ++i) {
    auto& values = set.values.emplace_back();
    auto& column = set.column.emplace_back();
    for (size_t t = 0; t < kDays + kHorizon; ++t) {
      column.push_back(random.Chance(0.2) ? 1 : 0);
      const double mean = Mean(i, t, column.back());
      if (t < kDays) values.push_back(std::max(0.0, std::round(mean + std::sqrt(mean) * random.Normal())));
    }
  }
  for (size_t i = 0; i < count; ++i) {
    set.series.push_back({{set.values[i], {7}}, 0, {set.column[i]}, static_cast<uint32_t>(i % 3)});
  }
  return set;
}

absl::StatusOr<GlobalNetwork> Train(const Set& set, int epochs) {
  return GlobalNetwork::Train(set.series, {.horizon = kHorizon}, {.seed = 2, .max_epochs = epochs, .patience = epochs});
}

TEST(GlobalNetworkTest, ForecastsInTheTermsOfThisFolder) {
  const Set set = MakeSet(20);
  const auto network = Train(set, 4);
  ASSERT_TRUE(network.ok()) << network.status();
  const auto prediction = network->Predict(set.series[5], kHorizon);
  const auto quantiles = network->Quantiles(set.series[5], kHorizon, {0.05, 0.5, 0.95});
  ASSERT_TRUE(prediction.ok() && quantiles.ok());
  for (size_t h = 0; h < kHorizon; ++h) {
    const double truth = Mean(5, kDays + h, set.column[5][kDays + h]);
    EXPECT_NEAR(prediction->mean[h], truth, 0.35 * truth) << h;
    EXPECT_GT(prediction->variance[h], 0);
    const std::vector<double>& row = quantiles->values[h];
    EXPECT_TRUE(0 <= row[0] && row[0] < row[1] && row[1] < row[2]);
    EXPECT_TRUE(row[0] < truth && truth < row[2]) << h;
  }
}

TEST(GlobalNetworkTest, IsTheSameAfterLoading) {
  const Set set = MakeSet(6);
  const auto network = Train(set, 1);
  ASSERT_TRUE(network.ok()) << network.status();
  const auto loaded = GlobalNetwork::Load(network->Save());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->Predict(set.series[0], 3)->mean, network->Predict(set.series[0], 3)->mean);
  EXPECT_EQ(loaded->Sample(set.series[0], 3)->values, network->Sample(set.series[0], 3)->values);
  EXPECT_EQ(GlobalNetwork::Load("no network").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(GlobalNetworkTest, BadInputIsRefused) {
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  Set set = MakeSet(6);
  const auto network = Train(set, 1);
  ASSERT_TRUE(network.ok()) << network.status();
  EXPECT_EQ(network->Predict(set.series[0], kHorizon + 1).status().code(), kInvalid);  // known for kHorizon
  EXPECT_EQ(network->Quantiles(set.series[0], 1, {0.9, 0.1}).status().code(), kInvalid);
  NetworkSeries other = set.series[0];
  other.series.seasons = {12};
  EXPECT_EQ(network->Predict(other, 1).status().code(), kInvalid);
  other = set.series[0];
  other.known.clear();
  EXPECT_EQ(network->Predict(other, 1).status().code(), kInvalid);
  set.series[1].known.clear();
  EXPECT_EQ(Train(set, 1).status().code(), kInvalid);
  EXPECT_EQ(GlobalNetwork::Train({}, {}, {}).status().code(), kInvalid);
  EXPECT_EQ(GlobalNetwork::Train(set.series, {.horizon = 0}, {}).status().code(), kInvalid);
}

}  // namespace
}  // namespace kontor::forecasting
