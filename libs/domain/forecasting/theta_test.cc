#include "libs/domain/forecasting/theta.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "libs/base/random.h"
#include "libs/domain/forecasting/air_passengers.h"

namespace kontor::forecasting {
namespace {

constexpr ThetaForm kForms[] = {ThetaForm::kStandard, ThetaForm::kOptimised, ThetaForm::kDynamic,
                                ThetaForm::kDynamicOptimised};

// statsforecast 2.1.1 leaves the initial level free and ends its search earlier, so that digits beyond the third
// differ.
TEST(ThetaTest, ForecastsAreNearThoseOfAnotherImplementation) {
  const struct {
    Method method;
    double first, fourth;
  } cases[] = {{ThetaMethod(), 440.96919545, 476.65992046},
               {OptimisedThetaMethod(), 442.94253202, 482.30800284},
               {DynamicThetaMethod(), 440.77411379, 476.4612905},
               {DynamicOptimisedThetaMethod(), 442.92719487, 482.57534129}};
  for (const auto& [method, first, fourth] : cases) {
    const auto model = method.fit({kAirPassengers, {12}});
    ASSERT_TRUE(model.ok());
    const std::vector<double> mean = (*model)->Predict(4).mean;
    EXPECT_NEAR(mean[0], first, 4e-3 * first) << method.name;
    EXPECT_NEAR(mean[3], fourth, 8e-3 * fourth) << method.name;
  }
}

// The sums without season, by hand: theta 2 is simple smoothing with half the slope of the line as drift (Hyndman and
// Billah 2003): forecasts grow by slope / 2 a step once (1 - alpha)^n is nothing.
TEST(ThetaTest, StandardIsSmoothingWithHalfTheSlopeAsDrift) {
  base::Random random(5);
  std::vector<double> values;
  double level = 50;
  for (int t = 0; t < 200; ++t) values.push_back((level += 0.8 + random.Normal()) + random.Normal());
  const auto model = FitTheta({values, {}}, ThetaForm::kStandard);
  ASSERT_TRUE(model.ok());
  double mean = 0, weighted = 0;
  for (int t = 0; t < 200; ++t) {
    mean += values[t] / 200;
    weighted += values[t] * (t - 99.5);
  }
  const double slope = weighted / (200.0 * (200.0 * 200.0 - 1) / 12);
  const std::vector<double> forecast = (*model)->Predict(10).mean;
  for (int h = 1; h < 10; ++h) EXPECT_NEAR(forecast[h] - forecast[h - 1], slope / 2, 1e-6);
}

// What the search minimises, for given alpha and theta, by the model itself.
TEST(ThetaTest, NothingNearbyFitsBetter) {
  const Values values = Values(kAirPassengers).first(60);
  for (const ThetaForm form : kForms) {
    const auto model = FitTheta({values, {}}, form);
    ASSERT_TRUE(model.ok());
    const double weight = 1 - 1 / (*model)->theta(), alpha = (*model)->alpha(), level = (*model)->initial_level();
    const bool estimated = form == ThetaForm::kOptimised || form == ThetaForm::kDynamicOptimised;
    const size_t first = form == ThetaForm::kStandard || form == ThetaForm::kOptimised ? 2 : 3;
    const auto cost = [&](double a, double w, double l) {
      const auto squares = [&](double at) {
        const ThetaModel tried(form, a, at, l, values);
        double sum = 0;
        for (size_t t = first; t < values.size(); ++t) sum += std::pow(values[t] - tried.fitted()[t], 2);
        return sum;
      };
      // 8 values' worth of what the weight moves a value by, from theta 2: half of the second difference.
      const double moves = (squares(w + 1) - 2 * squares(w) + squares(w - 1)) / 2;
      const double drawn =
          estimated ? 8 * moves / static_cast<double>(values.size() - first) * (w - 0.5) * (w - 0.5) : 0;
      return squares(w) + drawn + (l - values[0] / 2) * (l - values[0] / 2);
    };
    const double best = cost(alpha, weight, level);
    for (const double step : {-0.01, 0.01}) {
      EXPECT_GE(cost(alpha, weight, level + 100 * step), best - 1e-9);
      EXPECT_GE(cost(std::clamp(alpha + step, 0.1, 0.99), weight, level), best * (1 - 1e-9));
      const double moved = estimated ? std::clamp(weight + step, 0.0, 1 - 1e-10) : weight;
      EXPECT_GE(cost(alpha, moved, level), best * (1 - 1e-9));
    }
  }
}

TEST(ThetaTest, ForecastsFollowScale) {
  std::vector<double> larger = kAirPassengers;
  for (double& value : larger) value *= 1e4;
  for (const ThetaForm form : kForms) {
    const auto low = FitTheta({kAirPassengers, {}}, form), high = FitTheta({larger, {}}, form);
    ASSERT_TRUE(low.ok() && high.ok());
    const Prediction a = (*low)->Predict(12), b = (*high)->Predict(12);
    for (int h = 0; h < 12; ++h) {
      EXPECT_NEAR(b.mean[h], 1e4 * a.mean[h], 1e-4 * b.mean[h]);
      EXPECT_NEAR(b.variance[h], 1e8 * a.variance[h], 1e-3 * b.variance[h]);
    }
  }
}

TEST(ThetaTest, VarianceOfAFixedLineIsThatOfSimpleSmoothing) {
  const auto model = FitTheta({kAirPassengers, {}}, ThetaForm::kStandard);
  ASSERT_TRUE(model.ok());
  const std::vector<double> variance = (*model)->Predict(5).variance;
  EXPECT_NEAR(variance[4] / variance[0], 1 + 4 * (*model)->alpha() * (*model)->alpha(), 1e-9);
}

TEST(ThetaTest, AutoThetaTakesTheSmallestSquares) {
  const Values values = Values(kAirPassengers).first(40);
  std::string best;
  double least = INFINITY;
  for (const ThetaForm form : kForms) {
    const auto model = FitTheta({values, {}}, form);
    ASSERT_TRUE(model.ok());
    if ((*model)->squares() < least) {
      least = (*model)->squares();
      best = (*model)->Describe();
    }
  }
  const auto chosen = AutoThetaMethod().fit({values, {}});
  ASSERT_TRUE(chosen.ok());
  EXPECT_EQ((*chosen)->Describe(), best);
}

TEST(ThetaTest, AnswersOrRefusesWhatIsDifficult) {
  const std::vector<double> constant(12, 4.0), zeros(12, 0.0), mixed = {-3, 2, 0, 5, -1, 2, 0, 1}, four = {1, 2, 4, 3};
  for (const ThetaForm form : kForms) {
    EXPECT_EQ(FitTheta({{1, 2, 3}, {}}, form).status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(FitTheta({{1, 2, NAN, 4, 5}, {}}, form).status().code(), absl::StatusCode::kInvalidArgument);
    for (const std::vector<double>* values : {&constant, &zeros, &mixed, &four}) {
      const auto model = FitTheta({*values, {4}}, form);
      ASSERT_TRUE(model.ok());
      const Prediction prediction = (*model)->Predict(30);
      EXPECT_THAT(prediction.mean, testing::Each(testing::Truly([](double v) { return std::isfinite(v); })));
    }
    EXPECT_NEAR((*FitTheta({constant, {}}, form))->Predict(6).mean[5], 4, 0.05);
  }
}

}  // namespace
}  // namespace kontor::forecasting
