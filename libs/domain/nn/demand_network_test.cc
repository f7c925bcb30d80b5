#include "libs/domain/nn/demand_network.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "libs/base/random.h"
#include "libs/domain/nn/arrays.h"

namespace kontor::nn {
namespace {

using Network = std::unique_ptr<const DemandNetwork>;

constexpr int kHorizon = 14, kDays = 170;
constexpr double kWeek[] = {0.5, 0.8, 1.0, 1.1, 1.3, 1.5, 0.8};  // mean 1
constexpr double kPromotion = 2.0;

// Shops' counts: a level, the week above, and promotions that double the mean, known ahead; negative binomial with
// spread .1.
struct Panel {
  std::vector<std::vector<double>> values, means, known;
  std::vector<DemandSeries> series;
  DemandPanel View() const { return {series, {7}, 1, 2}; }
};

Panel MakePanel(int count, uint64_t seed) {
  Panel panel;
  base::Random random(seed);
  for (int i = 0; i < count; ++i) {
    const double level = std::exp(1 + 3.5 * random.Uniform());  // 3 … 90
    std::vector<double> values, means, known;
    for (int t = 0; t < kDays + kHorizon; ++t) {
      known.push_back(random.Chance(0.15) ? 1 : 0);
      means.push_back(level * kWeek[(t + i) % 7] * (known.back() > 0 ? kPromotion : 1));
      values.push_back(Draw(DemandLikelihood::kNegativeBinomial, {means.back(), 0.1, 0}, random));
    }
    panel.values.push_back(values);
    panel.means.push_back(means);
    panel.known.push_back(known);
  }
  for (size_t i = 0; i < panel.values.size(); ++i) {
    panel.series.push_back({absl::MakeSpan(panel.values[i]).first(kDays), static_cast<int64_t>(i), panel.known[i],
                            static_cast<uint32_t>(i % 2)});
  }
  return panel;
}

DemandNetworkOptions Small() {
  DemandNetworkOptions options;
  options.horizon = kHorizon;
  options.context = 28;
  options.units = 24;
  options.batch_windows = 32;
  options.epoch_batches = 20;
  options.rate = 5e-3;
  return options;
}

class DemandNetworkTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    panel_ = new Panel(MakePanel(60, 5));
    losses_ = new std::vector<double>;
    TrainControl control{.seed = 3, .max_epochs = 16, .patience = 16};
    control.progress = [](const TrainProgress& progress) { losses_->push_back(progress.loss); };
    network_ = new absl::StatusOr<Network>(TrainDemandNetwork(panel_->View(), Small(), control));
  }
  static void TearDownTestSuite() {
    delete network_;
    delete losses_;
    delete panel_;
  }
  void SetUp() override { ASSERT_TRUE(network_->ok()) << network_->status(); }
  const DemandNetwork& network() const { return ***network_; }

  static Panel* panel_;
  static std::vector<double>* losses_;
  static absl::StatusOr<Network>* network_;
};
Panel* DemandNetworkTest::panel_ = nullptr;
std::vector<double>* DemandNetworkTest::losses_ = nullptr;
absl::StatusOr<Network>* DemandNetworkTest::network_ = nullptr;

TEST_F(DemandNetworkTest, TheLossFalls) {
  ASSERT_EQ(losses_->size(), 16);
  EXPECT_LT(losses_->back(), losses_->front() - 0.1);
}

TEST_F(DemandNetworkTest, FindsTheWeekAndThePromotions) {
  double error = 0, without = 0, size = 0;
  for (size_t i = 0; i < panel_->series.size(); ++i) {
    const auto sampled = network().Sample(panel_->series[i], kHorizon, 100, 1);
    ASSERT_TRUE(sampled.ok()) << sampled.status();
    double level = 0;
    for (const double value : panel_->series[i].values.last(28)) level += value / 28;
    for (size_t h = 0; h < kHorizon; ++h) {
      const double truth = panel_->means[i][kDays + h];
      error += std::abs(sampled->mean[h] - truth);
      without += std::abs(level - truth);
      size += truth;
    }
  }
  EXPECT_LT(error / size, 0.15);
  EXPECT_GT(without / size, 0.3);  // what the mean of four weeks misses
}

TEST_F(DemandNetworkTest, APromotionRaisesDemandByWhatItDid) {
  double with = 0, none = 0;
  for (size_t i = 0; i < 20; ++i) {
    std::vector<double> known = panel_->known[i];
    DemandSeries series = panel_->series[i];
    series.known = known;
    known[kDays] = 1;
    const auto promoted = network().Sample(series, 1, 20, 1);
    known[kDays] = 0;
    const auto plain = network().Sample(series, 1, 20, 1);
    ASSERT_TRUE(promoted.ok() && plain.ok());
    with += promoted->mean[0];
    none += plain->mean[0];
  }
  EXPECT_NEAR(with / none, kPromotion, 0.3);
}

