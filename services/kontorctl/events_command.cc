#include <google/protobuf/util/json_util.h>
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "kontor/events/v1/event.pb.h"
#include "kontor/ingest/v1/ingest_service.grpc.pb.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"
#include "libs/platform/runtime/client.h"
#include "libs/platform/runtime/errors.h"
#include "services/kontorctl/commands.h"
#include "services/kontorctl/session.h"
#include "services/kontorctl/session_options.h"

namespace kontor::ctl {
namespace {

namespace v1 = kontor::ingest::v1;

// The payload as JSON, when this binary knows its type.
std::string PayloadJson(const kontor::events::v1::EventRecord& record) {
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  const auto* type = pool->FindMessageTypeByName(record.type());
  if (type == nullptr) return "(unknown type)";
  const std::unique_ptr<google::protobuf::Message> payload(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  std::string json;
  if (!payload->ParseFromString(record.payload()) ||
      !google::protobuf::util::MessageToJsonString(*payload, &json).ok()) {
    return "(unreadable payload)";
  }
  return json;
}

}  // namespace

absl::Status RunEvents(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {"topic", "limit"}, {"all"}));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  ASSIGN_OR_RETURN(const int64_t limit, arguments.Int("limit", 0));
  v1::TailEventsRequest request;
  request.set_parent(session.shop());
  request.set_from_beginning(arguments.Has("all"));
  request.set_limit(limit);
  for (const std::string& word : arguments.List("topic")) request.add_topics(word);

  grpc::ClientContext context;
  runtime::PrepareCall(context, session.key(), absl::Hours(24 * 365));
  const auto stub = v1::EventService::NewStub(session.channel("ingest"));
  const auto reader = stub->TailEvents(&context, request);
  v1::TailEventsResponse response;
  while (reader->Read(&response)) {
    const auto& record = response.record();
    std::printf("%s/%d@%lld  %s  %s  %s  %s\n", response.position().topic().c_str(), response.position().partition(),
                static_cast<long long>(response.position().offset()),
                absl::FormatTime(absl::RFC3339_sec, fleet::TimeOf(record.occurred_at()), absl::UTCTimeZone()).c_str(),
                record.type().substr(record.type().rfind('.') + 1).c_str(), record.event_id().c_str(),
                PayloadJson(record).c_str());
    std::fflush(stdout);
  }
  const grpc::Status status = reader->Finish();
  return status.ok() ? absl::OkStatus() : runtime::FromGrpc(status);
}

}  // namespace kontor::ctl
