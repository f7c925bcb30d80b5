#include "libs/platform/runtime/server_options.h"

#include "libs/base/status.h"
#include "libs/platform/runtime/server_config.pb.h"

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

absl::StatusOr<ServerOptions> OptionsFromConfig(const ServerConfig& config) {
  ServerOptions options;
  base::Violations violations;
  Take(config.public_address(), options.public_address);
  Take(config.admin_address(), options.admin_address);
  Take(config.metrics_address(), options.metrics_address);
  Take(config.tls_certificate_file(), options.tls_certificate_file);
  Take(config.tls_private_key_file(), options.tls_private_key_file);
  Take(config.keys_file(), options.keys_file);
  Take("worker_threads", config.worker_threads(), options.worker_threads, violations);
  Take("queue_length", config.queue_length(), options.queue_length, violations);
  Take("stream_threads", config.stream_threads(), options.stream_threads, violations);
  Take("max_message_bytes", config.max_message_bytes(), options.max_message_bytes, violations);
  Take("memory_limit_bytes", config.memory_limit_bytes(), options.memory_limit_bytes, violations);
  Take("quota_calls_per_second", config.quota_calls_per_second(), options.quota_calls_per_second, violations);
  Take("quota_burst", config.quota_burst(), options.quota_burst, violations);
  int64_t deadline_ms = 0;
  Take("unary_deadline_ms", config.unary_deadline_ms(), deadline_ms, violations);
  if (deadline_ms > 0) options.unary_deadline = absl::Milliseconds(deadline_ms);
  if (options.keys_file.empty()) violations.Add("keys_file", "MISSING", "must name the file of the keys");
  if (options.tls_certificate_file.empty() != options.tls_private_key_file.empty()) {
    violations.Add("tls_certificate_file", "HALF_TLS", "must be set together with tls_private_key_file");
  }
  RETURN_IF_ERROR(violations.ToStatus());
  return options;
}

}  // namespace kontor::runtime
