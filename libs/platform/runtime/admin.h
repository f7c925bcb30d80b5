#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace grpc {
class ServerBuilder;
}

namespace kontor::runtime {

// Health (grpc.health.v1) and reflection (v1alpha) for operators, on a gRPC server of its own: it answers while the
// public one is overloaded. The listed services can be looked at here, not called (UNIMPLEMENTED).
class AdminServer {
 public:
  // FAILED_PRECONDITION (PORT_IN_USE) when the address cannot be bound. Health says NOT_SERVING at first.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(const std::string& address,
                                                            const std::vector<std::string>& services);
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  void SetServing(bool serving);
  int port() const;

 private:
  struct Impl;
  explicit AdminServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Takes health and reflection, which the library adds to every server of a process that links it, off a public server.
void RemovePlugins(grpc::ServerBuilder& builder);

// "host:port could not be bound: …", FAILED_PRECONDITION, PORT_IN_USE.
absl::Status CannotListen(const std::string& address);

}  // namespace kontor::runtime
