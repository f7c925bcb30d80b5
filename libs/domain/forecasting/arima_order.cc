#include "libs/domain/forecasting/arima_order.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace kontor::forecasting {

absl::Status CheckOrder(const ArimaOrder& order) {
  if (std::min({order.p, order.d, order.q, order.seasonal_p, order.seasonal_d, order.seasonal_q}) < 0) {
    return absl::InvalidArgumentError("orders of an ARIMA model are at least 0");
  }
  if (order.season < 1 || (order.season == 1 && order.seasonal_p + order.seasonal_d + order.seasonal_q > 0)) {
    return absl::InvalidArgumentError("seasonal orders need a season of at least 2 observations");
  }
  if (order.d > 2 || order.seasonal_d > 2) return absl::InvalidArgumentError("at most two differences of a kind");
  if (order.constant && order.d + order.seasonal_d > 1) {
    return absl::InvalidArgumentError("a constant beside two differences would be a quadratic trend");
  }
  return absl::OkStatus();
}

std::string ToString(const ArimaOrder& order) {
  std::string text = absl::StrCat("ARIMA(", order.p, ",", order.d, ",", order.q, ")");
  if (order.seasonal_p + order.seasonal_d + order.seasonal_q > 0) {
    absl::StrAppend(&text, "(", order.seasonal_p, ",", order.seasonal_d, ",", order.seasonal_q, ")[", order.season,
                    "]");
  }
  if (order.constant) absl::StrAppend(&text, order.d + order.seasonal_d > 0 ? " with drift" : " with mean");
  return text;
}

}  // namespace kontor::forecasting
