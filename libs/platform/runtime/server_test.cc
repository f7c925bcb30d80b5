// The wrapper on the public port: all kinds of calls, who may call, limits, errors.
#include "libs/platform/runtime/server.h"

#include <sys/socket.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "libs/platform/runtime/reflection.h"
#include "libs/platform/runtime/testdata/echo_fixture.h"

namespace kontor::runtime::testdata {
namespace {

using ::testing::HasSubstr;

class ServerTest : public EchoFixture {};

TEST_F(ServerTest, AnswersUnaryCalls) {
  Start();
  const auto response = CallEcho("store", Request("hello"));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->text(), "hello");
}

TEST_F(ServerTest, TellsTheHandlerWhoCalls) {
  CallContext seen;
  echo_ = [&seen](const CallContext& context, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    seen = context;
    return EchoResponse();
  };
  Start();
  grpc::ClientContext context;
  PrepareCall(context, "", absl::Seconds(5));
  context.AddMetadata("authorization", "Bearer operator");
  EchoResponse response;
  ASSERT_TRUE(stub_->Echo(&context, Request("", 0, "shops/books/imports/7"), &response).ok());
  EXPECT_EQ(seen.method, "kontor.runtime.testdata.EchoService/Echo");
  EXPECT_EQ(seen.shop, "books");
  EXPECT_EQ(seen.key_label, "operator");
  EXPECT_EQ(seen.roles, std::vector<type::v1::Role>{type::v1::ROLE_OPERATOR});
  EXPECT_EQ(seen.trace_id.size(), 32u);
  EXPECT_GT(seen.remaining(), absl::ZeroDuration());
  EXPECT_LT(seen.remaining(), absl::Seconds(6));  // the transport rounds the caller's 5 s up a little
}

TEST_F(ServerTest, GoesOnWithTheCallersTrace) {
  std::string seen;
  echo_ = [&seen](const CallContext& context, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    seen = absl::StrCat(context.trace_id, "/", context.parent_span_id);
    return EchoResponse();
  };
  Start();
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer store");
  context.AddMetadata("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  EchoResponse response;
  ASSERT_TRUE(stub_->Echo(&context, Request(""), &response).ok());
  EXPECT_EQ(seen, "0af7651916cd43dd8448eb211c80319c/b7ad6b7169203331");
}

TEST_F(ServerTest, StreamsAnswers) {
  Start();
  grpc::ClientContext context;
  PrepareCall(context, "store", absl::Seconds(20));
  auto reader = stub_->Repeat(&context, Request("x", 1000));
  EchoResponse response;
  int read = 0;
  while (reader->Read(&response)) EXPECT_EQ(response.count(), read++);
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(read, 1000);
}

TEST_F(ServerTest, CollectsRequests) {
  Start();
  grpc::ClientContext context;
  PrepareCall(context, "store", absl::Seconds(20));
  EchoResponse response;
  auto writer = stub_->Collect(&context, &response);
  for (int i = 1; i <= 100; ++i) ASSERT_TRUE(writer->Write(Request("ab", i)));
  writer->WritesDone();
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(response.count(), 5050);  // 1 + 2 + … + 100
  EXPECT_EQ(response.text().size(), 200u);
}

TEST_F(ServerTest, Chats) {
  Start();
  grpc::ClientContext context;
  PrepareCall(context, "store", absl::Seconds(20));
  auto stream = stub_->Chat(&context);
  EchoResponse response;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(stream->Write(Request(absl::StrCat(i))));
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.text(), absl::StrCat(i));
  }
  stream->WritesDone();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(ServerTest, InlineHandlersAnswer) {
  echo_options_.inline_ok = true;
  Start();
  EXPECT_TRUE(CallEcho("store", Request("hello")).ok());
}

TEST_F(ServerTest, RefusesCallsWithoutAKnownKey) {
  Start();
  const absl::Status none = CallEcho("", Request("x")).status();
  EXPECT_EQ(none.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(base::ErrorReason(none), "KEY_MISSING");
  for (const std::string& key :
       {std::string("nobody"), std::string(10'000, 'k').substr(0, 4000), std::string("Store")}) {
    const absl::Status unknown = CallEcho(key, Request("x")).status();
    EXPECT_EQ(unknown.code(), absl::StatusCode::kUnauthenticated);
    EXPECT_EQ(base::ErrorReason(unknown), "KEY_UNKNOWN");
  }
}

TEST_F(ServerTest, RefusesTwoKeysAndOtherSchemes) {
  Start();
  for (const bool twice : {true, false}) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", twice ? "Bearer store" : "Basic c3RvcmU6");
    if (twice) context.AddMetadata("authorization", "Bearer store");
    EchoResponse response;
    EXPECT_EQ(stub_->Echo(&context, Request("x"), &response).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  }
}

TEST_F(ServerTest, NamesTheRoleThatIsMissing) {
  Start();
  const absl::Status status = CallEcho("analyst", Request("x")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(base::ErrorReason(status), "ROLE_MISSING");
  EXPECT_THAT(std::string(status.message()), HasSubstr("ROLE_STOREFRONT or ROLE_OPERATOR"));
}

TEST_F(ServerTest, KeepsShopsApart) {
  Start();
  const absl::Status other = CallEcho("other", Request("x")).status();
  EXPECT_EQ(other.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(base::ErrorReason(other), "WRONG_SHOP");
  EXPECT_TRUE(CallEcho("other", Request("x", 0, "shops/other/things/1")).ok());
  EXPECT_TRUE(CallEcho("operator", Request("x", 0, "shops/any")).ok());
}

TEST_F(ServerTest, RefusesRequestsThatNameNoShop) {
  Start();
  for (const char* parent : {"", "default", "shops/", "shops/A", "shops/default'; DROP", "products/1"}) {
    const absl::Status status = CallEcho("store", Request("x", 0, parent)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << parent;
    ASSERT_EQ(base::ErrorViolations(status).size(), 1u);
    EXPECT_EQ(base::ErrorViolations(status)[0].field, "parent");
    EXPECT_EQ(base::ErrorViolations(status)[0].reason, "BAD_RESOURCE_NAME");
  }
}

TEST_F(ServerTest, FindsTheShopOfAnUpdateInItsResource) {
  Start();
  grpc::ClientContext context;
  PrepareCall(context, "operator", absl::Seconds(20));
  UpdateItemRequest request;
  request.mutable_item()->set_name("products/1");
  Item item;
  const absl::Status status = FromGrpc(stub_->UpdateItem(&context, request, &item));
  ASSERT_EQ(base::ErrorViolations(status).size(), 1u);
  EXPECT_EQ(base::ErrorViolations(status)[0].field, "item.name");
}

TEST_F(ServerTest, MethodsWithoutShopGetTheKeys) {
  Start();
  grpc::ClientContext context;
  PrepareCall(context, "other", absl::Seconds(20));
  EchoResponse response;
  ASSERT_TRUE(stub_->Global(&context, GlobalRequest(), &response).ok());
  EXPECT_EQ(response.text(), "other");
}

TEST_F(ServerTest, LaterMessagesOfAStreamCannotChangeTheShop) {
  Start();
  for (const char* key : {"store", "everywhere"}) {
    grpc::ClientContext context;
    PrepareCall(context, key, absl::Seconds(20));
    EchoResponse response;
    auto writer = stub_->Collect(&context, &response);
    writer->Write(Request("a"));
    writer->Write(Request("b", 0, ""));  // may leave it out
    writer->Write(Request("c", 0, "shops/other"));
    writer->WritesDone();
    const absl::Status status = FromGrpc(writer->Finish());
    EXPECT_EQ(base::ErrorReason(status), "WRONG_SHOP") << key;
  }
}

TEST_F(ServerTest, RefusesAnEmptyStream) {
  Start();
  grpc::ClientContext context;
  PrepareCall(context, "store", absl::Seconds(20));
  EchoResponse response;
  auto writer = stub_->Collect(&context, &response);
  writer->WritesDone();
  const absl::Status status = FromGrpc(writer->Finish());
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(base::ErrorReason(status), "REQUEST_MISSING");
}

TEST_F(ServerTest, RefusesOversizeMessages) {
  options_.max_message_bytes = 100'000;
  Start();
  const absl::Status above = CallEcho("store", Request(std::string(120'000, 'x'))).status();
  EXPECT_EQ(above.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(base::ErrorReason(above), "MESSAGE_TOO_LARGE");
  EXPECT_THAT(std::string(above.message()), HasSubstr("100000"));
  // Far above the limit the transport refuses before the message is in memory.
  EXPECT_EQ(CallEcho("store", Request(std::string(2'000'000, 'x'))).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(CallEcho("store", Request(std::string(90'000, 'x'))).ok());
}

TEST_F(ServerTest, MethodsMayTakeLargerMessages) {
  options_.max_message_bytes = 100'000;
  echo_options_.max_message_bytes = 16 << 20;
  Start();
  EXPECT_TRUE(CallEcho("store", Request(std::string(15 << 20, 'x'))).ok());
}

TEST_F(ServerTest, BoundsTheBytesOfAStream) {
  stream_options_.max_stream_bytes = 10'000;
  Start();
  grpc::ClientContext context;
  PrepareCall(context, "store", absl::Seconds(20));
  EchoResponse response;
  auto writer = stub_->Collect(&context, &response);
  for (int i = 0; i < 20 && writer->Write(Request(std::string(1000, 'x'))); ++i) {
  }
  writer->WritesDone();
  const absl::Status status = FromGrpc(writer->Finish());
  EXPECT_EQ(base::ErrorReason(status), "STREAM_TOO_LARGE");
}

TEST_F(ServerTest, RefusesBrokenBytesAndDeepNesting) {
  Start();
  // A truncated string field; then groups opened 10,000 deep.
  for (const std::string& bytes : {std::string("\x0a\x7f"
                                               "abc"),
                                   std::string(10'000, '\x0b')}) {
    const absl::Status unknown = CallWithoutKey(channel_, {std::string(kService) + "/Echo"}, bytes, 5000);
    EXPECT_EQ(base::ErrorReason(unknown), "KEY_MISSING");
    grpc::GenericStub stub(channel_);
    grpc::ClientContext context;
    PrepareCall(context, "store", absl::Seconds(20));
    grpc::CompletionQueue queue;
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    grpc::Status status;
    auto call = stub.PrepareUnaryCall(&context, absl::StrCat("/", kService, "/Echo"), request, &queue);
    call->StartCall();
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    ASSERT_TRUE(queue.Next(&tag, &ok));
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(base::ErrorReason(FromGrpc(status)), "MALFORMED_REQUEST");
  }
}

TEST_F(ServerTest, RefusesCompressedRequests) {
  Start();
  grpc::ClientContext context;
  PrepareCall(context, "store", absl::Seconds(20));
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  EchoResponse response;
  EXPECT_EQ(stub_->Echo(&context, Request(std::string(100'000, 'x')), &response).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(ServerTest, UnknownMethodsAreUnimplemented) {
  Start();
  const absl::Status status = CallWithoutKey(channel_, {"kontor.runtime.testdata.EchoService/Nothing"}, "", 5000);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
}

TEST_F(ServerTest, ExceptionsBecomeInternalErrorsWithoutDetail) {
  echo_ = [](const CallContext&, const EchoRequest& request) -> absl::StatusOr<EchoResponse> {
    if (request.count() == 1) throw 42;
    throw std::runtime_error("password=hunter2");
  };
  Start();
  for (int count : {0, 1}) {
    const absl::Status status = CallEcho("store", Request("x", count)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
    EXPECT_FALSE(absl::StrContains(status.message(), "hunter2"));
    EXPECT_THAT(std::string(status.message()), HasSubstr("trace id"));
  }
}

TEST_F(ServerTest, ErrorsArriveWithReasonAndAllViolations) {
  echo_ = [](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    base::Violations violations;
    violations.Add("order.lines[0].amount", "NEGATIVE", "must not be negative");
    violations.Add("order.currency", "UNKNOWN_CURRENCY", "XXY is no currency: use ISO 4217");
    return violations.ToStatus();
  };
  Start();
  const absl::Status status = CallEcho("store", Request("x")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const auto violations = base::ErrorViolations(status);
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_EQ(violations[0].reason, "NEGATIVE");
  EXPECT_EQ(violations[1].field, "order.currency");
  EXPECT_EQ(violations[1].description, "XXY is no currency: use ISO 4217");
}

TEST_F(ServerTest, APortInUseIsSaid) {
  Start();
  options_.public_address = absl::StrCat("127.0.0.1:", server_->port());
  Server second(options_);
  const absl::Status status = second.Start();
  EXPECT_EQ(base::ErrorReason(status), "PORT_IN_USE");
  EXPECT_THAT(std::string(status.message()), HasSubstr(options_.public_address));
}

TEST_F(ServerTest, AMissingKeysFileIsSaid) {
  options_.keys_file = "/nowhere/keys.json";
  Server server(options_);
  const absl::Status status = server.Start();
  EXPECT_EQ(base::ErrorReason(status), "KEYS_FILE_UNUSABLE");
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nowhere/keys.json"));
}

absl::StatusOr<EchoResponse> Nothing(const CallContext&, const EchoRequest&) { return EchoResponse(); }

TEST(ServerDeathTest, WrongRegistrationsCrash) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  Server server{ServerOptions()};
  const auto unary = [&server](const std::string& method) { server.Unary<EchoRequest, EchoResponse>(method, Nothing); };
  EXPECT_DEATH(unary("kontor.runtime.testdata.EchoService/Nope"), "no method of a linked proto");
  EXPECT_DEATH(unary("kontor.runtime.testdata.EchoService/Repeat"), "is server_stream but was registered as unary");
  EXPECT_DEATH(unary("kontor.runtime.testdata.EchoService/UpdateItem"), "takes kontor.runtime.testdata.UpdateItem");
  EXPECT_DEATH(unary("kontor.runtime.testdata.UnsafeService/NoRoles"), "nobody may call it");
  EXPECT_DEATH(
      (server.Unary<GlobalRequest, EchoResponse>(
          "kontor.runtime.testdata.UnsafeService/NoShop",
          [](const CallContext&, const GlobalRequest&) -> absl::StatusOr<EchoResponse> { return EchoResponse(); })),
      "names its shop");
  server.AddService(kService);
  EXPECT_DEATH(server.Start().IgnoreError(), "EchoService/Echo has no handler");
}

}  // namespace
}  // namespace kontor::runtime::testdata
