#include "libs/platform/runtime/server_options.h"

#include "kontor/config/v1/server_config.pb.h"
#include "libs/base/status.h"

namespace kontor::runtime {
namespace {

template <class From, class To>
void Take(const char* field, From value, To& target, base::Violations& violations) {
  if (value < 0) violations.Add(field, "NEGATIVE", "must not be negative");
  if (value > 0) target = static_cast<To>(value);
}

void Take(const std::string& value, std::string& target) {
  if (!value.empty()) target = value;
}

}  // namespace

absl::StatusOr<ServerOptions> OptionsFromConfig(const config::v1::ServerConfig& config) {
  ServerOptions options;
  base::Violations violations;
  Take(config.public_address(), options.public_address);
  Take(config.admin_address(), options.admin_address);
  Take(config.metrics_address(), options.metrics_address);
  Take(config.tls_certificate_file(), options.tls_certificate_file);
  Take(config.tls_private_key_file(), options.tls_private_key_file);
  Take(config.keys_file(), options.keys_file);
  Take("server.workerThreads", config.worker_threads(), options.worker_threads, violations);
  Take("server.queueLength", config.queue_length(), options.queue_length, violations);
  Take("server.streamThreads", config.stream_threads(), options.stream_threads, violations);
  Take("server.maxMessageBytes", config.max_message_bytes(), options.max_message_bytes, violations);
  Take("server.memoryLimitBytes", config.memory_limit_bytes(), options.memory_limit_bytes, violations);
  Take("server.quotaCallsPerSecond", config.quota_calls_per_second(), options.quota_calls_per_second, violations);
  Take("server.quotaBurst", config.quota_burst(), options.quota_burst, violations);
  int64_t deadline_ms = 0;
  Take("server.unaryDeadlineMs", config.unary_deadline_ms(), deadline_ms, violations);
  if (deadline_ms > 0) options.unary_deadline = absl::Milliseconds(deadline_ms);
  if (options.keys_file.empty()) violations.Add("server.keysFile", "MISSING", "must name the file of the keys");
  if (options.tls_certificate_file.empty() != options.tls_private_key_file.empty()) {
    violations.Add("server.tlsCertificateFile", "HALF_TLS", "must be set together with server.tlsPrivateKeyFile");
  }
  RETURN_IF_ERROR(violations.ToStatus());
  return options;
}

}  // namespace kontor::runtime