TEST_F(DemandNetworkTest, IntervalsCoverWhatTheySay) {
  int covered = 0, points = 0;
  for (size_t i = 0; i < panel_->series.size(); ++i) {
    const auto sampled = network().Sample(panel_->series[i], kHorizon, 200, 1);
    ASSERT_TRUE(sampled.ok());
    for (size_t h = 0; h < kHorizon; ++h, ++points) {
      const std::vector<double> interval = sampled->Quantiles(h, {0.1, 0.9});
      ASSERT_GE(interval[0], 0);
      ASSERT_LE(interval[0], interval[1]);
      const double actual = panel_->values[i][kDays + h];
      covered += actual >= interval[0] && actual <= interval[1] ? 1 : 0;
    }
  }
  EXPECT_NEAR(static_cast<double>(covered) / points, 0.8, 0.1);
}

TEST_F(DemandNetworkTest, ALoadedNetworkForecastsTheSame) {
  const std::string bytes = network().Save();
  const auto loaded = LoadDemandNetwork(bytes);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ((*loaded)->Save(), bytes);
  EXPECT_EQ((*loaded)->seasons(), std::vector<int>{7});
  EXPECT_EQ((*loaded)->known_columns(), 1);
  EXPECT_EQ((*loaded)->groups(), 2);
  const auto mine = network().Sample(panel_->series[3], 5, 10, 8),
             same = (*loaded)->Sample(panel_->series[3], 5, 10, 8);
  ASSERT_TRUE(mine.ok() && same.ok());
  EXPECT_EQ(mine->values, same->values);
  EXPECT_EQ(mine->mean, same->mean);
  const auto other = network().Sample(panel_->series[3], 5, 10, 9);
  EXPECT_NE(mine->values, other->values);
}

