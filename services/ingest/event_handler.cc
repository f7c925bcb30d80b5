#include "services/ingest/event_handler.h"

#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/topics.h"

namespace kontor::ingest {
namespace {

constexpr int kMaxEvents = 1'000;

// Where each partition of the topics asked for begins to be told.
absl::StatusOr<std::vector<log::Position>> TailStart(log::EventLog& log, const v1::TailEventsRequest& request) {
  std::vector<std::string> topics(request.topics().begin(), request.topics().end());
  if (topics.empty()) {
    for (const log::TopicSpec& topic : fleet::AllTopics(0)) topics.push_back(topic.name);
  }
  std::vector<log::Position> next;
  for (const std::string& topic : topics) {
    ASSIGN_OR_RETURN(const int partitions, log.Partitions(topic));
    for (int p = 0; p < partitions; ++p) {
      ASSIGN_OR_RETURN(const int64_t offset, request.from_beginning() ? log.Begin(topic, p) : log.End(topic, p));
      next.push_back({topic, p, offset});
    }
  }
  return next;
}

}  // namespace

absl::StatusOr<v1::SendEventsResponse> EventHandler::SendEvents(const runtime::CallContext& call,
                                                                const v1::SendEventsRequest& request) {
  return Take(call, call.trace_id, request.events());
}

absl::StatusOr<v1::SendEventsResponse> EventHandler::Take(
    const runtime::CallContext& call, const std::string& call_id,
    const google::protobuf::RepeatedPtrField<kontor::events::v1::Event>& sent) {
  base::Violations violations;
  if (sent.empty()) violations.Add("events", "MISSING", "send at least one event");
  if (sent.size() > kMaxEvents) {
    violations.Add("events", "TOO_MANY_EVENTS", "at most 1,000 events are taken at once; send them in several parts");
  }
  RETURN_IF_ERROR(violations.ToStatus());

  std::vector<const kontor::events::v1::Event*> events;
  events.reserve(sent.size());
  for (const auto& event : sent) events.push_back(&event);
  ASSIGN_OR_RETURN(std::vector<v1::EventVerdict> verdicts,
                   intake_.Take({call.shop, call.trace_id, false, "", call_id}, events));
  v1::SendEventsResponse response;
  for (v1::EventVerdict& verdict : verdicts) *response.add_verdicts() = std::move(verdict);
  return response;
}

absl::Status EventHandler::StreamEvents(const runtime::CallContext& call,
                                        runtime::Reader<v1::StreamEventsRequest>& reader,
                                        runtime::Writer<v1::SendEventsResponse>& writer) {
  for (int64_t number = 0;; ++number) {
    ASSIGN_OR_RETURN(const std::optional<v1::StreamEventsRequest> request, reader.Read());
    if (!request) return absl::OkStatus();
    ASSIGN_OR_RETURN(const v1::SendEventsResponse response,
                     Take(call, absl::StrCat(call.trace_id, "-", number), request->events()));
    RETURN_IF_ERROR(writer.Write(response));
  }
}

absl::Status EventHandler::TailEvents(const runtime::CallContext& call, const v1::TailEventsRequest& request,
                                      runtime::Writer<v1::TailEventsResponse>& writer) {
  ASSIGN_OR_RETURN(std::vector<log::Position> next, TailStart(log_, request));
  int64_t left = request.limit() > 0 ? request.limit() : std::numeric_limits<int64_t>::max();
  while (left > 0 && !call.cancelled() && !call.draining()) {
    ASSIGN_OR_RETURN(const std::vector<size_t> ready, log_.WaitForRecords(next, absl::Milliseconds(40)));
    for (const size_t i : ready) {
      log::Position& at = next[i];
      ASSIGN_OR_RETURN(const std::vector<log::LogRecord> records, log_.Read(at.topic, at.partition, at.offset, {500}));
      for (const log::LogRecord& record : records) {
        at.offset = record.offset + 1;
        v1::TailEventsResponse response;
        if (!response.mutable_record()->ParseFromString(record.bytes)) continue;
        if (response.record().shop() != call.shop || left == 0) continue;
        response.mutable_record()->clear_personal();
        response.mutable_position()->set_topic(at.topic);
        response.mutable_position()->set_partition(at.partition);
        response.mutable_position()->set_offset(record.offset);
        RETURN_IF_ERROR(writer.Write(response));
        --left;
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::QualityReport> EventHandler::GetQualityReport(const runtime::CallContext& call,
                                                                 const v1::GetQualityReportRequest&) {
  return quality_.Report(call.shop);
}

}  // namespace kontor::ingest
