#include "services/forecasting/run_handler.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/read_after.h"
#include "services/forecasting/check_request.h"
#include "services/forecasting/convert.h"
#include "services/forecasting/demand_writer.h"

namespace kontor::forecasting {
namespace {

constexpr int kMaxPage = 1'000, kDefaultPage = 50;
constexpr size_t kMaxRequestId = 64;
constexpr int64_t kMostLearnSeconds = 3'600;

absl::StatusOr<int64_t> NumberOf(absl::string_view name, absl::string_view shop) {
  const std::optional<int64_t> number = RunNumber(name, shop);
  if (number.has_value()) return *number;
  base::Violations violations;
  violations.Add("name", "NAME_INVALID", "give shops/{shop}/forecastRuns/{run}, as StartForecastRun answers it");
  return violations.ToStatus();
}

}  // namespace

absl::StatusOr<v1::ForecastRun> RunHandler::Start(const runtime::CallContext& call,
                                                  const v1::StartForecastRunRequest& request) {
  base::Violations violations;
  if (request.request_id().size() > kMaxRequestId) {
    violations.Add("request_id", "TOO_LONG", "at most 64 bytes");
  }
  CheckRange("learn_seconds", int64_t{request.learn_seconds()}, 0, kMostLearnSeconds, violations);
  absl::CivilDay until;
  if (request.has_data_until() && !ReadDate(request.data_until(), until)) {
    violations.Add("data_until", "DATE_INVALID", "give a day of the calendar from 1990 to 2200");
  }
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const fleet::Shop* shop, parts_.pasts.FindShop(call.shop));
  const auto applied = [this](const log::Position& position, absl::Duration timeout) {
    return parts_.consumer.WaitUntilApplied(position, timeout);
  };
  RETURN_IF_ERROR(fleet::WaitForPositions(DemandTopics(), applied, call, request.read_after()));
  ASSIGN_OR_RETURN(const absl::CivilDay last, parts_.pasts.LastWholeDay(*shop));
  if (!request.has_data_until() || until > last) until = last;
  ASSIGN_OR_RETURN(const Run run, parts_.runner.Start(*shop, request.request_id(), until, request.learn_seconds()));
  return RunFrom(run);
}

absl::StatusOr<v1::ForecastRun> RunHandler::Get(const runtime::CallContext& call,
                                                const v1::GetForecastRunRequest& request) {
  ASSIGN_OR_RETURN(const int64_t number, NumberOf(request.name(), call.shop));
  ASSIGN_OR_RETURN(const Run run, parts_.runs.Get(call.shop, number));
  return RunFrom(run);
}

absl::StatusOr<v1::ListForecastRunsResponse> RunHandler::List(const runtime::CallContext& call,
                                                              const v1::ListForecastRunsRequest& request) {
  base::Violations violations;
  CheckRange("page_size", int64_t{request.page_size()}, 0, kMaxPage, violations);
  int64_t before = 0;
  if (!request.page_token().empty() && (!absl::SimpleAtoi(request.page_token(), &before) || before < 1)) {
    violations.Add("page_token", "PAGE_TOKEN_INVALID", "pass next_page_token of the answer before");
  }
  RETURN_IF_ERROR(violations.ToStatus());
  const int size = request.page_size() == 0 ? kDefaultPage : request.page_size();
  ASSIGN_OR_RETURN(const std::vector<Run> runs, parts_.runs.List(call.shop, before, size + 1));
  v1::ListForecastRunsResponse response;
  for (const Run& run : runs) {
    if (response.runs_size() == size) {
      response.set_next_page_token(absl::StrCat(runs[static_cast<size_t>(size) - 1].number));
      break;
    }
    *response.add_runs() = RunFrom(run);
  }
  return response;
}

absl::StatusOr<v1::ForecastRun> RunHandler::Cancel(const runtime::CallContext& call,
                                                   const v1::CancelForecastRunRequest& request) {
  ASSIGN_OR_RETURN(const int64_t number, NumberOf(request.name(), call.shop));
  ASSIGN_OR_RETURN(const Run run, parts_.runs.Cancel(call.shop, number, parts_.clock.Now()));
  return RunFrom(run);
}

}  // namespace kontor::forecasting
