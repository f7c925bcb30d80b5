#include "libs/domain/forecasting/ets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "libs/base/random.h"
#include "libs/domain/forecasting/air_passengers.h"
#include "libs/domain/forecasting/ets_recursion.h"

namespace kontor::forecasting {
namespace {

using enum EtsComponent;
using ::testing::Each;
using ::testing::Truly;

constexpr EtsForm kForms[] = {
    {kAdditive, kNone, kNone},
    {kAdditive, kAdditive, kNone, true},
    {kAdditive, kAdditive, kAdditive},
    {kAdditive, kNone, kMultiplicative},
    {kAdditive, kMultiplicative, kAdditive, true},
    {kMultiplicative, kNone, kAdditive},
    {kMultiplicative, kAdditive, kNone},
    {kMultiplicative, kAdditive, kMultiplicative, true},
    {kMultiplicative, kMultiplicative, kMultiplicative, true},
    {kMultiplicative, kMultiplicative, kNone},
};

Series Monthly() { return {kAirPassengers, {12}}; }

std::vector<double> Times(Values values, double factor) {
  std::vector<double> out(values.begin(), values.end());
  for (double& value : out) value *= factor;
  return out;
}

std::vector<double> Plus(Values values, double term) {
  std::vector<double> out(values.begin(), values.end());
  for (double& value : out) value += term;
  return out;
}

void ExpectNear(Values actual, Values expected, double relative) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], relative * std::abs(expected[i])) << i;
}

double Cost(const EtsForm& form, const EtsParameters& p, EtsState state, Values values) {
  EtsTrace trace;
  trace.Resize(values.size());
  const EtsSums sums = RunEts(form, p, values, state, trace);
  EXPECT_TRUE(sums.valid);
  return static_cast<double>(values.size()) * std::log(sums.squares) + 2 * sums.logs;
}

TEST(EtsRecursionTest, DerivativesAreThoseOfFiniteDifferences) {
  const std::vector<double> values = Times(kAirPassengers, 1 / 280.0);
  constexpr double kStep = 1e-6;
  for (EtsForm form : kForms) {
    EtsParameters p{0.3, 0.05, 0.1, form.damped ? 0.9 : 1};
    EtsState state = StartEts(form, values, 12);
    EtsTrace trace;
    trace.Resize(values.size());
    EtsState by_state = state;
    const EtsSums sums = RunEts(form, p, values, by_state, trace);
    ASSERT_TRUE(sums.valid) << EtsName(form);
    EtsParameters by;
    DifferentiateEts(form, p, values, trace, sums.squares, by, by_state);
    const auto expect = [&](double& parameter, double derivative) {
      const double at = parameter;
      parameter = at + kStep;
      const double above = Cost(form, p, state, values);
      parameter = at - kStep;
      const double below = Cost(form, p, state, values);
      parameter = at;
      const double difference = (above - below) / (2 * kStep);
      EXPECT_NEAR(derivative, difference, 1e-3 + 1e-5 * std::abs(difference)) << EtsName(form);
    };
    expect(p.alpha, by.alpha);
    if (form.trend != kNone) expect(p.beta, by.beta);
    if (form.season != kNone) expect(p.gamma, by.gamma);
    if (form.damped) expect(p.phi, by.phi);
    expect(state.level, by_state.level);
    if (form.trend != kNone) expect(state.growth, by_state.growth);
    for (size_t i = 0; i < state.seasons.size(); i += 5) expect(state.seasons[i], by_state.seasons[i]);
  }
}

// Log-likelihoods by statsforecast 2.1.1, whose search ends there or earlier.
TEST(EtsTest, LikelihoodsReachThoseOfAnotherImplementation) {
  const struct {
    EtsForm form;
    double other, best;
  } cases[] = {{{kAdditive, kNone, kNone}, -863.8934, -863.8934},
               {{kAdditive, kAdditive, kNone}, -863.5826, -863.5825},
               {{kAdditive, kAdditive, kAdditive}, -739.9159, -718.48},
               {{kMultiplicative, kAdditive, kAdditive}, -715.9148, -701.15},
               {{kMultiplicative, kNone, kMultiplicative}, -712.1759, -684.09},
               {{kMultiplicative, kAdditive, kMultiplicative}, -736.5678, -675.99}};
  for (const auto& [form, other, best] : cases) {
    const auto model = FitEts(Monthly(), form);
    ASSERT_TRUE(model.ok());
    EXPECT_GE((*model)->log_likelihood(), other - 1e-3) << EtsName(form);
    EXPECT_NEAR((*model)->log_likelihood(), best, 0.02) << EtsName(form);
  }
}

