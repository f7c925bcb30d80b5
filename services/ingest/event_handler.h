#pragma once

#include "kontor/ingest/v1/ingest_service.pb.h"
#include "libs/platform/runtime/server.h"
#include "services/ingest/intake.h"
#include "services/ingest/quality_store.h"

namespace kontor::ingest {

// kontor.ingest.v1.EventService: one function per RPC.
class EventHandler {
 public:
  EventHandler(Intake& intake, QualityStore& quality, log::EventLog& log)
      : intake_(intake), quality_(quality), log_(log) {}

  absl::StatusOr<kontor::ingest::v1::SendEventsResponse> SendEvents(
      const runtime::CallContext& call, const kontor::ingest::v1::SendEventsRequest& request);
  absl::Status StreamEvents(const runtime::CallContext& call,
                            runtime::Reader<kontor::ingest::v1::StreamEventsRequest>& reader,
                            runtime::Writer<kontor::ingest::v1::SendEventsResponse>& writer);
  absl::StatusOr<kontor::ingest::v1::QualityReport> GetQualityReport(
      const runtime::CallContext& call, const kontor::ingest::v1::GetQualityReportRequest& request);
  absl::Status TailEvents(const runtime::CallContext& call, const kontor::ingest::v1::TailEventsRequest& request,
                          runtime::Writer<kontor::ingest::v1::TailEventsResponse>& writer);

 private:
  absl::StatusOr<kontor::ingest::v1::SendEventsResponse> Take(
      const runtime::CallContext& call, const std::string& call_id,
      const google::protobuf::RepeatedPtrField<kontor::events::v1::Event>& events);

  Intake& intake_;
  QualityStore& quality_;
  log::EventLog& log_;
};

}  // namespace kontor::ingest
