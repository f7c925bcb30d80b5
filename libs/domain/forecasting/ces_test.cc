#include "libs/domain/forecasting/ces.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "libs/base/random.h"
#include "libs/domain/forecasting/air_passengers.h"

namespace kontor::forecasting {
namespace {

// statsforecast 2.1.1: AICc 1753.4377, 1589.5174, 1490.6441 and 1433.3607, states in single precision and back-cast one
// season further.
TEST(CesTest, FitsAreNearThoseOfAnotherImplementation) {
  const struct {
    CesForm form;
    double aicc, first;
  } cases[] = {{CesForm::kNone, 1753.4377, 425.490976},
               {CesForm::kSimple, 1589.5174, 445.99591905},
               {CesForm::kPartial, 1490.6441, 452.34817921},
               {CesForm::kFull, 1433.3607, 453.01822047}};
  for (const auto& [form, aicc, first] : cases) {
    const auto model = FitCes({kAirPassengers, {12}}, form);
    ASSERT_TRUE(model.ok());
    EXPECT_LT((*model)->aicc(), aicc + 3) << (*model)->Describe();
    EXPECT_NEAR((*model)->Predict(1).mean[0], first, 0.01 * first) << (*model)->Describe();
  }
}

// With an imaginary part of 1 the level is smoothed by the real part less 1 and nothing else.
TEST(CesTest, AnImaginaryPartOfOneIsSimpleSmoothing) {
  const Values values = Values(kAirPassengers).first(20);
  const CesModel model(CesForm::kNone, {1.3, 1, 0, 0}, {{112}, {100}, {}, {}}, values);
  for (size_t t = 0; t + 1 < values.size(); ++t) {
    EXPECT_NEAR(model.fitted()[t + 1], 0.7 * model.fitted()[t] + 0.3 * values[t], 1e-9);
  }
  EXPECT_NEAR(model.Predict(3).mean[2], 0.7 * model.fitted()[19] + 0.3 * values[19], 1e-9);
}

TEST(CesTest, VarianceIsTheSumOfSquaredResponses) {
  const std::vector<double> values = {10, 12, 11, 13, 12, 14, 13, 15, 14, 16};
  const CesWeights weights{1.2, 1.1, 0, 0};
  const CesModel model(CesForm::kNone, weights, {{10}, {9}, {}, {}}, values);
  // An error of 1 moves level by .1 and potential by 2.3; one step on the level by .1 + .1 * 2.3 (eq. of the state).
  const std::vector<double> variance = model.Predict(3).variance;
  EXPECT_NEAR(variance[1] / variance[0], 1 + 0.1 * 0.1, 1e-9);
  EXPECT_NEAR(variance[2] / variance[0], 1 + 0.1 * 0.1 + 0.33 * 0.33, 1e-9);
}

TEST(CesTest, TheChoiceHasTheLeastAicc) {
  const auto chosen = CesMethod().fit({kAirPassengers, {12}});
  ASSERT_TRUE(chosen.ok());
  for (const CesForm form : {CesForm::kNone, CesForm::kSimple, CesForm::kPartial, CesForm::kFull}) {
    const auto model = FitCes({kAirPassengers, {12}}, form);
    ASSERT_TRUE(model.ok());
    EXPECT_GE((*model)->aicc(), static_cast<const CesModel&>(**chosen).aicc());
  }
}

TEST(CesTest, SeasonsKeepTheirPlaceWhateverTheLength) {
  base::Random random(9);
  std::vector<double> values;
  for (int t = 0; t < 67; ++t) values.push_back(100 + (t % 6 == 4 ? 50 : 0) + random.Normal());
  for (const CesForm form : {CesForm::kSimple, CesForm::kPartial, CesForm::kFull}) {
    const auto model = FitCes({values, {6}}, form);
    ASSERT_TRUE(model.ok());
    const std::vector<double> mean = (*model)->Predict(12).mean;
    for (int h = 0; h < 12; ++h) EXPECT_NEAR(mean[h], (67 + h) % 6 == 4 ? 150 : 100, 12) << (*model)->Describe();
  }
}

TEST(CesTest, RefusesTooLittle) {
  EXPECT_EQ(FitCes({{1, 2, 3, 4}, {}}, CesForm::kNone).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(FitCes({{1, 2, 3, 4, 5, 6}, {4}}, CesForm::kFull).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(FitCes({{1, 2, 3, 4, 5, 6}, {}}, CesForm::kSimple).status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace kontor::forecasting
