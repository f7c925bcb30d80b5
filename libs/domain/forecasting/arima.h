#pragma once

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/arima_fit.h"
#include "libs/domain/forecasting/forecast.h"
#include "libs/domain/forecasting/regressors.h"

namespace kontor::forecasting {

// A seasonal ARIMA model, or a regression with ARIMA errors (Box and Jenkins 1976; Hyndman and Athanasopoulos 2021,
// chapters 9 and 10). Immutable, thread-safe.
class ArimaModel {
 public:
  // By exact maximum likelihood. INVALID_ARGUMENT: a bad series, order or regressor. FAILED_PRECONDITION: fewer values
  // than differencing takes.
  static absl::StatusOr<ArimaModel> Fit(Values values, const ArimaOrder& order,
                                        absl::Span<const Regressor> regressors = {});

  // The order by Hyndman and Khandakar's stepwise search (2008): differences by tests (unit_root.h, of what the
  // regressors leave), then the least AICc from four starting models over neighbours; p, q <= 5, P, Q <= 2, all roots
  // beyond 1.01. Every candidate is fitted by its exact likelihood, from the parameters of the model beside it. The
  // first season counts, up to 350 observations. A series that is constant after differencing goes on as it does,
  // whatever its length. Costs some 20 fits: milliseconds for hundreds of values.
  static absl::StatusOr<ArimaModel> Search(const Series& series, absl::Span<const Regressor> regressors = {});

  // Values from n + 1 on. FAILED_PRECONDITION names a regressor of the fit that `future` lacks within the horizon.
  absl::StatusOr<Prediction> Predict(int horizon, absl::Span<const Regressor> future = {}) const;

  // The same coefficients after more observations (with their regressors): one pass of the filter, no fit.
  absl::StatusOr<ArimaModel> Update(Values added, absl::Span<const Regressor> regressors = {}) const;

  const ArimaFit& fit() const { return fit_; }
  Values fitted() const { return fitted_; }
  std::string Describe() const;

 private:
  static ArimaModel Make(std::vector<double> values, ArimaFit fit, std::vector<Regressor> regressors);

  ArimaFit fit_;
  std::vector<double> values_;
  std::vector<Regressor> regressors_;
  std::vector<std::string> names_;
  std::vector<double> last_;   // the values without the regressors that differencing needs, the newest last
  std::vector<double> state_;  // of the filter after the last value
  std::vector<double> fitted_;
};

// ArimaModel::Search without regressors: "auto_arima".
Method AutoArimaMethod();
// One order, given: "arima(0,1,1)(0,1,1)[12]"
Method ArimaMethod(const ArimaOrder& order);

}  // namespace kontor::forecasting
