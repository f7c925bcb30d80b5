#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "libs/platform/runtime/call_context.h"
#include "libs/platform/runtime/metrics.h"
#include "libs/platform/runtime/server_options.h"
#include "libs/platform/runtime/stream.h"

namespace kontor::runtime {

// The public gRPC server: plain functions inside, one wrapper around each that authenticates, authorises, applies
// quota, deadline and limits, measures, logs and traces. Health and reflection answer on their own port, metrics and
// probes on a third (see README.md).
//
// Use: register handlers (full name "kontor.ingest.v1.EventService/SendEvents"), AddService, Start, later Drain.
// Registration is not thread-safe and ends with Start; everything after it is thread-safe. Handlers run in parallel,
// on pool threads: unary calls on ServerOptions::worker_threads, each running stream on a thread of its own. A handler
// may block, but not longer than its context's deadline, and must return within 50 ms of a cancellation. An exception
// that leaves a handler is logged and answered with INTERNAL.
class Server {
 public:
  explicit Server(const ServerOptions& options);
  ~Server();  // drains without grace
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  template <class Req, class Res>
  void Unary(absl::string_view full_method, std::function<absl::StatusOr<Res>(const CallContext&, const Req&)> handler,
             MethodOptions options = {});

  // `Writer` as below, for one request.
  template <class Req, class Res>
  void ServerStream(absl::string_view full_method,
                    std::function<absl::Status(const CallContext&, const Req&, Writer<Res>&)> handler,
                    MethodOptions options = {});

  template <class Req, class Res>
  void ClientStream(absl::string_view full_method,
                    std::function<absl::StatusOr<Res>(const CallContext&, Reader<Req>&)> handler,
                    MethodOptions options = {});

  template <class Req, class Res>
  void BidiStream(absl::string_view full_method,
                  std::function<absl::Status(const CallContext&, Reader<Req>&, Writer<Res>&)> handler,
                  MethodOptions options = {});

  // Promises that every method of the service (its generated proto is linked) has a handler, and lists it for
  // reflection.
  void AddService(absl::string_view service_full_name);

  // What readiness depends on, asked by /readyz at every call: OK or a sentence. Quick and thread-safe. The server is
  // ready from Start to Drain while all that were added say OK; else the first that does not, in the order of adding,
  // is told as "name: sentence".
  void AddReadiness(absl::string_view name, std::function<absl::Status()> ready);

  // Listens. FAILED_PRECONDITION when a port cannot be bound (reason PORT_IN_USE) or the keys file is unusable. Wrong
  // registrations (an unknown method, the wrong kind or types, no allowed_roles, no handler, no shop field) crash with
  // a sentence: they are bugs.
  absl::Status Start();

  // Health NOT_SERVING, streams are told (CallContext::draining), new calls refused; running calls may end within
  // `grace`, then they are cancelled. Returns when all handlers have returned. Idempotent.
  void Drain(absl::Duration grace);

  int port() const;  // of the public address after Start; -1 for a server that listens on none
  int admin_port() const;
  int metrics_port() const;
  Metrics& metrics();

  // Registration without types, for the templates.
  enum class Kind { kUnary, kServerStream, kClientStream, kBidiStream };
  using Message = google::protobuf::Message;
  struct Handler {
    Kind kind;
    const Message* request;  // default instances
    const Message* response;
    // Exactly the arguments that the kind has are not null.
    std::function<absl::Status(const CallContext&, const Message* request, MessageReader*, MessageWriter*,
                               Message* response)>
        run;
    MethodOptions options;
  };
  void Register(absl::string_view full_method, Handler handler);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

template <class Req, class Res>
void Server::Unary(absl::string_view full_method,
                   std::function<absl::StatusOr<Res>(const CallContext&, const Req&)> handler, MethodOptions options) {
  auto run = [handler = std::move(handler)](const CallContext& context, const Message* request, MessageReader*,
                                            MessageWriter*, Message* response) -> absl::Status {
    absl::StatusOr<Res> result = handler(context, static_cast<const Req&>(*request));
    if (result.ok()) static_cast<Res&>(*response) = *std::move(result);
    return result.status();
  };
  Register(full_method, {Kind::kUnary, &Req::default_instance(), &Res::default_instance(), std::move(run), options});
}

template <class Req, class Res>
void Server::ServerStream(absl::string_view full_method,
                          std::function<absl::Status(const CallContext&, const Req&, Writer<Res>&)> handler,
                          MethodOptions options) {
  auto run = [handler = std::move(handler)](const CallContext& context, const Message* request, MessageReader*,
                                            MessageWriter* writer, Message*) -> absl::Status {
    Writer<Res> typed(*writer);
    return handler(context, static_cast<const Req&>(*request), typed);
  };
  Register(full_method,
           {Kind::kServerStream, &Req::default_instance(), &Res::default_instance(), std::move(run), options});
}

template <class Req, class Res>
void Server::ClientStream(absl::string_view full_method,
                          std::function<absl::StatusOr<Res>(const CallContext&, Reader<Req>&)> handler,
                          MethodOptions options) {
  auto run = [handler = std::move(handler)](const CallContext& context, const Message*, MessageReader* reader,
                                            MessageWriter*, Message* response) -> absl::Status {
    Reader<Req> typed(*reader);
    absl::StatusOr<Res> result = handler(context, typed);
    if (result.ok()) static_cast<Res&>(*response) = *std::move(result);
    return result.status();
  };
  Register(full_method,
           {Kind::kClientStream, &Req::default_instance(), &Res::default_instance(), std::move(run), options});
}

template <class Req, class Res>
void Server::BidiStream(absl::string_view full_method,
                        std::function<absl::Status(const CallContext&, Reader<Req>&, Writer<Res>&)> handler,
                        MethodOptions options) {
  auto run = [handler = std::move(handler)](const CallContext& context, const Message*, MessageReader* reader,
                                            MessageWriter* writer, Message*) -> absl::Status {
    Reader<Req> typed_reader(*reader);
    Writer<Res> typed_writer(*writer);
    return handler(context, typed_reader, typed_writer);
  };
  Register(full_method,
           {Kind::kBidiStream, &Req::default_instance(), &Res::default_instance(), std::move(run), options});
}

}  // namespace kontor::runtime
