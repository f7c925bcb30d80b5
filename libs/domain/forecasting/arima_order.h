#pragma once

#include <string>

#include "absl/status/status.h"

namespace kontor::forecasting {

// ARIMA(p,d,q)(P,D,Q)[season]. `constant` is the mean where nothing is differenced, else the drift (of one difference
// only).
struct ArimaOrder {
  int p = 0, d = 0, q = 0;
  int seasonal_p = 0, seasonal_d = 0, seasonal_q = 0;
  int season = 1;  // 1: none
  bool constant = false;

  int ar_lags() const { return p + season * seasonal_p; }
  int ma_lags() const { return q + season * seasonal_q; }
  int differences() const { return d + season * seasonal_d; }  // values that differencing takes
  int coefficients() const { return p + q + seasonal_p + seasonal_q; }
  bool operator==(const ArimaOrder&) const = default;
};

// INVALID_ARGUMENT: a negative order, a seasonal one without a season, a constant beside two differences, more than two
// differences of a kind.
absl::Status CheckOrder(const ArimaOrder& order);

// "ARIMA(0,1,1)(0,1,1)[12]", "ARIMA(1,0,0) with mean", "ARIMA(0,1,0) with drift"
std::string ToString(const ArimaOrder& order);

}  // namespace kontor::forecasting
