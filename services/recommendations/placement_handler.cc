#include "services/recommendations/placement_handler.h"

#include <string>
#include <vector>

#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"
#include "libs/platform/runtime/log.h"
#include "services/recommendations/check_request.h"
#include "services/recommendations/outcome_store.h"
#include "services/recommendations/question.h"

namespace kontor::recommendations {
namespace {

constexpr absl::Duration kKept = absl::Hours(24 * 30);
constexpr absl::Duration kAhead = absl::Minutes(5);  // that events may be of this clock

void Fill(const learn::OffPolicyEstimate& estimate, v1::Estimate& out) {
  out.set_value(estimate.value);
  out.set_low(estimate.low);
  out.set_high(estimate.high);
}

v1::StrategyEstimate EstimateOf(v1::Strategy strategy, const std::vector<LoggedChoice>& log,
                                const StrategyPolicy& policy) {
  v1::StrategyEstimate out;
  out.set_strategy(strategy);
  double rewards = 0;
  for (const LoggedChoice& row : log) {
    if (strategy != v1::STRATEGY_AUTO && StrategyOnWire(row.strategy) != strategy) continue;
    out.set_answers(out.answers() + 1);
    rewards += row.reward;
  }
  if (out.answers() > 0) out.set_observed_reward(rewards / static_cast<double>(out.answers()));
  const auto result = EvaluateStrategy(log, StrategyFrom(strategy), policy, {});
  if (!result.ok()) {
    out.set_refused_reason(base::ErrorReason(result.status()));
    out.set_refused_text(std::string(result.status().message()));
    return out;
  }
  Fill(result->ips, *out.mutable_ips());
  Fill(result->snips, *out.mutable_snips());
  Fill(result->dr, *out.mutable_doubly_robust());
  out.set_effective_answers(result->effective_rows);
  return out;
}

}  // namespace

absl::StatusOr<v1::ListPlacementSettingsResponse> PlacementHandler::ListPlacementSettings(
    const runtime::CallContext& call, const v1::ListPlacementSettingsRequest&) {
  ASSIGN_OR_RETURN(const std::vector<v1::PlacementSettings> stored, parts_.store.Load(call.shop));
  v1::ListPlacementSettingsResponse response;
  for (const v1::PlacementSettings& settings : stored) *response.add_settings() = settings;
  return response;
}

absl::StatusOr<v1::PlacementSettings> PlacementHandler::UpdatePlacementSettings(
    const runtime::CallContext& call, const v1::UpdatePlacementSettingsRequest& request) {
  const v1::PlacementSettings& settings = request.settings();
  const v1::Placement placement = PlacementOfName(settings.name(), call.shop);
  base::Violations violations;
  if (placement == v1::PLACEMENT_UNSPECIFIED) {
    violations.Add("settings.name", "NAME_INVALID", "give shops/{shop}/placements/{placement}, such as for-you");
  }
  CheckStrategy("settings.strategy", placement, settings.strategy(), violations);
  if (settings.has_objective()) CheckObjective("settings.objective", settings.objective(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(v1::PlacementSettings stored,
                   parts_.store.Replace(call.shop, placement, settings, parts_.clock.Now()));
  const absl::Status served = parts_.keeper.RefreshSettings();
  if (!served.ok()) runtime::LogWarning("stored settings are served a little later", {{"error", served.ToString()}});
  return stored;
}

absl::StatusOr<v1::EvaluateStrategiesResponse> PlacementHandler::EvaluateStrategies(
    const runtime::CallContext& call, const v1::EvaluateStrategiesRequest& request) {
  const v1::Placement placement =
      request.placement() == v1::PLACEMENT_UNSPECIFIED ? v1::PLACEMENT_FOR_YOU : request.placement();
  base::Violations violations;
  if (!HasStrategies(placement)) violations.Add("placement", "UNKNOWN_VALUE", "give FOR_YOU or BASKET");
  const absl::Time now = parts_.clock.Now();
  const absl::Time end = request.has_end_time() ? fleet::TimeOf(request.end_time()) : now + kAhead;
  const absl::Time start = request.has_start_time() ? fleet::TimeOf(request.start_time()) : now - kKept;
  if (start >= end) violations.Add("end_time", "TIME_INVALID", "let it end after its start");
  RETURN_IF_ERROR(violations.ToStatus());
  const PlacementState state = parts_.book.Get(call.shop, placement);
  ASSIGN_OR_RETURN(const std::vector<LoggedChoice> log,
                   ReadLoggedChoices(parts_.pool, call.shop, placement, start, end, state.objective));
  v1::EvaluateStrategiesResponse response;
  response.set_answers(static_cast<int64_t>(log.size()));
  for (const v1::Strategy strategy : {v1::STRATEGY_ENSEMBLE, v1::STRATEGY_SESSION, v1::STRATEGY_HISTORY,
                                      v1::STRATEGY_DISCOVERY, v1::STRATEGY_TREND, v1::STRATEGY_AUTO}) {
    *response.add_estimates() = EstimateOf(strategy, log, *state.policy);
  }
  return response;
}

}  // namespace kontor::recommendations
