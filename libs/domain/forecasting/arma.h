#pragma once

#include <vector>

#include "absl/types/span.h"
#include "libs/domain/forecasting/arima_order.h"

namespace kontor::forecasting {

// One coefficient of a lag polynomial.
struct LagTerm {
  int lag = 1;
  double value = 0;
};

// w[t] = sum of ar w[t - lag] + e[t] + sum of ma e[t - lag], seasons multiplied out; lags ascending, only those in use.
struct Arma {
  std::vector<LagTerm> ar, ma;
  int ar_lags() const { return ar.empty() ? 0 : ar.back().lag; }
  int ma_lags() const { return ma.empty() ? 0 : ma.back().lag; }
};

// The coefficients of a stationary autoregression from its partial autocorrelations, each within (-1, 1) (Durbin 1960;
// as parameters: Jones 1980). A longer model with 0 at its end is the shorter one.
std::vector<double> FromPartials(absl::Span<const double> partials);

// Whether all roots of 1 - sum of a[i] z^(i + 1) are farther from 0 than `radius`.
bool RootsBeyond(absl::Span<const double> coefficients, double radius);

// From the partial autocorrelations of the four polynomials in the order ar, ma, seasonal ar, seasonal ma; those of the
// moving averages with the sign of an autoregression.
Arma MakeArma(const ArimaOrder& order, absl::Span<const double> partials);

// Autocovariances at lags 0..count of an innovation variance of 1 (of the autoregression by Levinson's recursion, taken
// down and up again; costs O(lags²)). Empty where the autoregression is not stationary.
std::vector<double> Autocovariances(const Arma& arma, int count);

// Weights of past innovations, psi[0] = 1 .. psi[count].
std::vector<double> PsiWeights(const Arma& arma, int count);

}  // namespace kontor::forecasting
