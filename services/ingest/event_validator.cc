#include "services/ingest/event_validator.h"

#include "absl/strings/str_cat.h"
#include "services/ingest/checker.h"

namespace kontor::ingest {
namespace {

using kontor::events::v1::Event;

constexpr size_t kMaxEventBytes = 4 << 20;

bool IsBehavior(const Event& event) {
  switch (event.payload_case()) {
    case Event::kPageViewed:
    case Event::kProductViewed:
    case Event::kItemsShown:
    case Event::kItemClicked:
    case Event::kSearched:
    case Event::kCartChanged:
    case Event::kCheckoutStarted:
    case Event::kCampaignTouched:
    case Event::kExperimentExposed:
      return true;
    default:
      return false;
  }
}

void CheckTime(const Event& event, const ValidationContext& context, Checker& check) {
  if (!event.has_occurred_at()) {
    check.Add("occurred_at", "MISSING", "say when it happened");
    return;
  }
  const auto& stamp = event.occurred_at();
  if (stamp.nanos() < 0 || stamp.nanos() > 999'999'999 || stamp.seconds() > 253'402'300'799 ||
      stamp.seconds() < -62'135'596'800) {
    check.Add("occurred_at", "TIME_INVALID",
              "it is not a valid timestamp; send UTC seconds and 0 to 999,999,999 nanos");
    return;
  }
  const absl::Time time = absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
  if (time > context.now + absl::Minutes(5)) {
    check.Add("occurred_at", "TIME_IN_FUTURE", "it lies more than 5 minutes ahead; correct the sender's clock");
  } else if (time < absl::FromUnixSeconds(631'152'000)) {
    check.Add("occurred_at", "TIME_TOO_OLD", "it lies before 1990; correct the sender's clock or unit");
  } else if (!context.imported && IsBehavior(event) && time < context.now - absl::Hours(24 * 7)) {
    check.Add("occurred_at", "TOO_LATE", "behaviour older than 7 days is taken by an import only");
  }
}

void CheckActor(const Event& event, Checker& check) {
  const auto& actor = event.actor();
  const std::pair<const char*, const std::string*> ids[] = {{"actor.customer_id", &actor.customer_id()},
                                                            {"actor.visitor_id", &actor.visitor_id()},
                                                            {"actor.session_id", &actor.session_id()},
                                                            {"actor.device_id", &actor.device_id()}};
  for (const auto& [field, id] : ids) {
    if (!id->empty()) check.OpaqueId(field, *id);
  }
  check.Text("actor.user_agent", actor.user_agent(), 1000);
  check.Text("actor.ip_address", actor.ip_address(), 64);
  const auto& where = event.circumstances();
  check.Text("circumstances.country", where.country(), 100);
  check.Text("circumstances.language", where.language(), 35);
  check.Text("circumstances.attribution_token", where.attribution_token(), 500);
  const bool needs_subject = IsBehavior(event) || event.has_identity_linked() || event.has_customer_upserted() ||
                             event.has_consent_changed() || event.has_erasure_requested();
  if (needs_subject && actor.customer_id().empty() && actor.visitor_id().empty()) {
    check.Add("actor", "SUBJECT_MISSING", "give a customer_id or a visitor_id");
  }
}

void CheckPayload(const Event& event, Checker& check) {
  switch (event.payload_case()) {
    case Event::kOrderRecorded:
      return CheckOrder(event.order_recorded(), check);
    case Event::kOrderCancelled:
      check.Id("order_cancelled.order_id", event.order_cancelled().order_id());
      return check.FreeText("order_cancelled.reason", event.order_cancelled().reason());
    case Event::kReturnRecorded:
      return CheckReturn(event.return_recorded(), check);
    case Event::kAdjustmentRecorded:
      return CheckAdjustment(event.adjustment_recorded(), check);
    case Event::PAYLOAD_NOT_SET:
      return check.Add("payload", "PAYLOAD_MISSING", "give exactly one payload this version knows");
    default:
      return IsBehavior(event) ? CheckBehavior(event, check) : CheckReference(event, check);
  }
}

}  // namespace

base::Violations ValidateEvent(const Event& event, const ValidationContext& context) {
  base::Violations violations;
  if (const size_t size = event.ByteSizeLong(); size > kMaxEventBytes) {
    violations.Add("", "EVENT_TOO_LARGE", absl::StrCat("the event has ", size, " bytes; at most 4 MiB are taken"));
    return violations;
  }
  Checker check(violations);
  check.Id("event_id", event.event_id());
  check.OpaqueId("source", event.source());
  CheckTime(event, context, check);
  CheckActor(event, check);
  CheckPayload(event, check);
  return violations;
}

}  // namespace kontor::ingest
