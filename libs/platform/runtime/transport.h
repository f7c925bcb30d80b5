#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/platform/runtime/server_options.h"

namespace grpc {
class ServerBuilder;
class ServerCredentials;
}  // namespace grpc

namespace kontor::runtime {

// The public port's limits against overload and abuse: message and metadata size, memory, streams per connection,
// pings, idle connections, unfinished handshakes; no compressed requests (a few KiB could unpack to gigabytes), no
// sharing of the port with another process, no health and no reflection.
absl::Status ConfigureTransport(const ServerOptions& options, int64_t largest_message_bytes,
                                grpc::ServerBuilder& builder);

// TLS when the options name a certificate, in the clear otherwise. Errors: tls.h.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> TransportCredentials(const ServerOptions& options);

// Sends what the transport logs (its errors only) through Log.
void TakeTransportLog();

}  // namespace kontor::runtime
