#include <gtest/gtest.h>

#include <cmath>

#include "libs/domain/stats/calibration.h"
#include "libs/domain/stats/distribution.h"
#include "libs/domain/stats/two_proportions.h"

namespace kontor::stats {
namespace {

TEST(TwoProportionsTest, AgreesWithArithmetic) {
  // p = 180 / 2000 = .09; .02 / sqrt(.09 * .91 * .002) = .02 / .01279844.
  EXPECT_NEAR(TwoProportionZ(80, 1000, 100, 1000), -1.562690, 1e-6);
  EXPECT_NEAR(TwoProportionZ(100, 1000, 80, 1000), 1.562690, 1e-6);
  EXPECT_EQ(TwoProportionZ(5, 10, 50, 100), 0);
}

TEST(TwoProportionsTest, SaysNothingWhereNothingDiffers) {
  EXPECT_EQ(TwoProportionZ(0, 0, 5, 10), 0);
  EXPECT_EQ(TwoProportionZ(0, 10, 0, 10), 0);
  EXPECT_EQ(TwoProportionZ(10, 10, 20, 20), 0);
}

TEST(GiniTest, AgreesWithArithmetic) {
  EXPECT_DOUBLE_EQ(Gini({3, 3, 3}), 0);
  EXPECT_DOUBLE_EQ(Gini({0, 7, 0, 0}), 0.75);
  EXPECT_DOUBLE_EQ(Gini({4, 1, 3, 2}), 0.25);  // (-3 - 2 + 3 + 12) / (4 * 10)
  EXPECT_EQ(Gini({}), 0);
  EXPECT_EQ(Gini({0, 0}), 0);
}

TEST(StabilityTest, AgreesWithArithmetic) {
  // .1 ln(.6 / .5) - .1 ln(.4 / .5); with so many observations the half ones do not show.
  EXPECT_NEAR(PopulationStabilityIndex({500'000'000, 500'000'000}, {600'000'000, 400'000'000}), 0.0405465, 1e-7);
  EXPECT_NEAR(PopulationStabilityIndex({5, 5}, {50, 50}), 0, 1e-12);
  // (10.5 / 11 - .5 / 11) (ln(10.5 / .5)) twice.
  EXPECT_NEAR(PopulationStabilityIndex({10, 0}, {0, 10}), 2 * 10.0 / 11 * std::log(21.0), 1e-12);
  EXPECT_EQ(PopulationStabilityIndex({0, 0}, {1, 2}), 0);
}

TEST(CalibrationTest, AgreesWithArithmetic) {
  Calibration calibration;
  calibration.Add(Calibration::BinOf(0.05), 100, 5, 10);
  calibration.Add(Calibration::BinOf(0.25), 100, 25, 20);
  EXPECT_EQ(calibration.trials(), 200);
  EXPECT_DOUBLE_EQ(calibration.expected(), 0.15);
  EXPECT_DOUBLE_EQ(calibration.observed(), 0.15);
  EXPECT_DOUBLE_EQ(calibration.Error(), 0.05);  // half of .05 and half of .05
}

TEST(CalibrationTest, BinsHoldTheirLowerEdge) {
  EXPECT_EQ(Calibration::BinOf(0), 0);
  EXPECT_EQ(Calibration::BinOf(0.0999), 0);
  EXPECT_EQ(Calibration::BinOf(0.1), 1);
  EXPECT_EQ(Calibration::BinOf(1), 9);
  EXPECT_EQ(Calibration().Error(), 0);
}

}  // namespace
}  // namespace kontor::stats
