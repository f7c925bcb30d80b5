#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

// For programs that call Kontor (kontorctl, benches, tests). The generated stubs take the channel.
namespace kontor::runtime {

struct ChannelOptions {
  std::string target;                    // "host:port"
  std::string ca_file;                   // PEM; TLS when set, otherwise the connection is in the clear
  int64_t max_message_bytes = 64 << 20;  // of an answer
};

// Connects lazily. Calls over it retry by themselves only what the server never ran (gRPC's transparent retries).
std::shared_ptr<grpc::Channel> NewChannel(const ChannelOptions& options);

// Prepares one call: "authorization: Bearer <key>" (none for an empty key), a deadline, a new W3C trace id.
void PrepareCall(grpc::ClientContext& context, const std::string& key, absl::Duration timeout);

}  // namespace kontor::runtime
