#include "libs/domain/forecasting/boosted_correction.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "libs/base/random.h"
#include "libs/domain/forecasting/measures.h"
#include "libs/domain/forecasting/naive.h"
#include "libs/domain/forecasting/theta.h"

namespace kontor::forecasting {
namespace {

constexpr int kHorizon = 6;

// Series that rise for 12 steps and fall back at once: no method of one series sees the fall coming, the set teaches
// it.
std::vector<std::vector<double>> Saws(size_t count, int length) {
  base::Random random(17);
  std::vector<std::vector<double>> saws(count);
  for (std::vector<double>& saw : saws) {
    const double size = 10 + 1000 * random.Uniform();
    const int phase = static_cast<int>(random.Below(12));
    for (int t = 0; t < length; ++t) {
      saw.push_back(size * (1 + 0.05 * ((t + phase) % 12)) * (1 + 0.005 * random.Normal()));
    }
  }
  return saws;
}

std::vector<Series> Borrow(const std::vector<std::vector<double>>& values) {
  std::vector<Series> set;
  for (const std::vector<double>& series : values) set.push_back({Values(series).first(series.size() - kHorizon), {}});
  return set;
}

TEST(BoostedCorrectionTest, TheSetTeachesWhatOneSeriesDoesNotShow) {
  const std::vector<std::vector<double>> saws = Saws(200, 66);
  const std::vector<Series> set = Borrow(saws);
  const auto correction = BoostedCorrection::Learn(set, {.horizon = kHorizon});
  ASSERT_TRUE(correction.ok()) << correction.status();
  double corrected = 0, alone = 0;
  for (size_t i = 0; i < saws.size(); ++i) {
    const Values actual = Values(saws[i]).last(kHorizon);
    corrected += Smape(actual, *correction->Forecast(set[i]));
    alone += Smape(actual, (*DynamicOptimisedThetaMethod().fit(set[i]))->Predict(kHorizon).mean);
  }
  EXPECT_LT(corrected, 0.5 * alone);
}

TEST(BoostedCorrectionTest, TheSameSeedGivesTheSameForecasts) {
  const std::vector<std::vector<double>> saws = Saws(120, 50);
  const std::vector<Series> set = Borrow(saws);
  const auto first = BoostedCorrection::Learn(set, {.horizon = kHorizon, .origins = 3});
  const auto second = BoostedCorrection::Learn(set, {.horizon = kHorizon, .origins = 3});
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*first->Forecast(set[7]), *second->Forecast(set[7]));
}

TEST(BoostedCorrectionTest, RefusesTooLittle) {
  const std::vector<std::vector<double>> few = Saws(99, 66), brief = Saws(150, 15), enough = Saws(120, 50);
  EXPECT_EQ(BoostedCorrection::Learn(Borrow(few), {.horizon = kHorizon}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(BoostedCorrection::Learn(Borrow(brief), {.horizon = kHorizon}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(BoostedCorrection::Learn(Borrow(few), {.horizon = 0}).status().code(), absl::StatusCode::kInvalidArgument);
  const auto correction = BoostedCorrection::Learn(Borrow(enough), {.horizon = kHorizon, .origins = 2});
  ASSERT_TRUE(correction.ok());
  const std::vector<double> zeros(40, 0.0), seven(7, 1.0), nan = {1, 2, 3, 4, 5, 6, 7, 8, NAN};
  EXPECT_EQ(correction->Forecast({zeros, {}}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(correction->Forecast({seven, {}}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(correction->Forecast({nan, {}}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(CorrectedMethodTest, IsTheMeanAndGoesOnWithItsLastRatio) {
  const std::vector<std::vector<double>> saws = Saws(120, 50);
  const std::vector<Series> set = Borrow(saws);
  auto learned = BoostedCorrection::Learn(set, {.horizon = kHorizon, .origins = 2});
  ASSERT_TRUE(learned.ok());
  const auto correction = std::make_shared<const BoostedCorrection>(*std::move(learned));
  const Method method = CorrectedMethod("corrected", NaiveMethod(), correction);
  const std::vector<double> mean = (*method.fit(set[3]))->Predict(kHorizon + 4).mean;
  const std::vector<double> corrected = *correction->Forecast(set[3]);
  const double last = set[3].values.back();
  for (int h = 0; h < kHorizon; ++h) EXPECT_DOUBLE_EQ(mean[h], 0.5 * (last + corrected[h]));
  EXPECT_DOUBLE_EQ(mean[kHorizon + 3], mean[kHorizon - 1]);
  EXPECT_DOUBLE_EQ((*method.fit({{4, 5}, {}}))->Predict(2).mean[1], 5);  // too short for the correction
}

}  // namespace
}  // namespace kontor::forecasting
