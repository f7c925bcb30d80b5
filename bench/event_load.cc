#include "bench/event_load.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "kontor/analytics/v1/analytics_service.grpc.pb.h"
#include "kontor/ingest/v1/ingest_service.grpc.pb.h"
#include "kontor/recommendations/v1/recommendation_service.grpc.pb.h"
#include "libs/base/mutex.h"
#include "libs/base/random.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"
#include "libs/platform/runtime/client.h"
#include "libs/platform/runtime/errors.h"
#include "services/kontorctl/import_client.h"
#include "services/kontorctl/session.h"
#include "services/kontorctl/unit_source.h"

namespace kontor::bench {
namespace {

namespace v1 = kontor::ingest::v1;
using events::v1::Event;
using Positions = std::map<std::pair<std::string, int>, type::v1::LogPosition>;  // the last of each partition
using Steady = std::chrono::steady_clock;

constexpr uint64_t kSeed = 20'171'231;
constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr absl::Duration kPause = absl::Milliseconds(5);  // before a refused call is made again

double SecondsSince(Steady::time_point begin) { return std::chrono::duration<double>(Steady::now() - begin).count(); }

absl::Status ReadUnits(ctl::UnitSource& source, int64_t limit, std::vector<Event>& events) {
  v1::ImportUnit unit;
  while (static_cast<int64_t>(events.size()) < limit && source.Next(unit)) {
    if (unit.has_event()) events.push_back(unit.event());
  }
  return absl::OkStatus();
}

absl::Status ReadFile(const std::string& file, const std::string& mapping_file, int64_t limit,
                      std::vector<Event>& events) {
  ASSIGN_OR_RETURN(const v1::ImportMapping mapping, ctl::LoadMapping(mapping_file));
  const auto read = [&](bool has, auto open) -> absl::Status {
    if (!has) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::unique_ptr<ctl::UnitSource> source, open(file, mapping));
    return ReadUnits(*source, limit, events);
  };
  RETURN_IF_ERROR(read(mapping.has_products(), ctl::OpenProducts));
  RETURN_IF_ERROR(read(mapping.has_orders(), ctl::OpenOrders));
  return read(mapping.has_behavior(), ctl::OpenBehavior);
}

// The same event as another one, happening now: intake takes old behaviour by imports only.
Event Repeated(Event event, int64_t round, absl::Time now) {
  fleet::SetTime(now, *event.mutable_occurred_at());
  absl::StrAppend(event.mutable_event_id(), "#", round);
  if (event.has_order_recorded()) absl::StrAppend(event.mutable_order_recorded()->mutable_order_id(), "#", round);
  return event;
}

// Calls of all connections.
struct Traffic {
  absl::Span<const v1::SendEventsRequest> calls;
  std::atomic<size_t> next{0};
  std::atomic<int64_t> refused{0};
  base::Mutex mutex;
  Positions last ABSL_GUARDED_BY(mutex);
  absl::Status failure ABSL_GUARDED_BY(mutex);

