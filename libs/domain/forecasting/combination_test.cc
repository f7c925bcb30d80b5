#include "libs/domain/forecasting/combination.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "libs/domain/forecasting/naive.h"

namespace kontor::forecasting {
namespace {

class Fixed final : public FittedModel {
 public:
  Fixed(double mean, double variance, std::vector<double> fitted = {})
      : mean_(mean), variance_(variance), fitted_(std::move(fitted)) {}
  Prediction Predict(int horizon) const override {
    Prediction prediction{std::vector<double>(horizon, mean_), {}};
    if (variance_ >= 0) prediction.variance.assign(horizon, variance_);
    return prediction;
  }
  Values fitted() const override { return fitted_; }
  std::string Describe() const override { return "fixed"; }

 private:
  double mean_, variance_;
  std::vector<double> fitted_;
};

CombinationMember Member(double mean, double weight = 1, double variance = -1) {
  return {std::make_shared<Fixed>(mean, variance), weight};
}

double Combined(std::vector<CombinationMember> members, CombinationRule rule) {
  return (*Combine(std::move(members), rule))->Predict(2).mean[1];
}

TEST(CombinationTest, Rules) {
  const std::vector<CombinationMember> four = {Member(1), Member(10), Member(2), Member(4)};
  EXPECT_DOUBLE_EQ(Combined(four, CombinationRule::kMean), 4.25);
  EXPECT_DOUBLE_EQ(Combined(four, CombinationRule::kMedian), 3);
  EXPECT_DOUBLE_EQ(Combined(four, CombinationRule::kTrimmedMean), 3);
  EXPECT_DOUBLE_EQ(Combined({Member(1), Member(10)}, CombinationRule::kTrimmedMean), 5.5);
}

TEST(CombinationTest, WeightsAreSharesOfTheirSum) {
  EXPECT_DOUBLE_EQ(Combined({Member(1, 3), Member(5, 1)}, CombinationRule::kMean), 2);
  EXPECT_DOUBLE_EQ(Combined({Member(1, 3), Member(5, 1), Member(7, 1)}, CombinationRule::kMedian), 1);
  EXPECT_DOUBLE_EQ(Combined({Member(1, 2), Member(5, 1), Member(7, 1)}, CombinationRule::kMedian), 3);
  EXPECT_DOUBLE_EQ(Combined({Member(1, 0), Member(5, 2)}, CombinationRule::kMedian), 5);
}

TEST(CombinationTest, DeviationsFollowTheRuleOverThoseThatHaveThem) {
  const auto model = Combine({Member(1, 1, 4), Member(2, 1, 16), Member(3)}, CombinationRule::kMean);
  ASSERT_TRUE(model.ok());
  EXPECT_DOUBLE_EQ((*model)->Predict(1).variance[0], 9);
  EXPECT_TRUE((*Combine({Member(1)}, CombinationRule::kMean))->Predict(3).variance.empty());
}

TEST(CombinationTest, FittedValuesAreThoseOfMembersThatHaveOne) {
  const auto a = std::make_shared<Fixed>(1, -1, std::vector<double>{NAN, NAN, 4});
  const auto b = std::make_shared<Fixed>(1, -1, std::vector<double>{NAN, 2, 6});
  const auto model = Combine({{a, 1}, {b, 1}}, CombinationRule::kMean);
  ASSERT_TRUE(model.ok());
  EXPECT_TRUE(std::isnan((*model)->fitted()[0]));
  EXPECT_DOUBLE_EQ((*model)->fitted()[1], 2);
  EXPECT_DOUBLE_EQ((*model)->fitted()[2], 5);
}

TEST(CombinationTest, RefusesWhatHasNoMeaning) {
  EXPECT_EQ(Combine({}, CombinationRule::kMean).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(Combine({Member(1, -1), Member(1, 2)}, CombinationRule::kMean).ok());
  EXPECT_FALSE(Combine({Member(1, NAN)}, CombinationRule::kMean).ok());
  EXPECT_FALSE(Combine({Member(1, 0)}, CombinationRule::kMean).ok());
}

TEST(CombinationTest, AMemberWithoutAnAnswerIsLeftOut) {
  const Method method = CombinationMethod("pair", {NaiveMethod(), DriftMethod()}, CombinationRule::kMean);
  EXPECT_DOUBLE_EQ((*method.fit({{4}, {}}))->Predict(1).mean[0], 4);  // drift needs two values
  EXPECT_DOUBLE_EQ((*method.fit({{4, 6}, {}}))->Predict(1).mean[0], 7);
  const Method lone = CombinationMethod("lone", {DriftMethod()}, CombinationRule::kMean);
  EXPECT_EQ(lone.fit({{4}, {}}).status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace kontor::forecasting
