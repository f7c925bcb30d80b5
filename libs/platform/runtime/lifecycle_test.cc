// Start, health, metrics, reflection, keys that change, drain, and a process that is told to stop.
#include <signal.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "libs/platform/runtime/application.h"
#include "libs/platform/runtime/log.h"
#include "libs/platform/runtime/reflection.h"
#include "libs/platform/runtime/testdata/echo_fixture.h"
#include "libs/testing/http_get.h"

namespace kontor::runtime::testdata {
namespace {

using kontor::testing::HttpGet;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LifecycleTest : public EchoFixture {
 protected:
  std::shared_ptr<grpc::Channel> Admin() { return NewChannel({absl::StrCat("127.0.0.1:", server_->admin_port())}); }

  // The serialised grpc.health.v1.HealthCheckResponse: field 1 is the status, 1 for SERVING, 2 for NOT_SERVING.
  int Health() {
    grpc::GenericStub stub(Admin());
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const grpc::Slice empty("");
    grpc::ByteBuffer response;
    grpc::Status status;
    auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", grpc::ByteBuffer(&empty, 1), &queue);
    call->StartCall();
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    grpc::Slice bytes;
    if (!queue.Next(&tag, &ok) || !status.ok() || !response.DumpToSingleSlice(&bytes).ok() || bytes.size() != 2) {
      return -1;
    }
    return bytes.begin()[1];
  }
};

TEST_F(LifecycleTest, HealthAndProbesFollowReadiness) {
  Start();
  EXPECT_EQ(Health(), 1);
  EXPECT_THAT(HttpGet(server_->metrics_port(), "/healthz"), HasSubstr("200 OK"));
  EXPECT_THAT(HttpGet(server_->metrics_port(), "/readyz"), HasSubstr("ready"));
  server_->Drain(absl::ZeroDuration());
  EXPECT_EQ(Health(), 2);
  EXPECT_THAT(HttpGet(server_->metrics_port(), "/healthz"), HasSubstr("200 OK"));
  EXPECT_THAT(HttpGet(server_->metrics_port(), "/readyz"), HasSubstr("503 Service Unavailable"));
}

TEST_F(LifecycleTest, ReadinessDependsOnEveryPart) {
  std::atomic<bool> warm{false}, caught_up{false};
  options_.public_address.clear();
  Server server(options_);
  server.AddReadiness("oven", [&] { return warm ? absl::OkStatus() : absl::UnavailableError("it is cold"); });
  server.AddReadiness("view", [&] { return caught_up ? absl::OkStatus() : absl::UnavailableError("it is behind"); });
  ASSERT_TRUE(server.Start().ok());
  EXPECT_THAT(HttpGet(server.metrics_port(), "/readyz"), HasSubstr("oven: it is cold"));
  warm = true;
  EXPECT_THAT(HttpGet(server.metrics_port(), "/readyz"), HasSubstr("view: it is behind"));
  warm = false;
  caught_up = true;
  EXPECT_THAT(HttpGet(server.metrics_port(), "/readyz"), HasSubstr("oven: it is cold"));
  warm = true;
  EXPECT_THAT(HttpGet(server.metrics_port(), "/readyz"), HasSubstr("200 OK"));
}

TEST_F(LifecycleTest, MetricsCarryTheEcosystemsNames) {
  Start();
  EXPECT_TRUE(CallEcho("store", Request("x")).ok());
  EXPECT_FALSE(CallEcho("", Request("x")).ok());
  const std::string text = HttpGet(server_->metrics_port(), "/metrics");
  const std::string labels =
      "grpc_method=\"Echo\",grpc_service=\"kontor.runtime.testdata.EchoService\","
      "grpc_type=\"unary\"}";
  EXPECT_THAT(text, HasSubstr("\ngrpc_server_started_total{" + labels + " 2"));
  EXPECT_THAT(text, HasSubstr("\ngrpc_server_handled_total{grpc_code=\"OK\"," + labels + " 1"));
  EXPECT_THAT(text, HasSubstr("\ngrpc_server_handled_total{grpc_code=\"Unauthenticated\"," + labels + " 1"));
  EXPECT_THAT(text, HasSubstr("\ngrpc_server_msg_received_total{" + labels + " 1"));
  EXPECT_THAT(text, HasSubstr("\ngrpc_server_handling_seconds_count{" + labels + " 2"));
  EXPECT_FALSE(absl::StrContains(text, "default")) << "a shop's id is in a label";
}

TEST_F(LifecycleTest, ReflectionOnTheAdminPortListsWhatMustAskForAKey) {
  Start();
  const auto methods = ListMethods(Admin());
  ASSERT_TRUE(methods.ok()) << methods.status();
  std::vector<std::string> names;
  for (const ReflectedMethod& method : *methods) {
    names.push_back(method.full_name.substr(method.full_name.find('/') + 1));
    const absl::Status status = CallWithoutKey(channel_, method, "", 5000);
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << method.full_name;
    EXPECT_EQ(CallWithoutKey(Admin(), method, "", 5000).code(), absl::StatusCode::kUnimplemented);
  }
  EXPECT_THAT(names, ElementsAre("Echo", "Repeat", "Collect", "Chat", "UpdateItem", "Global"));
}

TEST_F(LifecycleTest, ThePublicPortOffersNeitherReflectionNorHealth) {
  Start();
  EXPECT_FALSE(ListMethods(channel_).ok());
  for (const char* method :
       {"grpc.health.v1.Health/Check", "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"}) {
    EXPECT_EQ(CallWithoutKey(channel_, {method}, "", 5000).code(), absl::StatusCode::kUnimplemented) << method;
  }
}

TEST_F(LifecycleTest, ChangedKeysAreLoaded) {
  Start();
  EXPECT_EQ(base::ErrorReason(CallEcho("new", Request("x")).status()), "KEY_UNKNOWN");
  WriteFile(keys_path_, absl::StrCat("{\"keys\":[", KeyEntry("new", "default", "ROLE_STOREFRONT"), "]}"));
  const absl::Time until = absl::Now() + absl::Seconds(10);
  while (!CallEcho("new", Request("x")).ok() && absl::Now() < until) std::this_thread::yield();
  EXPECT_TRUE(CallEcho("new", Request("x")).ok());
  EXPECT_EQ(base::ErrorReason(CallEcho("store", Request("x")).status()), "KEY_UNKNOWN");
}

TEST_F(LifecycleTest, DrainLetsRunningCallsEndAndRefusesNewOnes) {
  std::promise<void> entered;
  std::promise<void> go;
  std::shared_future<void> may_go = go.get_future().share();
  echo_ = [&entered, may_go](const CallContext& context, const EchoRequest& request) -> absl::StatusOr<EchoResponse> {
    entered.set_value();
    may_go.wait();
    EXPECT_TRUE(context.draining());
    EXPECT_FALSE(context.cancelled());
    EchoResponse response;
    response.set_text(request.text());
    return response;
  };
  Start();
  auto running = std::async(std::launch::async, [&] { return CallEcho("store", Request("kept")); });
  entered.get_future().wait();
  auto drain = std::async(std::launch::async, [&] { server_->Drain(absl::Seconds(30)); });
  while (Health() != 2) std::this_thread::yield();
  EXPECT_EQ(CallEcho("store", Request("late"), absl::Seconds(5)).status().code(), absl::StatusCode::kUnavailable);
  go.set_value();
  drain.wait();
  const auto response = running.get();
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->text(), "kept");
}

TEST_F(LifecycleTest, CallsThatOutliveTheGraceAreCancelled) {
  std::promise<void> entered;
  chat_ = [&entered](const CallContext&, Reader<EchoRequest>& reader, Writer<EchoResponse>&) -> absl::Status {
    entered.set_value();
    absl::Status status;
    while (status.ok()) status = reader.Read().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
    return status;
  };
  Start();
  grpc::ClientContext context;
  PrepareCall(context, "store", absl::Seconds(30));
  auto stream = stub_->Chat(&context);
  ASSERT_TRUE(stream->Write(Request("x")));
  entered.get_future().wait();
  const absl::Time before = absl::Now();
  server_->Drain(absl::Milliseconds(100));
  EXPECT_LT(absl::Now() - before, absl::Seconds(5));
  EXPECT_FALSE(stream->Finish().ok());
}

TEST_F(LifecycleTest, EndlessStreamsEndThemselvesAtTheDrain) {
  std::promise<void> entered;
  repeat_ = [&entered](const CallContext& context, const EchoRequest&, Writer<EchoResponse>&) -> absl::Status {
    entered.set_value();
    while (context.Sleep(absl::Minutes(1))) {
    }
    return absl::UnavailableError("connect again");
  };
  Start();
  grpc::ClientContext context;
  PrepareCall(context, "store", absl::InfiniteDuration());
  auto reader = stub_->Repeat(&context, Request("x"));
  entered.get_future().wait();
  server_->Drain(absl::Seconds(30));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

class MainDeathTest : public LifecycleTest {
 protected:
  // Runs Main in a fresh process, which gets SIGTERM while a call runs. Returns its code plus 10 per broken promise.
  int ServeUntilTold() {
    char name[] = "test";
    char* argv[] = {name, nullptr};
    std::atomic<int> broken{0};
    std::string order;
    std::promise<void> inside;
    echo_ = [&](const CallContext& context, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
      inside.set_value();
      while (!context.draining()) std::this_thread::yield();
      if (!order.empty()) broken += 10;  // hooks run after the drain
      return EchoResponse();
    };
    std::thread caller;
    const int code = Main(1, argv, [&](Application& app) -> absl::Status {
      app.OnStop("first", [&] { order += "1"; });
      app.OnStop("second", [&] { order += "2"; });
      Server& server = app.MakeServer(options_);
      RegisterAll(server);
      caller = std::thread([&] {
        while (server.port() <= 0) std::this_thread::yield();
        stub_ = EchoService::NewStub(NewChannel({absl::StrCat("127.0.0.1:", server.port())}));
        auto call = std::async(std::launch::async, [&] { return CallEcho("store", Request("x")).ok(); });
        inside.get_future().wait();
        kill(getpid(), SIGTERM);
        if (!call.get()) broken += 10;
      });
      return absl::OkStatus();
    });
    caller.join();
    return code + broken + (order == "21" ? 0 : 10);
  }
};

TEST_F(MainDeathTest, SigtermDrainsThenRunsTheHooksInReverse) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(exit(ServeUntilTold()), ::testing::ExitedWithCode(0), "stopping");
}

TEST_F(MainDeathTest, AFailedSetUpIsOneSentenceAndOne) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  char name[] = "test";
  char flag[] = "--config=/nowhere.json";
  char* argv[] = {name, flag, nullptr};
  EXPECT_EXIT(exit(Main(2, argv, [](Application& app) { return app.Load<EchoRequest>().status(); })),
              ::testing::ExitedWithCode(1), "cannot read the configuration file /nowhere.json");
}

TEST_F(MainDeathTest, APartCanAskForTheStop) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  char name[] = "test";
  char* argv[] = {name, nullptr};
  EXPECT_EXIT(exit(Main(1, argv,
                        [](Application& app) {
                          app.RequestStop(absl::DataLossError("the disk is gone"));
                          return absl::OkStatus();
                        })),
              ::testing::ExitedWithCode(1), "the disk is gone");
}

}  // namespace
}  // namespace kontor::runtime::testdata