  void Note(const v1::SendEventsResponse& response) {
    base::MutexLock lock(mutex);
    for (const v1::EventVerdict& verdict : response.verdicts()) {
      if (verdict.outcome() != v1::EventVerdict::OUTCOME_ACCEPTED) {
        failure = absl::InternalError(absl::StrCat("an event was not accepted: ", verdict.ShortDebugString()));
        return;
      }
      const type::v1::LogPosition& position = verdict.position();
      type::v1::LogPosition& last_position = last[{position.topic(), position.partition()}];
      if (position.offset() >= last_position.offset()) last_position = position;
    }
  }
};

void SendCalls(const ctl::Session& session, Traffic& traffic) {
  const auto stub = v1::EventService::NewStub(session.channel("ingest"));
  for (size_t i = traffic.next++; i < traffic.calls.size(); i = traffic.next++) {
    v1::SendEventsRequest request = traffic.calls[i];
    request.set_parent(session.shop());
    for (;;) {
      grpc::ClientContext context;
      runtime::PrepareCall(context, session.key(), kPatience);
      v1::SendEventsResponse response;
      const grpc::Status status = stub->SendEvents(&context, request, &response);
      if (status.ok()) {
        traffic.Note(response);
        break;
      }
      const bool later = status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED ||
                         status.error_code() == grpc::StatusCode::UNAVAILABLE;
      if (!later) {
        base::MutexLock lock(traffic.mutex);
        traffic.failure = runtime::FromGrpc(status);
        return;
      }
      ++traffic.refused;
      absl::SleepFor(kPause);
    }
  }
}

// Answers of both services that reflect the positions; several waits, for one lasts ten seconds at most.
absl::Status WaitForViews(const ctl::Session& session, const Positions& positions) {
  analytics::v1::QueryKpisRequest query;
  query.add_metrics("orders");
  recommendations::v1::RecommendRequest recommend;
  for (const auto& [partition, position] : positions) {
    *query.add_read_after() = position;
    *recommend.add_read_after() = position;
  }
  const absl::Time give_up = absl::Now() + 5 * kPatience;
  for (;;) {
    absl::Status status = session.QueryKpis(query).status();
    if (status.ok()) status = session.Recommend(recommend).status();
    if (status.ok() || !absl::IsUnavailable(status) || absl::Now() > give_up) return status;
  }
}

}  // namespace

absl::StatusOr<EventLoad> EventLoad::Read(const std::vector<std::string>& files,
                                          const std::vector<std::string>& mappings, int64_t events, int64_t per_call) {
  if (files.size() != mappings.size())
    return absl::InvalidArgumentError("give --data and --mapping of the same length");
  std::vector<Event> found;
  for (size_t i = 0; i < files.size(); ++i) {
    std::vector<Event> of_file;
    RETURN_IF_ERROR(ReadFile(files[i], mappings[i], events, of_file));
    found.insert(found.end(), of_file.begin(), of_file.end());
  }
  if (found.empty()) return absl::InvalidArgumentError("the files hold no events");
  std::shuffle(found.begin(), found.end(), base::Random(kSeed));
  const absl::Time now = absl::Now();
  EventLoad load;
  const auto size = static_cast<int64_t>(found.size());
  for (; load.events_ < events; ++load.events_) {
    if (load.events_ % per_call == 0) load.calls_.emplace_back();
    Event& event = *load.calls_.back().add_events();
    event = Repeated(found[load.events_ % size], load.events_ / size, now);
    load.bytes_ += static_cast<int64_t>(event.ByteSizeLong());
  }
  return load;
}

absl::StatusOr<SentEvents> EventLoad::Send(const ctl::Arguments& arguments, int connections) {
  std::vector<ctl::Session> sessions;
  for (int i = 0; i < connections; ++i) {
    ASSIGN_OR_RETURN(sessions.emplace_back(), ctl::Session::Open(arguments));
    RETURN_IF_ERROR(sessions.back().WaitReady(kPatience));
  }
  Traffic traffic{calls_};
  const Steady::time_point begin = Steady::now();
  std::vector<std::thread> threads;
  for (const ctl::Session& session : sessions) threads.emplace_back([&] { SendCalls(session, traffic); });
  for (std::thread& thread : threads) thread.join();
  SentEvents sent;
  sent.events = events_;
  sent.mean_bytes = static_cast<double>(bytes_) / static_cast<double>(events_);
  sent.seconds_to_acknowledged = SecondsSince(begin);
  sent.refused_calls = traffic.refused;
  base::MutexLock lock(traffic.mutex);
  RETURN_IF_ERROR(traffic.failure);
  RETURN_IF_ERROR(WaitForViews(sessions.front(), traffic.last));
  sent.seconds_to_views = SecondsSince(begin);
  return sent;
}

}  // namespace kontor::bench
