#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kontor/recommendations/v1/quality_service.grpc.pb.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"
#include "services/kontorctl/call.h"
#include "services/kontorctl/commands.h"
#include "services/kontorctl/display.h"
#include "services/kontorctl/enum_value.h"
#include "services/kontorctl/session_options.h"
#include "services/kontorctl/text_table.h"

namespace kontor::ctl {
namespace {

namespace v1 = kontor::recommendations::v1;
using Service = v1::QualityService;

constexpr absl::Duration kTimeout = absl::Minutes(2);

absl::StatusOr<v1::GetQualityRequest> RequestOf(const Arguments& arguments) {
  v1::GetQualityRequest request;
  if (arguments.Has("by")) {
    ASSIGN_OR_RETURN(const auto by, EnumValue<v1::QualityGrouping>(v1::QualityGrouping_descriptor(),
                                                                   "QUALITY_GROUPING_", arguments.Get("by")));
    request.set_group_by(by);
  }
  if (arguments.Has("placement")) {
    ASSIGN_OR_RETURN(const auto placement,
                     EnumValue<v1::Placement>(v1::Placement_descriptor(), "PLACEMENT_", arguments.Get("placement")));
    request.set_placement(placement);
  }
  ASSIGN_OR_RETURN(const int64_t days, arguments.Int("days", 1));
  const absl::Time now = base::SystemClock().Now();
  fleet::SetTime(now - days * absl::Hours(24), *request.mutable_start_time());
  fleet::SetTime(now, *request.mutable_end_time());
  return request;
}

// "3.20% ±0.41": half the width of the interval.
std::string Percent(const v1::Rate& rate) {
  if (rate.trials() == 0) return "";
  return absl::StrFormat("%.2f%% ±%.2f", 100 * rate.value(), 50 * (rate.high() - rate.low()));
}

std::string Number(bool known, double value) { return known ? absl::StrFormat("%.3f", value) : ""; }

}  // namespace

absl::Status RunOutcomes(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {"by", "placement", "days"}, {}));
  ASSIGN_OR_RETURN(v1::GetQualityRequest request, RequestOf(arguments));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  request.set_parent(session.shop());
  ASSIGN_OR_RETURN(const v1::GetQualityResponse response,
                   Call<Service>(session, kTimeout, &Service::Stub::GetQuality, request));
  TextTable rates({"", "answers", "places", "clicked", "carted", "bought", "answers clicked", "conversion"});
  TextTable variety({"", "coverage", "gini", "novelty", "diversity", "expected", "observed", "error",
                     "drift of reasons", "of tiers"});
  for (const v1::QualityRow& row : response.rows()) {
    const std::string key = row.key().empty() ? "all" : row.key();
    rates.Add({key, Grouped(row.answers()), Grouped(row.places()), Percent(row.click_through()),
               Percent(row.cart_rate()), Percent(row.purchase_rate()), Percent(row.answer_click_rate()),
               Percent(row.conversion())});
    const v1::Calibration& calibration = row.calibration();
    const bool calibrated = row.has_calibration();
    variety.Add({key, Number(row.has_coverage(), row.coverage()), Number(row.has_gini(), row.gini()),
                 Number(row.has_novelty(), row.novelty()), Number(row.has_diversity(), row.diversity()),
                 Number(calibrated, calibration.expected()), Number(calibrated, calibration.observed()),
                 Number(calibrated, calibration.expected_calibration_error()),
                 Number(row.has_source_drift(), row.source_drift()), Number(row.has_tier_drift(), row.tier_drift())});
  }
  if (response.rows().empty()) {
    std::printf("  no answer was seen: send ItemsShown with the attribution_token of the answer\n");
  } else {
    std::printf("%s\n%s", rates.Text().c_str(), variety.Text().c_str());
  }
  for (const auto& alert : response.alerts()) std::printf("  alert: %s\n", alert.sentence().c_str());
  return absl::OkStatus();
}

}  // namespace kontor::ctl
