#include "bench/recommend_target.h"

#include <grpcpp/grpcpp.h>

#include <utility>
#include <vector>

#include "kontor/recommendations/v1/recommendation_service.grpc.pb.h"
#include "libs/platform/runtime/client.h"

namespace kontor::bench {

namespace v1 = kontor::recommendations::v1;

struct RecommendTarget::Impl {
  std::string key;
  std::vector<std::unique_ptr<v1::RecommendationService::Stub>> stubs;
};

namespace {

struct PendingCall {
  grpc::ClientContext context;
  v1::RecommendResponse response;
};

}  // namespace

RecommendTarget::RecommendTarget(const std::string& address, std::string key, int connections)
    : impl_(std::make_unique<Impl>()) {
  impl_->key = std::move(key);
  for (int i = 0; i < connections; ++i) {
    runtime::ChannelOptions options;
    options.target = address;
    impl_->stubs.push_back(v1::RecommendationService::NewStub(runtime::NewChannel(options)));
  }
}

RecommendTarget::~RecommendTarget() = default;

StartCall RecommendTarget::Calls(const RequestMix& mix) {
  return [this, &mix](int64_t index, std::function<void(bool)> done) {
    const auto number = static_cast<size_t>(index);
    auto call = std::make_shared<PendingCall>();
    runtime::PrepareCall(call->context, impl_->key, absl::Seconds(10));
    impl_->stubs[number % impl_->stubs.size()]->async()->Recommend(
        &call->context, &mix.requests[number % mix.requests.size()], &call->response,
        [call, done = std::move(done)](const grpc::Status& status) { done(status.ok()); });
  };
}

}  // namespace kontor::bench
