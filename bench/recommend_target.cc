#include "bench/recommend_target.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <utility>
#include <vector>

#include "kontor/recommendations/v1/recommendation_service.grpc.pb.h"
#include "libs/base/mutex.h"
#include "libs/platform/runtime/client.h"

namespace kontor::bench {

namespace v1 = kontor::recommendations::v1;

struct RecommendTarget::PendingCall {
  grpc::ClientContext context;
  v1::RecommendResponse response;
};

struct RecommendTarget::Impl {
  std::string key;
  std::vector<std::unique_ptr<v1::RecommendationService::Stub>> stubs;
  std::array<std::atomic<int64_t>, 17> codes = {};
  base::Mutex mutex;
  base::CondVar closed;
  int64_t open ABSL_GUARDED_BY(mutex) = 0;

  std::shared_ptr<PendingCall> NewCall();
  // Calls hold their channel. The last holder waits for gRPC's threads to end, so it must not be a call that ends on
  // one.
  void WaitForCalls() {
    base::MutexLock lock(mutex);
    while (open > 0) closed.Wait(mutex);
  }
};

RecommendTarget::RecommendTarget(const std::string& address, std::string key, int connections)
    : impl_(std::make_unique<Impl>()) {
  impl_->key = std::move(key);
  for (int i = 0; i < connections; ++i) {
    runtime::ChannelOptions options;
    options.target = address;
    impl_->stubs.push_back(v1::RecommendationService::NewStub(runtime::NewChannel(options)));
  }
}

RecommendTarget::~RecommendTarget() { impl_->WaitForCalls(); }

std::shared_ptr<RecommendTarget::PendingCall> RecommendTarget::Impl::NewCall() {
  {
    base::MutexLock lock(mutex);
    ++open;
  }
  return std::shared_ptr<PendingCall>(new PendingCall, [this](PendingCall* call) {
    delete call;
    base::MutexLock lock(mutex);
    --open;
    closed.NotifyAll();
  });
}

StartCall RecommendTarget::Calls(const RequestMix& mix, absl::Duration timeout) {
  return [this, &mix, timeout](int64_t index, std::function<void(bool)> done) {
    const auto number = static_cast<size_t>(index);
    std::shared_ptr<PendingCall> call = impl_->NewCall();
    runtime::PrepareCall(call->context, impl_->key, timeout);
    impl_->stubs[number % impl_->stubs.size()]->async()->Recommend(
        &call->context, &mix.requests[number % mix.requests.size()], &call->response,
        [this, call, done = std::move(done)](const grpc::Status& status) {
          ++impl_->codes[static_cast<size_t>(status.error_code()) % impl_->codes.size()];
          done(status.ok());
        });
  };
}

std::array<int64_t, 17> RecommendTarget::Codes() const {
  std::array<int64_t, 17> codes;
  for (size_t i = 0; i < codes.size(); ++i) codes[i] = impl_->codes[i];
  return codes;
}

}  // namespace kontor::bench