// R's forecast::ets chooses ETS(M,Ad,M) with alpha .7096, beta .0204, gamma .0001, phi .98 and an AICc of 1400.638.
TEST(EtsTest, FindsTheFitOfR) {
  const auto model = FitEts(Monthly(), {kMultiplicative, kAdditive, kMultiplicative, true});
  ASSERT_TRUE(model.ok());
  EXPECT_LE((*model)->aicc(), 1400.638);
  EXPECT_NEAR((*model)->aicc(), 1400.638, 1.5);
  EXPECT_NEAR((*model)->parameters().alpha, 0.7096, 0.06);
  EXPECT_NEAR((*model)->parameters().beta, 0.0204, 0.005);
  EXPECT_NEAR((*model)->parameters().phi, 0.98, 1e-6);
  EXPECT_LT((*model)->parameters().gamma, 0.001);
}

// The automatic choice finds an undamped trend's likelihood better than R does. statsforecast's values for simple
// forms.
TEST(EtsTest, ForecastsOfSimpleForms) {
  const auto simple = FitEts(Monthly(), {});
  ASSERT_TRUE(simple.ok());
  const Prediction flat = (*simple)->Predict(13);
  EXPECT_NEAR(flat.mean[12], 431.99580, 1e-3);
  EXPECT_NEAR(std::sqrt(flat.variance[0]), 34.0707, 1e-3);
  EXPECT_NEAR(std::sqrt(flat.variance[12]), 122.8324, 1e-2);
  const auto choice = FitAutoEts(Monthly());
  ASSERT_TRUE(choice.ok());
  EXPECT_EQ((*choice)->Describe(), "ETS(M,A,M)");
}

TEST(EtsTest, FormulasOfVariancesAgreeWithSimulation) {
  base::Random random(7);
  constexpr int kPaths = 100'000, kHorizon = 15;
  for (const EtsForm& form :
       {EtsForm{kAdditive, kAdditive, kAdditive, true}, EtsForm{kMultiplicative, kAdditive, kAdditive},
        EtsForm{kMultiplicative, kAdditive, kMultiplicative}}) {
    const EtsParameters p{0.4, 0.1, 0.2, form.damped ? 0.9 : 1};
    EtsState start{
        100, 1, form.season == kAdditive ? std::vector<double>{5, -3, 0, -2} : std::vector<double>{1.2, .8, 1.1, .9}};
    const double variance = form.error == kAdditive ? 25 : 0.0025;
    const std::vector<double> means = EtsMeans(form, p, start, kHorizon);
    const std::vector<double> variances = EtsVariances(form, p, start, variance, means);
    std::vector<double> simulated(kHorizon), one(1);
    EtsTrace trace;
    trace.Resize(1);
    for (int path = 0; path < kPaths; ++path) {
      EtsState state = start;
      for (int h = 0; h < kHorizon; ++h) {
        const double forecast = EtsMeans(form, p, state, 1)[0], noise = std::sqrt(variance) * random.Normal();
        one[0] = form.error == kAdditive ? forecast + noise : forecast * (1 + noise);
        ASSERT_TRUE(RunEts(form, p, one, state, trace).valid);
        std::rotate(state.seasons.begin(), state.seasons.begin() + 1, state.seasons.end());
        simulated[h] += (one[0] - means[h]) * (one[0] - means[h]) / kPaths;
      }
    }
    ExpectNear(variances, simulated, 0.03);
  }
}

