#include "libs/platform/runtime/server.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/grpcpp.h"
#include "libs/base/status.h"
#include "libs/platform/http/http_server.h"
#include "libs/platform/runtime/admin.h"
#include "libs/platform/runtime/call.h"
#include "libs/platform/runtime/log.h"
#include "libs/platform/runtime/transport.h"

namespace kontor::runtime {
namespace {

constexpr absl::Duration kTurnElsewhere = absl::Seconds(1);

[[noreturn]] void Crash(const std::string& sentence) {
  LogError("wrong registration", {{"error", sentence}});
  std::abort();
}

// Runs a function about once a second on a thread of its own.
class Ticker {
 public:
  explicit Ticker(std::function<void()> tick)
      : thread_([this, tick = std::move(tick)] {
          while (stop_.SleepUntil(std::chrono::steady_clock::now() + std::chrono::seconds(1))) tick();
        }) {}
  ~Ticker() {
    stop_.Cancel();
    thread_.join();
  }

 private:
  CancelToken stop_;
  std::thread thread_;
};

}  // namespace

class Server::Impl final : public grpc::CallbackGenericService {
 public:
  struct Readiness {
    std::string name;
    std::function<absl::Status()> ready;
  };

  explicit Impl(const ServerOptions& options) : host(options, metrics) {}

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* transport) override {
    absl::string_view path = transport->method();
    if (!path.empty() && path.front() == '/') path.remove_prefix(1);
    const auto found = methods.find(path);
    return Call::Start(host, found == methods.end() ? nullptr : &found->second, transport);
  }

  absl::Status Ready() const {
    if (!started || host.drain->cancelled()) return absl::UnavailableError("the server does not take calls");
    for (const Readiness& part : readiness) RETURN_IF_ERROR(base::Annotate(part.ready(), part.name));
    return absl::OkStatus();
  }

  void CheckServices() const;
  void AssignLanes();  // a package's methods share one
  absl::Status StartPublic();
  absl::Status StartMetrics();
  void Tick();

  Metrics metrics;
  CallHost host;
  absl::flat_hash_map<std::string, Method> methods;
  std::vector<std::string> services;
  std::vector<Readiness> readiness;
  std::unique_ptr<AdminServer> admin;
  std::unique_ptr<http::Server> probes;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<Ticker> ticker;
  std::atomic<bool> started{false};
  bool drained = false;
  std::atomic<int> port{-1};
};

void Server::Impl::CheckServices() const {
  for (const std::string& name : services) {
    const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(name);
    if (service == nullptr) Crash(absl::StrCat(name, " is no service of a linked proto"));
    for (int i = 0; i < service->method_count(); ++i) {
      const std::string method = absl::StrCat(name, "/", service->method(i)->name());
      if (!methods.contains(method)) Crash(absl::StrCat(method, " has no handler"));
    }
  }
  for (const auto& [name, method] : methods) {
    const std::string service = name.substr(0, name.find('/'));
    if (std::find(services.begin(), services.end(), service) == services.end()) {
      Crash(absl::StrCat(name, " is registered, but AddService was not called for ", service));
    }
  }
}

void Server::Impl::AssignLanes() {
  std::map<std::string, size_t> lanes;
  for (auto& [name, method] : methods) {
    const std::string service = name.substr(0, name.find('/'));
    method.lane = lanes.try_emplace(service.substr(0, service.rfind('.')), lanes.size()).first->second;
  }
  host.unary_pool.SetLanes(std::max<size_t>(1, lanes.size()));
}

absl::Status Server::Impl::StartPublic() {
  AssignLanes();
  int64_t largest = host.options.max_message_bytes;
  for (const auto& [name, method] : methods) largest = std::max(largest, method.handler.options.max_message_bytes);
  grpc::ServerBuilder builder;
  RETURN_IF_ERROR(ConfigureTransport(host.options, largest, builder));
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ServerCredentials> credentials, TransportCredentials(host.options));
  int bound = 0;
  builder.AddListeningPort(host.options.public_address, credentials, &bound);
  builder.RegisterCallbackGenericService(this);
  server = builder.BuildAndStart();
  if (server == nullptr || bound == 0) return CannotListen(host.options.public_address);
  port = bound;
  return absl::OkStatus();
}

