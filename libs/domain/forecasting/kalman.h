#pragma once

#include <vector>

#include "absl/types/span.h"
#include "libs/domain/forecasting/arma.h"
#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

// The innovations of series under one ARMA model, by the Kalman filter in the form of Morf, Sidhu and Kailath (1974;
// for ARMA: Pearlman 1980, Mélard 1984): the gain is carried instead of the covariance, O(r) a step with r = max(AR
// lags, MA lags + 1), and only the lags in use once the gain has settled. Keeps its buffers between runs; not
// thread-safe.
class ArmaFilter {
 public:
  enum class Start {
    kStationary,   // exact: the first values have the model's own distribution
    kConditional,  // values and innovations before the first are 0
  };

  // Filters series of one length. False where the model is not stationary (kStationary) or a number overflows.
  bool Run(const Arma& arma, Start start, absl::Span<const Values> series);

  // Of the last run: innovations of series `c` divided by their standard deviation, that of the settled filter being 1.
  Values whitened(size_t c) const { return whitened_[c]; }
  // Sum of the logarithms of these variances.
  double log_determinant() const { return log_determinant_; }
  // One-step errors themselves.
  std::vector<double> Innovations(size_t c) const;
  // What the past adds to the next values before they feed on each other: the state that ForecastFrom goes on from.
  std::vector<double> State(size_t c) const;

 private:
  bool SetStationary(const Arma& arma, int length);
  int RunUnsettled(const Arma& arma, absl::Span<const Values> series);
  void RunSettled(const Arma& arma, Values series, size_t c, int from);
  void StepGain(const Arma& arma, int t);

  int states_ = 1;
  double variance_ = 1, change_ = 0;
  double log_determinant_ = 0;
  std::vector<double> gain_, direction_;
  std::vector<double> variances_;              // of each innovation until the filter has settled, 1 from there
  std::vector<std::vector<double>> expected_;  // [c][t + i]: of the value i steps after t, from those before t
  std::vector<std::vector<double>> whitened_;
};

// The expectation of the next `horizon` values from a filter's state.
std::vector<double> ForecastFrom(const Arma& arma, std::vector<double> state, int horizon);

}  // namespace kontor::forecasting
