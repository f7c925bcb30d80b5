#pragma once

#include <vector>

#include "libs/domain/forecasting/arima_order.h"
#include "libs/domain/forecasting/arma.h"
#include "libs/domain/forecasting/kalman.h"
#include "libs/domain/forecasting/regressors.h"

namespace kontor::forecasting {

struct ArimaFit {
  ArimaOrder order;
  std::vector<double> parameters;  // atanh of the partial autocorrelations: ar, ma, seasonal ar, seasonal ma
  Arma arma;
  std::vector<double> coefficients;  // of the constant, if there, and the regressors
  double variance = 0;               // of the innovations: sum of squares / (n - parameters)
  double log_likelihood = 0;
  double aicc = 0;     // infinite where there are not more observations than parameters + 1
  bool stable = true;  // all roots beyond 1.01, as R's auto.arima asks
};

// Fits ARMA orders to one differenced series: regression with ARMA errors by exact maximum likelihood. Coefficients are
// solved for within; the rest by Levenberg and Marquardt on the scaled innovations, whose sum of squares is minimal
// where the likelihood is greatest (Brockwell and Davis 1991, 8.7). Keeps its buffers between fits; not thread-safe.
class ArimaFitter {
 public:
  // Differences of `values` and of the regressors as in `order`, of which at least one value must remain.
  ArimaFitter(Values values, const ArimaOrder& order, absl::Span<const Regressor> regressors);

  // `order` with the differences of the constructor. From the parameters of `near`, cut or filled with zeros to this
  // order; null: from sample autocorrelations and a fit that is conditional on the first values.
  ArimaFit Fit(const ArimaOrder& order, const ArimaFit* near);

  Values differenced() const { return response_; }

 private:
  void Select(const ArimaOrder& order);
  double Evaluate(const ArimaOrder& order, ArmaFilter::Start start, const std::vector<double>& parameters,
                  std::vector<double>& residuals);
  void Solve(const Values* whitened);
  void Minimise(const ArimaOrder& order, ArmaFilter::Start start, std::vector<double>& parameters);
  std::vector<double> Start(const ArimaOrder& order, const ArimaFit* near);
  ArimaFit Result(const ArimaOrder& order, std::vector<double> parameters);

  double scale_ = 1;
  std::vector<double> response_;              // differenced
  std::vector<double> scaled_;                // the same at a mean square of 1
  std::vector<double> constant_;              // the differenced constant
  std::vector<std::vector<double>> columns_;  // the differenced regressors
  std::vector<Values> selected_;              // what a fit filters: response, constant if it has one, regressors
  std::vector<double> coefficients_;          // of the selected columns, for the scaled response
  ArmaFilter filter_;
};

}  // namespace kontor::forecasting
