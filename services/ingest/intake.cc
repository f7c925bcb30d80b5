#include "services/ingest/intake.h"

#include <algorithm>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "kontor/events/v1/quality.pb.h"
#include "libs/base/hash.h"
#include "libs/base/resource_name.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"
#include "libs/platform/fleet/topics.h"
#include "services/ingest/event_validator.h"
#include "services/ingest/router.h"

namespace kontor::ingest {

using kontor::events::v1::Event;
using kontor::ingest::v1::EventVerdict;

// The state of one call: an entry per event, in the order sent.
struct Intake::Pending {
  struct Item {
    const Event* event;
    EventId id;
    base::Violations violations;
    bool duplicate = false;
    size_t first = 0;  // the item of this call that it repeats; itself when it repeats none
    log::Position position;
  };
  std::vector<Item> items;
};

namespace {

void CopyPosition(const log::Position& from, kontor::type::v1::LogPosition& to) {
  to.set_topic(from.topic);
  to.set_partition(from.partition);
  to.set_offset(from.offset);
}

constexpr char kReused[] = "EVENT_ID_REUSED";
constexpr char kReusedText[] = "this event_id stands on the log with other content; give each event an id of its own";

}  // namespace

void Intake::Validate(const IntakeCall& call, absl::Time now, Pending& work) const {
  absl::flat_hash_map<std::pair<std::string, std::string>, size_t> seen;
  for (size_t i = 0; i < work.items.size(); ++i) {
    Pending::Item& item = work.items[i];
    item.first = i;
    item.violations = ValidateEvent(*item.event, {now, call.imported});
    item.id.source = item.event->source();
    item.id.event_id = item.event->event_id();
    if (!item.violations.empty()) continue;
    item.id.digest = base::Sha256(item.event->SerializeAsString()).substr(0, 16);
    const auto [it, inserted] = seen.emplace(std::pair(item.id.source, item.id.event_id), i);
    if (inserted) continue;
    item.first = it->second;
    if (work.items[item.first].id.digest == item.id.digest) {
      item.duplicate = true;
    } else {
      item.violations.Add("event_id", kReused, kReusedText);
    }
  }
}

std::vector<uint64_t> Intake::HashesOfIds(const IntakeCall& call, const Pending& work) const {
  std::vector<uint64_t> hashes;
  for (const Pending::Item& item : work.items) {
    if (!item.violations.empty() || item.duplicate) continue;
    hashes.push_back(base::StableHash(absl::StrCat(call.shop, "/", item.id.source, "/", item.id.event_id)));
  }
  return hashes;
}

absl::Status Intake::FindKnown(const IntakeCall& call, Pending& work) const {
  std::vector<EventId> ids;
  std::vector<size_t> places;
  for (size_t i = 0; i < work.items.size(); ++i) {
    if (work.items[i].violations.empty() && !work.items[i].duplicate) {
      ids.push_back(work.items[i].id);
      places.push_back(i);
    }
  }
  if (ids.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto known, parts_.ids.Find(call.shop, ids));
  for (size_t k = 0; k < places.size(); ++k) {
    if (!known[k]) continue;
    Pending::Item& item = work.items[places[k]];
    item.position = known[k]->position;
    if (known[k]->digest == item.id.digest) {
      item.duplicate = true;
    } else {
      item.violations.Add("event_id", kReused, kReusedText);
    }
  }
  return absl::OkStatus();
}

absl::Status Intake::Append(const IntakeCall& call, absl::Time now, Pending& work) const {
  struct TopicBatch {
    std::vector<log::NewRecord> records;
    std::vector<size_t> places;
  };
  absl::btree_map<std::string, TopicBatch> batches;
  const RoutingContext routing{call.shop, parts_.subject_secret, now, call.imported, call.trace, parts_.sealer};
  for (size_t i = 0; i < work.items.size(); ++i) {
    const Pending::Item& item = work.items[i];
    if (!item.violations.empty() || item.duplicate) continue;
    ASSIGN_OR_RETURN(RoutedEvent routed, RouteEvent(*item.event, routing));
    TopicBatch& batch = batches[routed.topic];
    batch.records.push_back({std::move(routed.key), std::move(routed.bytes)});
    batch.places.push_back(i);
  }
  std::vector<EventIdStore::Entry> appended;
  absl::Status failure;
  for (auto& [topic, batch] : batches) {
    const auto positions = parts_.log.Append(topic, batch.records);
    if (!positions.ok()) {
      failure = positions.status();
      continue;
    }
    for (size_t k = 0; k < batch.places.size(); ++k) {
      Pending::Item& item = work.items[batch.places[k]];
      item.position = (*positions)[k];
      appended.push_back({item.id, item.position});
    }
  }
  if (!appended.empty()) {
    const absl::Status remembered = parts_.ids.Remember(call.shop, appended, now, call.imported);
    if (failure.ok()) failure = remembered;
  }
  return failure;
}

absl::Status Intake::ReportRefusals(const IntakeCall& call, absl::Time now, const Pending& work) const {
  absl::btree_map<std::string, absl::btree_map<std::string, int64_t>> by_source;
  for (const Pending::Item& item : work.items) {
    if (!item.violations.empty()) ++by_source[item.id.source.substr(0, 200)][item.violations.list()[0].reason];
  }
  std::vector<log::NewRecord> records;
  for (const auto& [source, reasons] : by_source) {
    const std::string shown = base::CheckId(source).ok() ? source : "(invalid)";
    kontor::events::v1::EventsRefused refused;
    refused.set_source(shown);
    refused.set_import_name(call.import_name);
    for (const auto& [reason, count] : reasons) {
      auto* entry = refused.add_counts();
      entry->set_reason(reason);
      entry->set_count(count);
    }
    kontor::events::v1::EventRecord record;
    record.set_shop(call.shop);
    record.set_event_id(absl::StrCat(call.call_id, "/", shown));
    record.set_source("ingest");
    record.set_type(refused.GetDescriptor()->full_name());
    fleet::SetTime(now, *record.mutable_occurred_at());
    fleet::SetTime(now, *record.mutable_received_at());
    record.set_imported(call.imported);
    refused.SerializeToString(record.mutable_payload());
    records.push_back({absl::StrCat(call.shop, "/", shown), record.SerializeAsString()});
  }
  if (records.empty()) return absl::OkStatus();
  return parts_.log.Append(fleet::kRefused, records).status();
}

absl::StatusOr<std::vector<EventVerdict>> Intake::Take(const IntakeCall& call, absl::Span<const Event* const> events) {
  const absl::Time now = parts_.clock.Now();
  Pending work;
  work.items.resize(events.size());
  for (size_t i = 0; i < events.size(); ++i) work.items[i].event = events[i];
  Validate(call, now, work);
  const IdsUnderWay::Hold hold = under_way_.Take(HashesOfIds(call, work));
  RETURN_IF_ERROR(FindKnown(call, work));
  RETURN_IF_ERROR(Append(call, now, work));
  RETURN_IF_ERROR(ReportRefusals(call, now, work));

  std::vector<EventVerdict> verdicts(events.size());
  for (size_t i = 0; i < work.items.size(); ++i) {
    const Pending::Item& item = work.items[i];
    const Pending::Item& first = work.items[item.first];
    EventVerdict& verdict = verdicts[i];
    verdict.set_event_id(base::IsValidUtf8(item.id.event_id) ? item.id.event_id : "");
    std::string outcome = item.duplicate ? "duplicate" : "accepted";
    if (!item.violations.empty()) {
      verdict.set_outcome(EventVerdict::OUTCOME_REFUSED);
      outcome = item.violations.list()[0].reason;
      for (const base::Violation& v : item.violations.list()) {
        auto* out = verdict.add_violations();
        out->set_field(v.field);
        out->set_reason(v.reason);
        out->set_description(v.description);
      }
    } else {
      verdict.set_outcome(item.duplicate ? EventVerdict::OUTCOME_DUPLICATE : EventVerdict::OUTCOME_ACCEPTED);
      CopyPosition(first.position, *verdict.mutable_position());
    }
    const bool accepted = verdict.outcome() == EventVerdict::OUTCOME_ACCEPTED;
    const std::string source = base::CheckId(item.id.source).ok() ? item.id.source : "(invalid)";
    parts_.quality.Count({call.shop, source, outcome},
                         accepted ? fleet::TimeOf(item.event->occurred_at()) : absl::InfinitePast(), now,
                         accepted || item.duplicate ? "" : item.violations.list()[0].description);
  }
  return verdicts;
}

}  // namespace kontor::ingest
