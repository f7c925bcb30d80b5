#include "libs/domain/forecasting/arma.h"

#include <algorithm>
#include <cmath>

namespace kontor::forecasting {
namespace {

// 1 + sum of first, times 1 + sum of second, with the second's lags `stride` apart; without the leading 1.
std::vector<LagTerm> Multiply(absl::Span<const double> first, absl::Span<const double> second, int stride) {
  std::vector<double> product(first.size() + second.size() * stride + 1, 0);
  for (size_t j = 0; j <= second.size(); ++j) {
    const double factor = j == 0 ? 1 : second[j - 1];
    for (size_t i = 0; i <= first.size(); ++i) product[i + j * stride] += factor * (i == 0 ? 1 : first[i - 1]);
  }
  std::vector<LagTerm> terms;
  for (size_t lag = 1; lag < product.size(); ++lag) {
    if (product[lag] != 0) terms.push_back({static_cast<int>(lag), product[lag]});
  }
  return terms;
}

std::vector<double> Negated(std::vector<double> values) {
  for (double& value : values) value = -value;
  return values;
}

// Autocovariances 0..count of w[t] = sum of ar w[t - lag] + e[t]. Levinson's recursion downwards gives the best
// predictors of every order, upwards they give the covariances.
std::vector<double> AutoregressiveCovariances(const std::vector<LagTerm>& ar, int lags, int count) {
  std::vector<std::vector<double>> predictors(lags + 1);
  if (lags > 0) predictors[lags].assign(lags, 0);
  for (const LagTerm& term : ar) predictors[lags][term.lag - 1] = term.value;
  double variance = 1;
  for (int k = lags; k > 0; --k) {
    const std::vector<double>& longer = predictors[k];
    const double partial = longer[k - 1], rest = 1 - partial * partial;
    if (!(rest > 0)) return {};
    variance /= rest;
    std::vector<double>& shorter = predictors[k - 1];
    shorter.resize(k - 1);
    for (int j = 0; j < k - 1; ++j) shorter[j] = (longer[j] + partial * longer[k - 2 - j]) / rest;
  }
  std::vector<double> covariances(count + 1, 0);
  covariances[0] = variance;
  for (int k = 1; k <= std::min(lags, count); ++k) {
    for (int j = 0; j < k; ++j) covariances[k] += predictors[k][j] * covariances[k - 1 - j];
  }
  for (int k = lags + 1; k <= count; ++k) {
    for (const LagTerm& term : ar) covariances[k] += term.value * covariances[k - term.lag];
  }
  return covariances;
}

}  // namespace

std::vector<double> FromPartials(absl::Span<const double> partials) {
  std::vector<double> now, before;
  for (size_t k = 0; k < partials.size(); ++k) {
    before = now;
    now.push_back(partials[k]);
    for (size_t j = 0; j < k; ++j) now[j] = before[j] - partials[k] * before[k - 1 - j];
  }
  return now;
}

bool RootsBeyond(absl::Span<const double> coefficients, double radius) {
  std::vector<double> now(coefficients.begin(), coefficients.end()), before;
  double scale = 1;
  for (double& value : now) value *= scale *= radius;
  while (!now.empty()) {
    const size_t k = now.size();
    const double partial = now[k - 1], rest = 1 - partial * partial;
    if (!(rest > 0)) return false;
    before = now;
    now.resize(k - 1);
    for (size_t j = 0; j + 1 < k; ++j) now[j] = (before[j] + partial * before[k - 2 - j]) / rest;
  }
  return true;
}

Arma MakeArma(const ArimaOrder& order, absl::Span<const double> partials) {
  const auto part = [&](int from, int count) { return Negated(FromPartials(partials.subspan(from, count))); };
  const int ma = order.p, seasonal_ar = ma + order.q, seasonal_ma = seasonal_ar + order.seasonal_p;
  Arma arma;
  arma.ar = Multiply(part(0, order.p), part(seasonal_ar, order.seasonal_p), order.season);
  for (LagTerm& term : arma.ar) term.value = -term.value;
  arma.ma = Multiply(part(ma, order.q), part(seasonal_ma, order.seasonal_q), order.season);
  return arma;
}

std::vector<double> Autocovariances(const Arma& arma, int count) {
  const int ma_lags = arma.ma_lags();
  const std::vector<double> plain = AutoregressiveCovariances(arma.ar, arma.ar_lags(), count + ma_lags);
  if (plain.empty() || arma.ma.empty()) return plain;
  std::vector<LagTerm> terms = arma.ma;
  terms.insert(terms.begin(), {0, 1});
  std::vector<double> covariances(count + 1, 0);
  for (const LagTerm& one : terms) {
    for (const LagTerm& other : terms) {
      const double product = one.value * other.value;
      for (int k = 0; k <= count; ++k) covariances[k] += product * plain[std::abs(k + one.lag - other.lag)];
    }
  }
  return covariances;
}

std::vector<double> PsiWeights(const Arma& arma, int count) {
  std::vector<double> psi(count + 1, 0);
  psi[0] = 1;
  for (const LagTerm& term : arma.ma) {
    if (term.lag <= count) psi[term.lag] = term.value;
  }
  for (int t = 1; t <= count; ++t) {
    for (const LagTerm& term : arma.ar) {
      if (term.lag > t) break;
      psi[t] += term.value * psi[t - term.lag];
    }
  }
  return psi;
}

}  // namespace kontor::forecasting
