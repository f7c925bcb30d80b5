#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "libs/base/clock.h"
#include "libs/platform/log/consumer.h"
#include "libs/platform/runtime/call_context.h"
#include "services/forecasting/convert.h"
#include "services/forecasting/global_models.h"
#include "services/forecasting/market_store.h"
#include "services/forecasting/past_reader.h"

namespace kontor::forecasting {

// ForecastingService/Forecast: from the newest run where it holds the series, else made while the caller waits.
// Thread-safe.
class ForecastHandler {
 public:
  struct Parts {
    PastReader& pasts;
    DemandStore& demand;
    MarketStore& market;
    RunStore& runs;
    GlobalModels& models;
    const log::Consumer& consumer;
  };
  explicit ForecastHandler(const Parts& parts) : parts_(parts) {}

  absl::StatusOr<v1::ForecastResponse> Forecast(const runtime::CallContext& call, const v1::ForecastRequest& request);

 private:
  // Nothing where no run holds the answer.
  absl::StatusOr<std::optional<v1::ForecastResponse>> FromRun(const fleet::Shop& shop,
                                                              const v1::ForecastRequest& request);
  // By the model over all products that options.method names. FAILED_PRECONDITION (NOT_LEARNED), INVALID_ARGUMENT for
  // months and revenue.
  absl::StatusOr<AutomaticForecast> ByGlobalModel(const std::string& shop, const Past& past,
                                                  const AutomaticOptions& options);
  // The factors of the market count where no method is named.
  absl::StatusOr<AutomaticForecast> MakeForecast(const std::string& shop, const Past& past, const FactorChoice& choice,
                                                 const AutomaticOptions& options);
  absl::StatusOr<v1::ForecastResponse> MakeAnew(const fleet::Shop& shop, const v1::ForecastRequest& request);
  absl::Status AddHistory(const fleet::Shop& shop, const v1::ForecastRequest& request, absl::CivilDay until,
                          v1::ForecastResponse& response);

  const Parts parts_;
};

}  // namespace kontor::forecasting