absl::Status Server::Impl::StartMetrics() {
  http::ServerOptions options;
  options.address = host.options.metrics_address;
  std::map<std::string, http::Server::Handler> handlers;
  handlers["/metrics"] = [this] {
    return http::Response{200, "text/plain; version=0.0.4; charset=utf-8", metrics.Text()};
  };
  handlers["/healthz"] = [] { return http::Response{200, "text/plain; charset=utf-8", "alive\n"}; };
  handlers["/readyz"] = [this] {
    const absl::Status ready = Ready();
    return http::Response{ready.ok() ? 200 : 503, "text/plain; charset=utf-8",
                          ready.ok() ? "ready\n" : absl::StrCat(ready.message(), "\n")};
  };
  ASSIGN_OR_RETURN(probes, http::Server::Start(options, std::move(handlers)));
  return absl::OkStatus();
}

void Server::Impl::Tick() {
  host.keys.Poll();
  host.Sweep();
  if (admin != nullptr) admin->SetServing(Ready().ok());
}

Server::Server(const ServerOptions& options) : impl_(std::make_unique<Impl>(options)) {}

Server::~Server() { Drain(absl::ZeroDuration()); }

void Server::Register(absl::string_view full_method, Handler handler) {
  if (impl_->started) Crash(absl::StrCat(full_method, " was registered after Start"));
  absl::StatusOr<Method> method = MakeMethod(full_method, std::move(handler), impl_->metrics);
  if (!method.ok()) Crash(std::string(method.status().message()));
  if (!impl_->methods.emplace(full_method, *std::move(method)).second) {
    Crash(absl::StrCat(full_method, " was registered twice"));
  }
}

void Server::AddService(absl::string_view service_full_name) { impl_->services.emplace_back(service_full_name); }

void Server::AddReadiness(absl::string_view name, std::function<absl::Status()> ready) {
  if (impl_->started) Crash(absl::StrCat("the readiness of ", name, " was added after Start"));
  impl_->readiness.push_back({std::string(name), std::move(ready)});
}

absl::Status Server::Start() {
  Impl& impl = *impl_;
  impl.CheckServices();
  const ServerOptions& options = impl.host.options;
  RETURN_IF_ERROR(impl.host.keys.Load());
  if (!options.admin_address.empty()) {
    ASSIGN_OR_RETURN(impl.admin, AdminServer::Start(options.admin_address, impl.services));
  }
  if (!options.metrics_address.empty()) RETURN_IF_ERROR(impl.StartMetrics());
  if (!options.public_address.empty()) RETURN_IF_ERROR(impl.StartPublic());
  impl.started = true;
  if (impl.admin != nullptr) impl.admin->SetServing(impl.Ready().ok());
  impl.ticker = std::make_unique<Ticker>([&impl] { impl.Tick(); });
  LogInfo("listening", {{"public_port", port()}, {"admin_port", admin_port()}, {"metrics_port", metrics_port()}});
  return absl::OkStatus();
}

void Server::Drain(absl::Duration grace) {
  Impl& impl = *impl_;
  if (std::exchange(impl.drained, true)) return;
  impl.host.drain->Cancel();
  if (impl.admin != nullptr) impl.admin->SetServing(false);
  if (impl.server != nullptr) {
    // The transport answers CANCELLED to what arrives after its shutdown, which callers must not retry. Until the
    // running calls are over, and for a while after, so that callers turn elsewhere, it is therefore Call that
    // refuses, with UNAVAILABLE.
    const auto now = std::chrono::steady_clock::now();
    const auto until = now + absl::ToChronoNanoseconds(std::min(grace, absl::Hours(24)));
    std::this_thread::sleep_until(now + absl::ToChronoNanoseconds(std::min(grace / 4, kTurnElsewhere)));
    impl.host.AwaitIdle(until);
    const auto left = std::max(until - std::chrono::steady_clock::now(), std::chrono::steady_clock::duration::zero());
    impl.server->Shutdown(std::chrono::system_clock::now() + left);
    impl.server->Wait();
  }
  impl.host.unary_pool.Stop();
  impl.host.stream_pool.Stop();
  impl.ticker.reset();
}

int Server::port() const { return impl_->port; }
int Server::admin_port() const { return impl_->admin == nullptr ? -1 : impl_->admin->port(); }
int Server::metrics_port() const { return impl_->probes == nullptr ? -1 : impl_->probes->port(); }
Metrics& Server::metrics() { return impl_->metrics; }

}  // namespace kontor::runtime
