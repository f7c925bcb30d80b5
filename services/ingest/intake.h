#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "kontor/events/v1/event.pb.h"
#include "kontor/ingest/v1/ingest_service.pb.h"
#include "libs/base/clock.h"
#include "libs/platform/fleet/sealer.h"
#include "libs/platform/log/event_log.h"
#include "services/ingest/event_id_store.h"
#include "services/ingest/ids_under_way.h"
#include "services/ingest/quality_book.h"

namespace kontor::ingest {

// One call's circumstances.
struct IntakeCall {
  std::string shop;
  std::string trace;
  bool imported = false;
  std::string import_name;  // of an import, for the refusals it reports
  std::string call_id;      // names the call's refusal records; the same for a call that is made again
};

// Validates, deduplicates and appends. Thread-safe.
class Intake {
 public:
  struct Parts {
    log::EventLog& log;
    EventIdStore& ids;
    QualityBook& quality;
    const fleet::Sealer& sealer;
    const base::Clock& clock;
    std::string subject_secret;
  };
  explicit Intake(Parts parts) : parts_(std::move(parts)) {}

  // One verdict per event, in order. Events with ACCEPTED are durable. An error means that the log could not take all
  // that was valid: the caller sends everything again, what got through is then a duplicate.
  absl::StatusOr<std::vector<kontor::ingest::v1::EventVerdict>> Take(
      const IntakeCall& call, absl::Span<const kontor::events::v1::Event* const> events);

 private:
  struct Pending;
  void Validate(const IntakeCall& call, absl::Time now, Pending& work) const;
  absl::Status FindKnown(const IntakeCall& call, Pending& work) const;
  absl::Status Append(const IntakeCall& call, absl::Time now, Pending& work) const;
  absl::Status ReportRefusals(const IntakeCall& call, absl::Time now, const Pending& work) const;

  std::vector<uint64_t> HashesOfIds(const IntakeCall& call, const Pending& work) const;

  Parts parts_;
  IdsUnderWay under_way_;
};

}  // namespace kontor::ingest
