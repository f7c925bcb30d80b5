#include "bench/search_target.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kontor/ingest/v1/ingest_service.grpc.pb.h"
#include "kontor/search/v1/search_service.grpc.pb.h"
#include "libs/base/mutex.h"
#include "libs/platform/runtime/client.h"
#include "libs/platform/runtime/errors.h"

namespace kontor::bench {
namespace {

namespace v1 = kontor::search::v1;
using ingest::v1::EventService, ingest::v1::EventVerdict, ingest::v1::SendEventsRequest, ingest::v1::SendEventsResponse;

constexpr absl::Duration kTimeout = absl::Seconds(10);

bool AllAccepted(const SendEventsResponse& response) {
  return std::all_of(response.verdicts().begin(), response.verdicts().end(),
                     [](const EventVerdict& verdict) { return verdict.outcome() == EventVerdict::OUTCOME_ACCEPTED; });
}

}  // namespace

struct SearchTarget::Impl {
  struct Connection {
    std::unique_ptr<v1::SearchService::Stub> search;
    std::unique_ptr<EventService::Stub> events;
  };
  template <typename Request, typename Response>
  struct PendingCall {
    grpc::ClientContext context;
    Request request;
    Response response;
  };

  std::string key;
  std::vector<Connection> connections;
  base::Mutex mutex;
  base::CondVar closed;
  int64_t open ABSL_GUARDED_BY(mutex) = 0;

  Connection& At(int64_t index) { return connections[static_cast<size_t>(index) % connections.size()]; }

  // A call holds its channel, whose last holder waits for gRPC's threads: the destructor waits for the calls instead.
  template <typename Request, typename Response>
  std::shared_ptr<PendingCall<Request, Response>> NewCall() {
    {
      base::MutexLock lock(mutex);
      ++open;
    }
    using Call = PendingCall<Request, Response>;
    std::shared_ptr<Call> call(new Call, [this](Call* ended) {
      delete ended;
      base::MutexLock lock(mutex);
      --open;
      closed.NotifyAll();
    });
    runtime::PrepareCall(call->context, key, kTimeout);
    return call;
  }
};

SearchTarget::SearchTarget(const std::string& address, std::string key, int connections)
    : impl_(std::make_unique<Impl>()) {
  impl_->key = std::move(key);
  for (int i = 0; i < connections; ++i) {
    runtime::ChannelOptions options;
    options.target = address;
    const auto channel = runtime::NewChannel(options);
    impl_->connections.push_back({v1::SearchService::NewStub(channel), EventService::NewStub(channel)});
  }
}

SearchTarget::~SearchTarget() {
  base::MutexLock lock(impl_->mutex);
  while (impl_->open > 0) impl_->closed.Wait(impl_->mutex);
}

StartCall SearchTarget::Searches(const std::vector<v1::SearchRequest>& requests) {
  return [this, &requests](int64_t index, std::function<void(bool)> done) {
    const auto call = impl_->NewCall<v1::SearchRequest, v1::SearchResponse>();
    impl_->At(index).search->async()->Search(
        &call->context, &requests[static_cast<size_t>(index) % requests.size()], &call->response,
        [call, done = std::move(done)](const grpc::Status& status) { done(status.ok()); });
  };
}

StartCall SearchTarget::Suggestions(const std::vector<v1::SuggestRequest>& requests) {
  return [this, &requests](int64_t index, std::function<void(bool)> done) {
    const auto call = impl_->NewCall<v1::SuggestRequest, v1::SuggestResponse>();
    impl_->At(index).search->async()->Suggest(
        &call->context, &requests[static_cast<size_t>(index) % requests.size()], &call->response,
        [call, done = std::move(done)](const grpc::Status& status) { done(status.ok()); });
  };
}

StartCall SearchTarget::Updates(std::function<SendEventsRequest(int64_t)> make) {
  return [this, make = std::move(make)](int64_t index, std::function<void(bool)> done) {
    const auto call = impl_->NewCall<SendEventsRequest, SendEventsResponse>();
    call->request = make(index);
    impl_->At(index).events->async()->SendEvents(&call->context, &call->request, &call->response,
                                                 [call, done = std::move(done)](const grpc::Status& status) {
                                                   done(status.ok() && AllAccepted(call->response));
                                                 });
  };
}

absl::StatusOr<v1::SearchResponse> SearchTarget::Search(const v1::SearchRequest& request) {
  grpc::ClientContext context;
  runtime::PrepareCall(context, impl_->key, kTimeout);
  v1::SearchResponse response;
  const grpc::Status status = impl_->At(0).search->Search(&context, request, &response);
  if (!status.ok()) return runtime::FromGrpc(status);
  return response;
}

absl::Status SearchTarget::Send(const SendEventsRequest& request) {
  grpc::ClientContext context;
  runtime::PrepareCall(context, impl_->key, kTimeout);
  SendEventsResponse response;
  const grpc::Status status = impl_->At(0).events->SendEvents(&context, request, &response);
  if (!status.ok()) return runtime::FromGrpc(status);
  if (AllAccepted(response)) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("an event was not accepted: ", response.ShortDebugString()));
}

}  // namespace kontor::bench
