#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "kontor/recommendations/v1/placement_service.grpc.pb.h"
#include "libs/base/status.h"
#include "services/kontorctl/call.h"
#include "services/kontorctl/commands.h"
#include "services/kontorctl/display.h"
#include "services/kontorctl/enum_value.h"
#include "services/kontorctl/objective_option.h"
#include "services/kontorctl/session_options.h"
#include "services/kontorctl/text_table.h"

namespace kontor::ctl {
namespace {

namespace v1 = kontor::recommendations::v1;
using Service = v1::PlacementService;

constexpr absl::Duration kTimeout = absl::Seconds(30);
constexpr char kStrategyPrefix[] = "STRATEGY_";

std::string NameOf(v1::Strategy strategy) {
  return absl::AsciiStrToLower(v1::Strategy_Name(strategy).substr(sizeof(kStrategyPrefix) - 1));
}

std::string ObjectiveOf(const v1::Objective& objective) {
  return absl::StrFormat("click %g, cart %g, purchase %g, margin %g", objective.click(), objective.cart(),
                         objective.purchase(), objective.margin());
}

void Show(const std::vector<v1::PlacementSettings>& all) {
  TextTable table({"placement", "strategy", "objective"});
  for (const v1::PlacementSettings& settings : all) {
    table.Add({settings.name().substr(settings.name().rfind('/') + 1),
               settings.strategy() == v1::STRATEGY_UNSPECIFIED ? "" : NameOf(settings.strategy()),
               settings.has_objective() ? ObjectiveOf(settings.objective()) : "as ranked"});
  }
  std::printf("%s", table.Text(2, 80).c_str());
}

absl::Status List(const Session& session) {
  v1::ListPlacementSettingsRequest request;
  request.set_parent(session.shop());
  ASSIGN_OR_RETURN(const v1::ListPlacementSettingsResponse response,
                   Call<Service>(session, kTimeout, &Service::Stub::ListPlacementSettings, request));
  Show({response.settings().begin(), response.settings().end()});
  return absl::OkStatus();
}

absl::Status Set(const Session& session, const std::string& placement, const Arguments& arguments) {
  v1::UpdatePlacementSettingsRequest request;
  v1::PlacementSettings& settings = *request.mutable_settings();
  settings.set_name(absl::StrCat(session.shop(), "/placements/", absl::StrReplaceAll(placement, {{"_", "-"}})));
  if (arguments.Has("strategy")) {
    ASSIGN_OR_RETURN(const v1::Strategy strategy,
                     EnumValue<v1::Strategy>(v1::Strategy_descriptor(), kStrategyPrefix, arguments.Get("strategy")));
    settings.set_strategy(strategy);
  }
  if (arguments.Has("objective")) {
    ASSIGN_OR_RETURN(*settings.mutable_objective(), ReadObjective(arguments.List("objective")));
  }
  ASSIGN_OR_RETURN(const v1::PlacementSettings stored,
                   Call<Service>(session, kTimeout, &Service::Stub::UpdatePlacementSettings, request));
  Show({stored});
  return absl::OkStatus();
}

std::string Interval(const v1::Estimate& estimate) {
  return absl::StrFormat("%.4f (%.4f to %.4f)", estimate.value(), estimate.low(), estimate.high());
}

absl::Status Evaluate(const Session& session, const std::string& placement) {
  v1::EvaluateStrategiesRequest request;
  request.set_parent(session.shop());
  ASSIGN_OR_RETURN(const v1::Placement value, EnumValue<v1::Placement>(v1::Placement_descriptor(), "PLACEMENT_",
                                                                       absl::StrReplaceAll(placement, {{"-", "_"}})));
  request.set_placement(value);
  ASSIGN_OR_RETURN(const v1::EvaluateStrategiesResponse response,
                   Call<Service>(session, kTimeout, &Service::Stub::EvaluateStrategies, request));
  std::printf("  %s answers were chosen by chance\n", Grouped(response.answers()).c_str());
  TextTable table({"strategy", "answers", "reward", "doubly robust", "SNIPS"});
  for (const v1::StrategyEstimate& estimate : response.estimates()) {
    const bool refused = !estimate.refused_reason().empty();
    table.Add({NameOf(estimate.strategy()), Grouped(estimate.answers()),
               estimate.answers() > 0 ? absl::StrFormat("%.4f", estimate.observed_reward()) : "–",
               refused ? estimate.refused_text() : Interval(estimate.doubly_robust()),
               refused ? "" : Interval(estimate.snips())});
  }
  std::printf("%s", table.Text(2, 60).c_str());
  return absl::OkStatus();
}

}  // namespace

absl::Status RunPlacements(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {"strategy", "objective"}, {}));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  const std::vector<std::string>& said = arguments.words();
  if (said.empty()) return List(session);
  if (said[0] == "set" && said.size() == 2) return Set(session, said[1], arguments);
  if (said[0] == "evaluate" && said.size() == 2) return Evaluate(session, said[1]);
  return absl::InvalidArgumentError(
      "kontorctl placements takes nothing, set PLACEMENT [--strategy S] [--objective click=1,…], or evaluate "
      "PLACEMENT");
}

}  // namespace kontor::ctl
