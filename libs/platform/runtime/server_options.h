#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace kontor::config::v1 {
class ServerConfig;
}

namespace kontor::runtime {

// Addresses are "host:port"; port 0 takes a free one, an empty address leaves that server out.
struct ServerOptions {
  std::string public_address = "127.0.0.1:0";
  std::string admin_address;         // health and reflection, for operators' networks only
  std::string metrics_address;       // /metrics, /healthz, /readyz over HTTP, likewise
  std::string tls_certificate_file;  // PEM; with tls_private_key_file the public port speaks TLS
  std::string tls_private_key_file;

  std::string keys_file;     // see README.md; required
  int worker_threads = 0;    // of unary calls; 0: twice the cores, at least 8
  int queue_length = 256;    // unary calls that wait for a thread; more are refused
  int stream_threads = 128;  // streams that run at once; more are refused

  int64_t max_message_bytes = 4 << 20;              // of one request message, where its method says nothing else
  int64_t memory_limit_bytes = int64_t{512} << 20;  // of the transport's buffers
  int max_streams_per_connection = 1000;

  // Token bucket per shop; 0 calls per second: no quota.
  double quota_calls_per_second = 20000;
  double quota_burst = 20000;

  absl::Duration unary_deadline = absl::Seconds(30);  // where the caller sets none, and the longest it may set
};

// How one method differs from the others.
struct MethodOptions {
  // The handler never blocks (no store, no lock held long): it runs on the transport's thread, outside the pool.
  bool inline_ok = false;
  // The request names no shop: no check, and CallContext::shop is the key's ("" for a key of all shops).
  bool without_shop = false;
  absl::Duration deadline = absl::ZeroDuration();       // of a unary call; zero: ServerOptions::unary_deadline
  int64_t max_message_bytes = 0;                        // 0: ServerOptions::max_message_bytes
  int64_t max_stream_bytes = int64_t{4} << 30;          // received over the life of one stream
  absl::Duration read_idle_timeout = absl::Minutes(5);  // how long a stream may send nothing while it is read
  absl::Duration write_timeout = absl::Seconds(30);     // how long a caller may take nothing while it is written to
};

// The options of the "server" section of a configuration file; fields that are not set keep the defaults above.
// INVALID_ARGUMENT with all violations, by the keys of the file ("server.keysFile").
absl::StatusOr<ServerOptions> OptionsFromConfig(const config::v1::ServerConfig& config);

}  // namespace kontor::runtime