TEST(EtsTest, UpdateContinuesAsIfTheParametersHadBeenKnown) {
  const Values all = kAirPassengers;
  for (const EtsForm& form :
       {EtsForm{kAdditive, kAdditive, kAdditive}, EtsForm{kMultiplicative, kAdditive, kMultiplicative, true}}) {
    const auto part = FitEts({all.first(131), {12}}, form);
    ASSERT_TRUE(part.ok());
    const auto updated = (*part)->Update(all.subspan(131));
    ASSERT_TRUE(updated.ok());
    const EtsModel whole(form, (*part)->parameters(), (*part)->initial(), 17, all);
    ExpectNear((*updated)->fitted(), whole.fitted(), 1e-9);
    ExpectNear((*updated)->Predict(14).mean, whole.Predict(14).mean, 1e-9);
  }
  const auto model = FitEts(Monthly(), {kMultiplicative, kNone, kNone});
  ASSERT_TRUE(model.ok());
  EXPECT_EQ((*model)->Update({-1.0}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ((*model)->Update({NAN}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(EtsTest, ForecastsFollowScaleAndShift) {
  const auto base = FitAutoEts(Monthly());
  ASSERT_TRUE(base.ok());
  const std::vector<double> larger = Times(kAirPassengers, 1e5), higher = Plus(kAirPassengers, 1000);
  const auto scaled = FitAutoEts({larger, {12}});
  ASSERT_TRUE(scaled.ok());
  ExpectNear((*scaled)->Predict(24).mean, Times((*base)->Predict(24).mean, 1e5), 1e-6);
  const EtsForm additive{kAdditive, kAdditive, kAdditive, true};
  const auto low = FitEts(Monthly(), additive), high = FitEts({higher, {12}}, additive);
  ASSERT_TRUE(low.ok() && high.ok());
  ExpectNear((*high)->Predict(24).mean, Plus((*low)->Predict(24).mean, 1000), 3e-3);
}

TEST(EtsTest, TheChoiceLeavesOutTrendsThatWouldSoonEndBelowAllThereWas) {
  base::Random random(23);
  std::vector<double> falling, negative;
  for (int t = 0; t < 24; ++t) {
    falling.push_back(100 - 3.5 * t + random.Normal());
    negative.push_back(falling.back() - 200);
  }
  const auto model = FitAutoEts({falling, {}}), free = FitAutoEts({negative, {}});
  ASSERT_TRUE(model.ok() && free.ok());
  EXPECT_GT((*model)->Predict(10).mean[9], 0.5 * 15);
  EXPECT_LT((*free)->Predict(10).mean[9], -200);  // values below 0 may go on falling
}

TEST(EtsTest, LongSeasonsAreFound) {
  base::Random random(3);
  std::vector<double> values;
  for (int t = 0; t < 52 * 4; ++t) values.push_back(100 + 40 * std::sin(t * 2 * M_PI / 52) + random.Normal());
  const auto model = FitAutoEts({values, {52}});
  ASSERT_TRUE(model.ok());
  EXPECT_NE((*model)->form().season, kNone);
  const std::vector<double> mean = (*model)->Predict(52).mean;
  for (int h = 0; h < 52; ++h) EXPECT_NEAR(mean[h], 100 + 40 * std::sin(h * 2 * M_PI / 52), 4);
}

TEST(EtsTest, AnswersOrRefusesWhatIsDifficult) {
  const std::vector<double> constant(20, 3.5), zeros(20, 0.0), two = {1, 2}, four = {3, 1, 4, 1},
                                                               five = {3, 1, 4, 1, 5};
  const std::vector<double> line = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
                            mixed = {-3, 2, 0, 5, -1, 2, 0, 1, 3, -2, 1, 0};
  const std::vector<double> nan = {1, 2, NAN, 4, 5};
  EXPECT_EQ(FitAutoEts({two, {}}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(FitAutoEts({four, {}}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(FitAutoEts({nan, {}}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FitAutoEts({five, {1}}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FitEts({mixed, {4}}, {kMultiplicative}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(FitEts({five, {12}}, {kAdditive, kNone, kAdditive}).status().code(), absl::StatusCode::kFailedPrecondition);
  for (const std::vector<double>* values : {&constant, &zeros, &five, &line, &mixed}) {
    for (const std::vector<int>& seasons : {std::vector<int>{}, {4}, {12}, {52}}) {
      const auto model = FitAutoEts({*values, seasons});
      ASSERT_TRUE(model.ok());
      const Prediction prediction = (*model)->Predict(60);
      EXPECT_THAT(prediction.mean, Each(Truly([](double v) { return std::isfinite(v); })));
      EXPECT_THAT(prediction.variance, Each(Truly([](double v) { return v >= 0 && std::isfinite(v); })));
    }
  }
  EXPECT_NEAR((*FitAutoEts({constant, {4}}))->Predict(5).mean[4], 3.5, 1e-12);
  EXPECT_NEAR((*FitAutoEts({line, {}}))->Predict(3).mean[2], 15, 0.05);
}

// The largest root of the characteristic polynomial by numpy.roots is .98745, .91602, 1.01687 and 1.00547.
TEST(EtsTest, AdmissibilityIsThatOfTheCharacteristicPolynomial) {
  const EtsForm form{kAdditive, kAdditive, kAdditive}, damped{kAdditive, kAdditive, kAdditive, true};
  EXPECT_TRUE(IsAdmissible(form, {0.3, 0.1, 0.2, 1}, 12));
  EXPECT_TRUE(IsAdmissible(form, {0.5, 0.5, 0.49, 1}, 4));
  EXPECT_FALSE(IsAdmissible(form, {0.5, 0.5, 0.45, 1}, 12));
  EXPECT_FALSE(IsAdmissible(damped, {0.9, 0.9, 0.09, 0.9}, 7));
}

}  // namespace
}  // namespace kontor::forecasting
