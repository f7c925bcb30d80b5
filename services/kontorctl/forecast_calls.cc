#include "services/kontorctl/forecast_calls.h"

#include <string>
#include <thread>

#include "absl/strings/str_split.h"
#include "kontor/forecasting/v1/forecasting_service.grpc.pb.h"
#include "libs/base/status.h"
#include "services/kontorctl/call.h"

namespace kontor::ctl {

namespace v1 = kontor::forecasting::v1;

namespace {

constexpr absl::Duration kTimeout = absl::Seconds(30), kPoll = absl::Milliseconds(200);

}  // namespace

void ReadSeries(const Arguments& arguments, v1::SeriesSelector& series) {
  for (const std::string& product : arguments.List("product")) series.add_product_ids(product);
  if (arguments.Has("category")) {
    const std::string category = arguments.Get("category");  // the parts live in it
    for (const absl::string_view level : absl::StrSplit(category, '/')) series.add_category_path(std::string(level));
  }
  series.set_brand(arguments.Get("brand"));
  series.set_store_id(arguments.Get("store"));
  series.set_country(arguments.Get("country"));
}

absl::StatusOr<v1::ForecastRun> WaitForRun(const Session& session, v1::ForecastRun run) {
  using Service = v1::ForecastingService;
  v1::GetForecastRunRequest request;
  request.set_name(run.name());
  while (run.state() == v1::ForecastRun::STATE_RUNNING) {
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(kPoll));
    ASSIGN_OR_RETURN(run, Call<Service>(session, kTimeout, &Service::Stub::GetForecastRun, request));
  }
  return run;
}

absl::StatusOr<v1::ForecastHierarchyRequest> ReadHierarchy(const std::string& shop, const Arguments& arguments) {
  using Request = v1::ForecastHierarchyRequest;
  Request request;
  RETURN_IF_ERROR(ReadQuestion(shop, arguments, request));
  for (const std::string& name : arguments.List("dimensions")) {
    ASSIGN_OR_RETURN(const auto dimension,
                     EnumValue<Request::Dimension>(Request::Dimension_descriptor(), "DIMENSION_", name));
    request.add_dimensions(dimension);
  }
  if (arguments.Has("method")) {
    ASSIGN_OR_RETURN(const auto method,
                     EnumValue<Request::Method>(Request::Method_descriptor(), "METHOD_", arguments.Get("method")));
    request.set_method(method);
  }
  ASSIGN_OR_RETURN(const int64_t horizon, arguments.Int("horizon", 0));
  ASSIGN_OR_RETURN(const int64_t depth, arguments.Int("depth", 0));
  request.set_horizon(static_cast<int>(horizon));
  request.set_category_depth(static_cast<int>(depth));
  request.set_crossed(arguments.Has("crossed"));
  request.set_temporal(arguments.Has("temporal"));
  request.set_compare(arguments.Has("compare"));
  return request;
}

}  // namespace kontor::ctl
