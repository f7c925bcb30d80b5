#include "libs/domain/forecasting/kalman.h"

#include <algorithm>
#include <cmath>

namespace kontor::forecasting {
namespace {

constexpr double kSettled = 1e-9;  // of the variance of an innovation above its limit

}  // namespace

bool ArmaFilter::SetStationary(const Arma& arma, int length) {
  const int ar_lags = arma.ar_lags(), ma_lags = arma.ma_lags();
  const std::vector<double> covariances = Autocovariances(arma, ar_lags);
  if (covariances.empty()) return false;
  const std::vector<double> psi = PsiWeights(arma, ma_lags);
  // The first column of the state's covariance, moved on by one step: cov(what the past adds i + 1 steps ahead, now).
  gain_.assign(states_, 0);
  for (const LagTerm& term : arma.ar) {
    for (int i = 0; i < term.lag; ++i) gain_[i] += term.value * covariances[term.lag - 1 - i];
  }
  for (const LagTerm& term : arma.ma) {
    for (int i = 0; i < term.lag; ++i) gain_[i] += term.value * psi[term.lag - 1 - i];
  }
  variance_ = covariances[0];
  change_ = -1 / variance_;
  direction_.assign(length + states_ + 1, 0);
  std::copy(gain_.begin(), gain_.end(), direction_.begin());
  return std::isfinite(variance_);
}

// The change of the state's covariance is change × direction direction'; direction and gain follow from each other.
void ArmaFilter::StepGain(const Arma& arma, int t) {
  double* moved = direction_.data() + t + 1;
  const double first = direction_[t];
  if (first == 0) return;
  for (const LagTerm& term : arma.ar) moved[term.lag - 1] += term.value * first;
  const double onto_gain = change_ * first, onto_direction = first / variance_;
  for (int i = 0; i < states_; ++i) {
    const double gain = gain_[i];
    gain_[i] = gain + onto_gain * moved[i];
    moved[i] -= onto_direction * gain;
  }
  const double next = variance_ + first * first * change_;
  change_ -= change_ * change_ * first * first / next;
  variance_ = std::max(next, 1.0);
}

int ArmaFilter::RunUnsettled(const Arma& arma, absl::Span<const Values> series) {
  const int length = static_cast<int>(series[0].size());
  double product = 1;
  int calm = 0, t = 0;
  for (; t < length && calm < states_; ++t) {
    variances_.push_back(variance_);
    const double deviation = std::sqrt(variance_);
    for (size_t c = 0; c < series.size(); ++c) {
      double* expected = expected_[c].data() + t;
      const double now = expected[0], error = series[c][t] - now, share = error / variance_;
      whitened_[c][t] = error / deviation;
      for (const LagTerm& term : arma.ar) expected[term.lag] += term.value * now;
      for (int i = 0; i < states_; ++i) expected[i + 1] += gain_[i] * share;
    }
    product *= variance_;
    if (product > 1e200) {
      log_determinant_ += std::log(product);
      product = 1;
    }
    StepGain(arma, t);
    calm = variance_ - 1 < kSettled ? calm + 1 : 0;
  }
  log_determinant_ += std::log(product);
  return t;
}

void ArmaFilter::RunSettled(const Arma& arma, Values series, size_t c, int from) {
  double* expected = expected_[c].data();
  double* errors = whitened_[c].data();
  for (int t = from; t < static_cast<int>(series.size()); ++t) {
    const double value = series[t], error = value - expected[t];
    errors[t] = error;
    for (const LagTerm& term : arma.ar) expected[t + term.lag] += term.value * value;
    for (const LagTerm& term : arma.ma) expected[t + term.lag] += term.value * error;
  }
}

bool ArmaFilter::Run(const Arma& arma, Start start, absl::Span<const Values> series) {
  const int length = static_cast<int>(series[0].size());
  states_ = std::max({arma.ar_lags(), arma.ma_lags() + 1, 1});
  log_determinant_ = 0;
  variances_.clear();
  const bool settled = start == Start::kConditional || (arma.ar.empty() && arma.ma.empty());
  if (!settled && !SetStationary(arma, length)) return false;
  expected_.resize(series.size());
  whitened_.resize(series.size());
  for (size_t c = 0; c < series.size(); ++c) {
    expected_[c].assign(length + states_ + 1, 0);
    whitened_[c].resize(length);
  }
  const int from = settled ? 0 : RunUnsettled(arma, series);
  for (size_t c = 0; c < series.size(); ++c) RunSettled(arma, series[c], c, from);
  return std::isfinite(log_determinant_);
}

std::vector<double> ArmaFilter::Innovations(size_t c) const {
  std::vector<double> errors = whitened_[c];
  for (size_t t = 0; t < variances_.size(); ++t) errors[t] *= std::sqrt(variances_[t]);
  return errors;
}

std::vector<double> ArmaFilter::State(size_t c) const {
  const auto end = expected_[c].begin() + static_cast<ptrdiff_t>(whitened_[c].size());
  return std::vector<double>(end, expected_[c].end());
}

std::vector<double> ForecastFrom(const Arma& arma, std::vector<double> state, int horizon) {
  state.resize(std::max<size_t>(state.size(), horizon) + arma.ar_lags() + 1, 0);
  for (int h = 0; h < horizon; ++h) {
    for (const LagTerm& term : arma.ar) state[h + term.lag] += term.value * state[h];
  }
  state.resize(horizon);
  return state;
}

}  // namespace kontor::forecasting
