#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "kontor/forecasting/v1/forecasting_service.pb.h"
#include "services/kontorctl/arguments.h"
#include "services/kontorctl/enum_value.h"
#include "services/kontorctl/session.h"

// What commands about forecasts share.
namespace kontor::ctl {

// --product, --category A/B, --brand, --store, --country
void ReadSeries(const Arguments& arguments, kontor::forecasting::v1::SeriesSelector& series);

// The shop and that series, --grain, --revenue.
template <typename Request>
absl::Status ReadQuestion(const std::string& shop, const Arguments& arguments, Request& request) {
  namespace v1 = kontor::forecasting::v1;
  request.set_parent(shop);
  ReadSeries(arguments, *request.mutable_series());
  if (arguments.Has("revenue")) request.set_measure(v1::MEASURE_REVENUE);
  if (!arguments.Has("grain")) return absl::OkStatus();
  const auto grain = EnumValue<v1::Grain>(v1::Grain_descriptor(), "GRAIN_", arguments.Get("grain"));
  if (!grain.ok()) return grain.status();
  request.set_grain(*grain);
  return absl::OkStatus();
}

// Until it has ended, however long that takes.
absl::StatusOr<kontor::forecasting::v1::ForecastRun> WaitForRun(const Session& session,
                                                                kontor::forecasting::v1::ForecastRun run);

// What `kontorctl forecasts hierarchy` asks: --dimensions country,category, --crossed, --depth, --horizon, --method,
// --temporal, --compare, and as ReadQuestion. INVALID_ARGUMENT for what is none of the choices.
absl::StatusOr<kontor::forecasting::v1::ForecastHierarchyRequest> ReadHierarchy(const std::string& shop,
                                                                                const Arguments& arguments);

}  // namespace kontor::ctl
