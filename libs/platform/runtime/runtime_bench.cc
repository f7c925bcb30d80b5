// The cost of an empty handler through the whole wrapper, client and server in one process:
// --benchmark_counters_tabular.

#include "benchmark/benchmark.h"
#include "libs/platform/runtime/log.h"
#include "libs/platform/runtime/testdata/echo_fixture.h"

namespace kontor::runtime::testdata {
namespace {

// The fixture's server and keys outside of a test.
class NoopServer : public EchoFixture {
 public:
  explicit NoopServer(bool inline_ok) {
    SetLogLevel(LogLevel::kError);
    options_.quota_calls_per_second = 0;
    options_.queue_length = 4096;
    echo_options_.inline_ok = inline_ok;
    echo_ = [](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> { return EchoResponse(); };
    Start();
  }
  void TestBody() override {}
  EchoService::Stub& stub() { return *stub_; }
};

struct PendingCall {
  grpc::ClientContext context;
  EchoResponse response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<EchoResponse>> reader;
};

// `outstanding` calls at any time, from one thread.
void Noop(benchmark::State& state) {
  NoopServer server(state.range(1) != 0);
  grpc::CompletionQueue queue;
  EchoRequest request;
  request.set_parent("shops/default");
  const auto send = [&] {
    auto* call = new PendingCall;
    PrepareCall(call->context, "store", absl::Seconds(10));
    call->reader = server.stub().AsyncEcho(&call->context, request, &queue);
    call->reader->Finish(&call->response, &call->status, call);
  };
  const auto receive = [&] {
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    const std::unique_ptr<PendingCall> call(static_cast<PendingCall*>(tag));
    if (!call->status.ok()) state.SkipWithError(call->status.error_message().c_str());
  };
  for (int i = 0; i < state.range(0); ++i) send();
  for (auto _ : state) {
    receive();
    send();
  }
  for (int i = 0; i < state.range(0); ++i) receive();
  state.counters["calls_per_second"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(Noop)->ArgNames({"outstanding", "inline"})->ArgsProduct({{1, 64}, {0, 1}})->UseRealTime();

// A call without a key: what the wrapper costs when it refuses.
void Refusal(benchmark::State& state) {
  NoopServer server(false);
  EchoRequest request;
  for (auto _ : state) {
    grpc::ClientContext context;
    EchoResponse response;
    if (server.stub().Echo(&context, request, &response).ok()) state.SkipWithError("not refused");
  }
}
BENCHMARK(Refusal)->UseRealTime();

}  // namespace
}  // namespace kontor::runtime::testdata

BENCHMARK_MAIN();