TEST_F(DemandNetworkTest, DamagedBytesAreRefused) {
  std::string bytes = network().Save();
  EXPECT_EQ(LoadDemandNetwork("KONTOR").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(LoadDemandNetwork(bytes.substr(0, bytes.size() - 40)).status().code(), absl::StatusCode::kDataLoss);
  for (const char* name : {"state0", "output.weight", "groups", "known_scale"}) {
    auto arrays = LoadArrays(bytes);
    ASSERT_TRUE(arrays.ok());
    arrays->arrays[name] = {{3, 5}, std::vector<float>(15, 1)};
    EXPECT_EQ(LoadDemandNetwork(SaveArrays(*arrays)).status().code(), absl::StatusCode::kDataLoss) << name;
  }
  for (const char* name : {"layers", "context", "offset", "horizon"}) {
    auto arrays = LoadArrays(bytes);
    ASSERT_TRUE(arrays.ok());
    arrays->numbers[name] = -1;
    EXPECT_EQ(LoadDemandNetwork(SaveArrays(*arrays)).status().code(), absl::StatusCode::kDataLoss) << name;
  }
}

TEST_F(DemandNetworkTest, BadSeriesAreRefused) {
  const auto code = [&](const DemandSeries& series, int steps = 1, int paths = 1) {
    return network().Sample(series, steps, paths, 1).status().code();
  };
  const std::vector<double> values = {3, 4, 5}, known(10, 0), nan = {3, std::numeric_limits<double>::quiet_NaN()},
                            negative = {3, -1};
  EXPECT_EQ(code({values, 0, known, 1}), absl::StatusCode::kOk);
  EXPECT_EQ(code({{}, 0, known, 0}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({nan, 0, known, 0}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({negative, 0, known, 0}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({values, 0, known, 2}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({values, 0, known, 0}, 8), absl::StatusCode::kInvalidArgument);  // known for 7
  EXPECT_EQ(code({values, 0, known, 0}, 0), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({values, 0, known, 0}, 1, 0), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({values, 0, known, 0}, 2, 60'000'000), absl::StatusCode::kInvalidArgument);
}

TEST_F(DemandNetworkTest, SeriesOfZerosAndOfOneValueHaveAForecast) {
  const std::vector<double> zeros(40, 0), one = {12}, known(60, 0);
  const auto none = network().Sample({zeros, 0, known, 0}, kHorizon, 50, 1);
  ASSERT_TRUE(none.ok());
  for (const double mean : none->mean) EXPECT_LT(mean, 2);
  const auto first = network().Sample({one, 0, known, 0}, kHorizon, 50, 1);
  ASSERT_TRUE(first.ok());
  for (const double value : first->values) EXPECT_TRUE(std::isfinite(value) && value >= 0);
}

// A few batches, where only equality counts.
DemandNetworkOptions Tiny() {
  DemandNetworkOptions options = Small();
  options.layers = 2;
  options.units = 8;
  options.epoch_batches = 3;
  return options;
}

TEST(DemandTrainingTest, TheSameSeedGivesTheSameBytesAlsoWhenItIsResumed) {
  const Panel panel = MakePanel(10, 6);
  std::vector<std::string> checkpoints;
  TrainControl control{.seed = 4, .max_epochs = 3};
  control.checkpoint = [&](absl::string_view bytes) {
    checkpoints.emplace_back(bytes);
    return absl::OkStatus();
  };
  const auto first = TrainDemandNetwork(panel.View(), Tiny(), control);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto again = TrainDemandNetwork(panel.View(), Tiny(), {.seed = 4, .max_epochs = 3});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ((*first)->Save(), (*again)->Save());
  const auto resumed = TrainDemandNetwork(panel.View(), Tiny(), {.seed = 4, .max_epochs = 3, .resume = checkpoints[0]});
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ((*first)->Save(), (*resumed)->Save());
  const auto other = TrainDemandNetwork(panel.View(), Tiny(), {.seed = 5, .max_epochs = 3});
  ASSERT_TRUE(other.ok());
  EXPECT_NE((*first)->Save(), (*other)->Save());
}

TEST(DemandTrainingTest, CanBeCancelled) {
  const Panel panel = MakePanel(4, 6);
  TrainControl control;
  control.cancelled = [] { return true; };
  EXPECT_EQ(TrainDemandNetwork(panel.View(), Tiny(), control).status().code(), absl::StatusCode::kCancelled);
}

TEST(DemandTrainingTest, RealValuesGetStudentT) {
  // A level and a week, below and above zero; errors of .1.
  std::vector<std::vector<double>> values(20);
  base::Random random(2);
  for (size_t i = 0; i < values.size(); ++i) {
    for (int t = 0; t < 100; ++t) values[i].push_back(2 * kWeek[t % 7] - 2 + 0.1 * random.Normal());
  }
  std::vector<DemandSeries> series;
  for (const auto& one : values) series.push_back({absl::MakeSpan(one).first(93), 0, {}, 0});
  DemandNetworkOptions options = Small();
  options.horizon = 7;
  const auto network = TrainDemandNetwork({series, {7}, 0, 0}, options, {.seed = 1, .max_epochs = 12, .patience = 12});
  ASSERT_TRUE(network.ok()) << network.status();
  EXPECT_EQ((*network)->likelihood(), DemandLikelihood::kStudentT);
  const auto sampled = (*network)->Sample(series[0], 7, 200, 1);
  ASSERT_TRUE(sampled.ok());
  for (size_t h = 0; h < 7; ++h) {
    EXPECT_NEAR(sampled->mean[h], 2 * kWeek[(93 + h) % 7] - 2, 0.15) << h;
    EXPECT_LT(std::sqrt(sampled->Variance(h)), 0.3) << h;
  }
}

TEST(DemandTrainingTest, BadDataAndOptionsAreRefused) {
  const auto code = [](const DemandPanel& panel, const DemandNetworkOptions& options) {
    return TrainDemandNetwork(panel, options, {.max_epochs = 1}).status().code();
  };
  Panel panel = MakePanel(2, 1);
  DemandNetworkOptions options = Tiny();
  options.horizon = 90;  // 170 values are fewer than 181
  EXPECT_EQ(code(panel.View(), options), absl::StatusCode::kInvalidArgument);
  options = Tiny();
  options.dropout = 1;
  EXPECT_EQ(code(panel.View(), options), absl::StatusCode::kInvalidArgument);
  DemandPanel season = panel.View();
  season.seasons = {1};
  EXPECT_EQ(code(season, Tiny()), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({{}, {7}, 0, 0}, Tiny()), absl::StatusCode::kInvalidArgument);
  panel.values[1][50] = -1;
  options = Tiny();
  EXPECT_EQ(code(panel.View(), options), absl::StatusCode::kOk);  // then they are real values
  options.likelihood = DemandLikelihood::kNegativeBinomial;
  EXPECT_EQ(code(panel.View(), options), absl::StatusCode::kInvalidArgument);
  panel.values[1][50] = std::numeric_limits<double>::infinity();
  EXPECT_EQ(code(panel.View(), Tiny()), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace kontor::nn
