#include "libs/domain/forecasting/stl.h"

#include <cmath>
#include <numeric>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/domain/forecasting/decomposed.h"
#include "libs/domain/forecasting/mstl.h"
#include "libs/domain/forecasting/test_series.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;

void ExpectAt(const std::vector<double>& found, const std::vector<int>& places, const std::vector<double>& expected) {
  for (size_t i = 0; i < places.size(); ++i) EXPECT_NEAR(found[places[i]], expected[i], 1e-9) << places[i];
}

// Golden: statsmodels 0.14 (the authors' Fortran, translated), with the jumps and windows of R's stl.
const std::vector<int> kPlaces = {0, 1, 50, 77, 143};

TEST(Stl, IsTheAuthorsProgram) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const Decomposition found, Stl(LogAirPassengers(), 12, {}));
  ExpectAt(found.trend, kPlaces, {4.81545943853, 4.81928797281, 5.38538696718, 5.63039871684, 6.19895258264});
  ExpectAt(found.seasonal[0], kPlaces, {-.090671173836, -.078777840237, .042289031639, .123426540836, -.112701902504});
}

TEST(Stl, TakesALineThroughTheCycles) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const Decomposition found,
                              Stl(LogAirPassengers(), 12, {.season_window = 7, .season_degree = 1}));
  ExpectAt(found.trend, kPlaces, {4.80438733997, 4.80972321742, 5.38220531595, 5.63058433972, 6.19425069767});
  ExpectAt(found.seasonal[0], kPlaces,
           {-.0935780878193, -.0270277209469, .0476275769119, .125544789069, -.122374883515});
}

TEST(Stl, RobustWeightsIgnoreAnOutlier) {
  std::vector<double> values = LogAirPassengers();
  values[50] += 1;
  KONTOR_ASSERT_OK_AND_ASSIGN(const Decomposition found, Stl(values, 12, {.robust = true}));
  ExpectAt(found.trend, kPlaces, {4.80694993754, 4.81217055578, 5.36486727859, 5.63045818125, 6.20275747443});
  ExpectAt(found.seasonal[0], kPlaces,
           {-.0773575577531, -.0678373055264, .0208386704888, .124948021842, -.112021162219});
  EXPECT_EQ(found.weights[50], 0);
  EXPECT_GT(found.remainder[50], .95);
}

TEST(Stl, PartsAddUp) {
  for (const bool robust : {false, true}) {
    KONTOR_ASSERT_OK_AND_ASSIGN(const Decomposition found, Stl(kAirPassengers, 12, {.robust = robust}));
    for (size_t i = 0; i < kAirPassengers.size(); ++i) {
      EXPECT_NEAR(found.trend[i] + found.seasonal[0][i] + found.remainder[i], kAirPassengers[i], 1e-9);
    }
  }
}

TEST(Stl, AConstantHasNeitherSeasonNorRemainder) {
  const std::vector<double> constant(40, 3);
  KONTOR_ASSERT_OK_AND_ASSIGN(const Decomposition found, Stl(constant, 7, {.robust = true}));
  for (size_t i = 0; i < constant.size(); ++i) {
    EXPECT_NEAR(found.trend[i], 3, 1e-12);
    EXPECT_NEAR(found.remainder[i], 0, 1e-12);
  }
}

TEST(Stl, RefusesWhatItCannotDecompose) {
  EXPECT_THAT(Stl(std::vector<double>(13, 1), 7, {}), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(Stl(std::vector<double>(14, 1), 1, {}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Stl(std::vector<double>(14, NAN), 7, {}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Stl(std::vector<double>(14, 1), 7, {.season_window = 8}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Stl(std::vector<double>(14, 1), 7, {.season_degree = 2}), StatusIs(absl::StatusCode::kInvalidArgument));
}

std::vector<double> TwoSeasons() {
  std::vector<double> values;
  for (int t = 0; t < 400; ++t) {
    values.push_back(50 + .05 * t + 10 * std::sin(2 * M_PI * t / 6) * (1 + t / 400.0) +
                     5 * std::cos(2 * M_PI * t / 30) + ((t * 37) % 11 - 5) * .3);
  }
  return values;
}

// Golden: the same rounds of statsmodels' STL.
TEST(Mstl, TakesSeasonsInTurn) {
  const std::vector<double> values = TwoSeasons();
  KONTOR_ASSERT_OK_AND_ASSIGN(const Decomposition found, Mstl({values, {6, 30}}, {}));
  ExpectAt(found.trend, {0, 200, 399}, {49.7959137726, 60.000302631, 69.8825513869});
  ExpectAt(found.seasonal[0], {0, 200, 399}, {-.105583153317, 13.0677488175, .114405486165});
  ExpectAt(found.seasonal[1], {0, 200, 399}, {5.24259095484, -2.25076743381, -1.65808856875});
}

TEST(Mstl, LeavesOutASeasonThatIsTooLong) {
  const std::vector<double> values = TwoSeasons();
  KONTOR_ASSERT_OK_AND_ASSIGN(const Decomposition found, Mstl({values, {6, 201}}, {}));
  EXPECT_THAT(found.seasonal[1], ::testing::Each(0));
  const std::vector<double> two = {1, 2};
  KONTOR_ASSERT_OK_AND_ASSIGN(const Decomposition line, Mstl({two, {12}}, {}));
  ExpectAt(line.trend, {0, 1}, {1, 2});
}

// The last value forever.
class Naive : public FittedModel {
 public:
  explicit Naive(Values values) : fitted_(values.begin(), values.end()) {}
  Prediction Predict(int horizon) const override { return {std::vector<double>(horizon, fitted_.back()), {}}; }
  Values fitted() const override { return fitted_; }
  std::string Describe() const override { return "naive"; }

 private:
  std::vector<double> fitted_;
};

TEST(Decomposed, ForecastsTheRestAndRepeatsTheSeasons) {
  const Method method =
      DecomposedMethod({"naive", [](const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
                          EXPECT_TRUE(series.seasons.empty());
                          return std::make_unique<Naive>(series.values);
                        }});
  EXPECT_EQ(method.name, "mstl_naive");
  const std::vector<double> values = TwoSeasons();
  KONTOR_ASSERT_OK_AND_ASSIGN(const Decomposition parts, Mstl({values, {6, 30}}, {}));
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto model, method.fit({values, {6, 30}}));
  EXPECT_EQ(model->Describe(), "MSTL[6,30] + naive");
  const double level = values.back() - parts.seasonal[0].back() - parts.seasonal[1].back();
  const std::vector<double> mean = model->Predict(70).mean;
  EXPECT_NEAR(mean[0], level + parts.seasonal[0][394] + parts.seasonal[1][370], 1e-9);
  EXPECT_NEAR(mean[69], level + parts.seasonal[0][397] + parts.seasonal[1][379], 1e-9);
  EXPECT_NEAR(model->fitted()[10], values[10], 1e-9);
}

}  // namespace
}  // namespace kontor::forecasting
