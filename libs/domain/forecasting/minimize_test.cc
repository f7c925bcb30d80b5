#include "libs/domain/forecasting/minimize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace kontor::forecasting {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double Rosenbrock(absl::Span<const double> x) { return 100 * std::pow(x[1] - x[0] * x[0], 2) + std::pow(1 - x[0], 2); }

double RosenbrockWithGradient(absl::Span<const double> x, absl::Span<double> gradient) {
  gradient[0] = -400 * x[0] * (x[1] - x[0] * x[0]) - 2 * (1 - x[0]);
  gradient[1] = 200 * (x[1] - x[0] * x[0]);
  return Rosenbrock(x);
}

TEST(MinimizeScalarTest, FindsTheLowerOfTwoValleys) {
  double x = 0;
  const auto f = [](double v) { return std::pow(v * v - 1, 2) + 0.3 * v; };
  const Minimum minimum = MinimizeScalar(f, -2, 2, x, {.grid = 9, .tolerance = 1e-9, .max_evaluations = 100});
  EXPECT_NEAR(4 * x * (x * x - 1) + 0.3, 0, 1e-6);
  EXPECT_LT(x, -1);
  EXPECT_LT(minimum.evaluations, 60);
}

TEST(MinimizeScalarTest, StopsAtAnEndAndAvoidsWhatIsNotFinite) {
  double x = 0;
  MinimizeScalar([](double v) { return v; }, 0.25, 3, x);
  EXPECT_NEAR(x, 0.25, 1e-4);
  MinimizeScalar([](double v) { return v < 1 ? std::nan("") : (v - 1.5) * (v - 1.5); }, 0, 3, x);
  EXPECT_NEAR(x, 1.5, 1e-4);
}

TEST(MinimizeSimplexTest, SolvesRosenbrock) {
  std::vector<double> x = {-1.2, 1}, lower(2, -kInfinity), upper(2, kInfinity);
  const Minimum minimum = MinimizeSimplex(Rosenbrock, lower, upper, absl::MakeSpan(x), {.tolerance = 1e-14});
  EXPECT_NEAR(x[0], 1, 1e-5);
  EXPECT_NEAR(x[1], 1, 1e-5);
  EXPECT_LT(minimum.evaluations, 400);
}

TEST(MinimizeSimplexTest, EndsOnTheBoundThatHoldsItBack) {
  std::vector<double> x = {0.2}, lower = {0}, upper = {0.7};
  MinimizeSimplex([](absl::Span<const double> v) { return (v[0] - 3) * (v[0] - 3); }, lower, upper, absl::MakeSpan(x));
  EXPECT_DOUBLE_EQ(x[0], 0.7);
}

TEST(MinimizeSmoothTest, SolvesRosenbrockInFewEvaluations) {
  std::vector<double> x = {-1.2, 1}, lower(2, -kInfinity), upper(2, kInfinity);
  const Minimum minimum = MinimizeSmooth(RosenbrockWithGradient, lower, upper, absl::MakeSpan(x), {.tolerance = 1e-15});
  EXPECT_NEAR(x[0], 1, 1e-5);
  EXPECT_NEAR(x[1], 1, 1e-5);
  EXPECT_LT(minimum.evaluations, 90);
}

TEST(MinimizeSmoothTest, HoldsParametersAtTheirBounds) {
  // min (x-2)^2 + (y+1)^2 + x y within [0,1] x [0,5]: x at 1, y at 0.
  std::vector<double> x = {0.5, 2}, lower = {0, 0}, upper = {1, 5};
  const auto f = [](absl::Span<const double> v, absl::Span<double> g) {
    g[0] = 2 * (v[0] - 2) + v[1];
    g[1] = 2 * (v[1] + 1) + v[0];
    return (v[0] - 2) * (v[0] - 2) + (v[1] + 1) * (v[1] + 1) + v[0] * v[1];
  };
  EXPECT_DOUBLE_EQ(MinimizeSmooth(f, lower, upper, absl::MakeSpan(x)).value, 2);
  EXPECT_DOUBLE_EQ(x[0], 1);
  EXPECT_DOUBLE_EQ(x[1], 0);
}

TEST(MinimizeSmoothTest, StaysWhereTheObjectiveIsFinite) {
  std::vector<double> x = {4}, lower = {-kInfinity}, upper = {kInfinity};
  const auto f = [](absl::Span<const double> v, absl::Span<double> g) {
    g[0] = v[0] > 0 ? 1 - 1 / v[0] : 0;
    return v[0] > 0 ? v[0] - std::log(v[0]) : std::nan("");
  };
  const Minimum minimum = MinimizeSmooth(f, lower, upper, absl::MakeSpan(x), {.tolerance = 1e-14, .first_step = 10});
  EXPECT_NEAR(x[0], 1, 1e-4);
  EXPECT_NEAR(minimum.value, 1, 1e-8);
}

}  // namespace
}  // namespace kontor::forecasting
