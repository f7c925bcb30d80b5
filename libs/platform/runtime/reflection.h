#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace grpc {
class Channel;
}

namespace kontor::runtime {

struct ReflectedMethod {
  std::string full_name;  // "kontor.ingest.v1.EventService/SendEvents"
  bool client_streams = false;
  bool server_streams = false;
};

// All methods that a server's reflection shows, health's and reflection's own excepted, by name: a test walks them and
// calls each without a key. `admin` is a channel to the admin port.
absl::StatusOr<std::vector<ReflectedMethod>> ListMethods(const std::shared_ptr<grpc::Channel>& admin);

// Calls a method with raw request bytes and without metadata, as a stranger would; returns the error it got (an answer
// is an OK status). `timeout_ms` bounds the wait.
absl::Status CallWithoutKey(const std::shared_ptr<grpc::Channel>& channel, const ReflectedMethod& method,
                            const std::string& request_bytes, int timeout_ms);

}  // namespace kontor::runtime
