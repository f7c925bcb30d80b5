#include "libs/platform/runtime/admin.h"

#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/ext/health_check_service_server_builder_option.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/grpcpp.h"
#include "libs/base/status.h"

namespace kontor::runtime {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::ServiceDescriptor;

class Unimplemented final : public grpc::ServerGenericBidiReactor {
 public:
  Unimplemented() {
    Finish(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "This is the admin port; call the public one."));
  }
  void OnDone() override { delete this; }
};

// A service that exists so that reflection lists it.
class ListedService final : public grpc::Service {
 public:
  explicit ListedService(const ServiceDescriptor& service) {
    for (int i = 0; i < service.method_count(); ++i) {
      names_.push_back(absl::StrCat("/", service.full_name(), "/", service.method(i)->name()));
      AddMethod(new grpc::internal::RpcServiceMethod(names_.back().c_str(), grpc::internal::RpcMethod::BIDI_STREAMING,
                                                     nullptr));
      MarkMethodRawCallback(i, new grpc::internal::CallbackBidiHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
                                   [](grpc::CallbackServerContext*) { return new Unimplemented; }));
    }
  }

 private:
  std::deque<std::string> names_;  // the library keeps pointers into them
};

class NoPlugins final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override { plugins->clear(); }
};

}  // namespace

struct AdminServer::Impl {
  std::vector<std::unique_ptr<ListedService>> services;
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(const std::string& address,
                                                                const std::vector<std::string>& services) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  auto impl = std::make_unique<Impl>();
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &impl->port);
  for (const std::string& name : services) {
    impl->services.push_back(
        std::make_unique<ListedService>(*DescriptorPool::generated_pool()->FindServiceByName(name)));
    builder.RegisterService(impl->services.back().get());
  }
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr || impl->port == 0) return CannotListen(address);
  std::unique_ptr<AdminServer> admin(new AdminServer(std::move(impl)));
  admin->SetServing(false);
  return admin;
}

AdminServer::AdminServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

AdminServer::~AdminServer() {
  impl_->server->Shutdown(std::chrono::system_clock::now());
  impl_->server->Wait();
}

void AdminServer::SetServing(bool serving) { impl_->server->GetHealthCheckService()->SetServingStatus(serving); }

int AdminServer::port() const { return impl_->port; }

void RemovePlugins(grpc::ServerBuilder& builder) {
  builder.SetOption(std::make_unique<grpc::HealthCheckServiceServerBuilderOption>(nullptr));
  builder.SetOption(std::make_unique<NoPlugins>());
}

absl::Status CannotListen(const std::string& address) {
  return base::Error(absl::StatusCode::kFailedPrecondition, "PORT_IN_USE",
                     absl::StrCat("cannot listen on ", address,
                                  ": the port is in use, or the address is not this "
                                  "machine's; free it or configure another"));
}

}  // namespace kontor::runtime
