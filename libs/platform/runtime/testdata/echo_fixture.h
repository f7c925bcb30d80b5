#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/client.h"
#include "libs/platform/runtime/errors.h"
#include "libs/platform/runtime/server.h"
#include "libs/platform/runtime/testdata/echo_service.grpc.pb.h"
#include "libs/testing/temporary_folder.h"

// An echo server on 127.0.0.1 with five keys, for the runtime's own tests.
namespace kontor::runtime::testdata {

inline constexpr char kService[] = "kontor.runtime.testdata.EchoService";

inline std::string KeyEntry(const std::string& key, const std::string& shop, const std::string& role) {
  return absl::StrCat("{\"sha256\":\"", base::Sha256Hex(key), "\",\"shop\":\"", shop, "\",\"roles\":[\"", role,
                      "\"],\"label\":\"", key, "\"}");
}

inline void WriteFile(const std::string& path, const std::string& text) {
  const std::string aside = path + ".new";
  std::ofstream(aside) << text;
  std::filesystem::rename(aside, path);
}

class EchoFixture : public ::testing::Test {
 protected:
  using Echo = std::function<absl::StatusOr<EchoResponse>(const CallContext&, const EchoRequest&)>;
  using Repeat = std::function<absl::Status(const CallContext&, const EchoRequest&, Writer<EchoResponse>&)>;
  using Collect = std::function<absl::StatusOr<EchoResponse>(const CallContext&, Reader<EchoRequest>&)>;
  using Chat = std::function<absl::Status(const CallContext&, Reader<EchoRequest>&, Writer<EchoResponse>&)>;

  EchoFixture() {
    WriteFile(keys_path_, absl::StrCat("{\"keys\":[", KeyEntry("store", "default", "ROLE_STOREFRONT"), ",",
                                       KeyEntry("analyst", "default", "ROLE_ANALYST"), ",",
                                       KeyEntry("other", "other", "ROLE_STOREFRONT"), ",",
                                       KeyEntry("operator", "*", "ROLE_OPERATOR"), ",",
                                       KeyEntry("everywhere", "*", "ROLE_STOREFRONT"), "]}"));
    options_.keys_file = keys_path_;
    options_.admin_address = "127.0.0.1:0";
    options_.metrics_address = "127.0.0.1:0";
  }
  // Of this test's files. It is gone at exit, too: a death test's process ends by that, without its destructors.
  static const kontor::testing::TemporaryFolder& folder() {
    static const kontor::testing::TemporaryFolder folder("kontor-runtime");
    return folder;
  }

  void RegisterAll(Server& server) {
    const std::string prefix = absl::StrCat(kService, "/");
    server.Unary<EchoRequest, EchoResponse>(prefix + "Echo", echo_, echo_options_);
    server.ServerStream<EchoRequest, EchoResponse>(prefix + "Repeat", repeat_, stream_options_);
    server.ClientStream<EchoRequest, EchoResponse>(prefix + "Collect", collect_, stream_options_);
    server.BidiStream<EchoRequest, EchoResponse>(prefix + "Chat", chat_, stream_options_);
    server.Unary<UpdateItemRequest, Item>(
        prefix + "UpdateItem",
        [](const CallContext&, const UpdateItemRequest& request) -> absl::StatusOr<Item> { return request.item(); });
    MethodOptions global;
    global.without_shop = true;
    server.Unary<GlobalRequest, EchoResponse>(
        prefix + "Global",
        [](const CallContext& context, const GlobalRequest&) -> absl::StatusOr<EchoResponse> {
          EchoResponse response;
          response.set_text(context.shop);
          return response;
        },
        global);
    server.AddService(kService);
  }

  void Start() {
    server_ = std::make_unique<Server>(options_);
    RegisterAll(*server_);
    ASSERT_TRUE(server_->Start().ok());
    channel_ = NewChannel({absl::StrCat("127.0.0.1:", server_->port())});
    stub_ = EchoService::NewStub(channel_);
  }

  static EchoRequest Request(const std::string& text, int count = 0, const std::string& parent = "shops/default") {
    EchoRequest request;
    request.set_parent(parent);
    request.set_text(text);
    request.set_count(count);
    return request;
  }

  absl::StatusOr<EchoResponse> CallEcho(const std::string& key, const EchoRequest& request,
                                        absl::Duration timeout = absl::Seconds(20)) {
    grpc::ClientContext context;
    PrepareCall(context, key, timeout);
    EchoResponse response;
    const absl::Status status = FromGrpc(stub_->Echo(&context, request, &response));
    if (!status.ok()) return status;
    return response;
  }

  ServerOptions options_;
  MethodOptions echo_options_;
  MethodOptions stream_options_;
  Echo echo_ = [](const CallContext&, const EchoRequest& request) -> absl::StatusOr<EchoResponse> {
    EchoResponse response;
    response.set_text(request.text());
    return response;
  };
  Repeat repeat_ = [](const CallContext&, const EchoRequest& request, Writer<EchoResponse>& writer) -> absl::Status {
    EchoResponse response;
    response.set_text(request.text());
    for (int i = 0; i < request.count(); ++i) {
      response.set_count(i);
      RETURN_IF_ERROR(writer.Write(response));
    }
    return absl::OkStatus();
  };
  Collect collect_ = [](const CallContext&, Reader<EchoRequest>& reader) -> absl::StatusOr<EchoResponse> {
    EchoResponse sum;
    while (true) {
      ASSIGN_OR_RETURN(const std::optional<EchoRequest> request, reader.Read());
      if (!request) return sum;
      sum.set_text(sum.text() + request->text());
      sum.set_count(sum.count() + request->count());
    }
  };
  Chat chat_ = [](const CallContext&, Reader<EchoRequest>& reader, Writer<EchoResponse>& writer) -> absl::Status {
    while (true) {
      ASSIGN_OR_RETURN(const std::optional<EchoRequest> request, reader.Read());
      if (!request) return absl::OkStatus();
      EchoResponse response;
      response.set_text(request->text());
      RETURN_IF_ERROR(writer.Write(response));
    }
  };

  const std::string keys_path_ = folder().File("keys.json");
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<EchoService::Stub> stub_;
};

}  // namespace kontor::runtime::testdata
