#pragma once

#include "kontor/forecasting/v1/forecasting_service.pb.h"
#include "kontor/forecasting/v1/inventory_service.pb.h"
#include "libs/base/status.h"

// What requests must hold; everything that is wrong goes into `violations`.
namespace kontor::forecasting {

namespace v1 = kontor::forecasting::v1;

inline constexpr int kMaxHorizon = 400;

constexpr char kReasonMethodUnknown[] = "METHOD_UNKNOWN";

void CheckSelector(const v1::SeriesSelector& selector, base::Violations& violations);
void CheckHorizon(int32_t horizon, base::Violations& violations);
void CheckRange(absl::string_view field, int64_t value, int64_t low, int64_t high, base::Violations& violations);
void CheckRange(absl::string_view field, double value, double low, double high, base::Violations& violations);
absl::Status CheckForecast(const v1::ForecastRequest& request);
absl::Status CheckHierarchy(const v1::ForecastHierarchyRequest& request);
absl::Status CheckBacktest(const v1::BacktestRequest& request);
// Each that is set.
void CheckPolicy(absl::string_view at, const v1::InventoryPolicy& policy, base::Violations& violations);

}  // namespace kontor::forecasting
