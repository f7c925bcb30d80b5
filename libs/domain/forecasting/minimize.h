#pragma once

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"

// Minimisers within a box for the few parameters of a model of one series. All are deterministic, need no allocation
// for an evaluation, and treat a value that is not finite as worse than every other, so that a model may say "not
// here". A bound may be infinite. They find a local minimum: the start decides which.
namespace kontor::forecasting {

using Objective = absl::FunctionRef<double(absl::Span<const double>)>;
// Writes the gradient, as long as the point.
using SmoothObjective = absl::FunctionRef<double(absl::Span<const double>, absl::Span<double>)>;

struct Minimum {
  double value = 0;
  int evaluations = 0;
};

struct ScalarOptions {
  int grid = 8;             // values tried first, evenly spaced, both ends with them; at least 3
  double tolerance = 1e-5;  // of the place
  int max_evaluations = 60;
};

// Of one parameter in the finite range [lower, upper]: the best of the grid, then parabolic and golden steps between
// its neighbours (Brent 1973). `x` receives the place.
Minimum MinimizeScalar(absl::FunctionRef<double(double)> f, double lower, double upper, double& x,
                       const ScalarOptions& options = {});

struct SimplexOptions {
  double step = 0.1;  // first size of the simplex, of a parameter's range, or of max(|x|, 1) where that is infinite
  double tolerance = 1e-8;  // ends when the values at the corners differ by less than this, relative to 1 + |value|
  int max_evaluations = 1000;
};

// Without derivatives, 1 to 8 parameters (Nelder and Mead 1965, coefficients of Gao and Han 2012 by dimension; corners
// beyond the box are moved onto it). `x` holds the start and receives the best point; of the length of the bounds.
inline constexpr int kMaxSimplexParameters = 8;
Minimum MinimizeSimplex(Objective f, absl::Span<const double> lower, absl::Span<const double> upper,
                        absl::Span<double> x, const SimplexOptions& options = {});

struct SmoothOptions {
  double tolerance = 1e-8;           // ends when two steps in a row gain less than this, relative to 1 + |value|
  double gradient_tolerance = 1e-7;  // or when no parameter that may move has a larger derivative
  double first_step = 0.1;           // length of the first step, in the units of the parameters: scale them alike
  int max_iterations = 200;
};

// By gradient: BFGS on the parameters that are not held by their bound, steps projected onto the box (Bertsekas 1982).
// O(n^2) an iteration beside the objective: for up to some hundred parameters.
Minimum MinimizeSmooth(SmoothObjective f, absl::Span<const double> lower, absl::Span<const double> upper,
                       absl::Span<double> x, const SmoothOptions& options = {});

}  // namespace kontor::forecasting
