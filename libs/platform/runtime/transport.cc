#include "libs/platform/runtime/transport.h"

#include <grpc/support/log.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/resource_quota.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/admin.h"
#include "libs/platform/runtime/log.h"
#include "libs/platform/runtime/tls.h"

namespace kontor::runtime {
namespace {

constexpr int kSecondMs = 1000;
constexpr int kMinuteMs = 60 * kSecondMs;

}  // namespace

absl::Status ConfigureTransport(const ServerOptions& options, int64_t largest_message_bytes,
                                grpc::ServerBuilder& builder) {
  if (largest_message_bytes > (int64_t{1} << 30)) {
    return absl::InvalidArgumentError("a request message cannot be larger than 1 GiB");
  }
  RemovePlugins(builder);
  // Somewhat larger messages than allowed get in, so that the answer can say what the limit is.
  builder.SetMaxReceiveMessageSize(static_cast<int>(largest_message_bytes + largest_message_bytes / 2));
  builder.SetMaxSendMessageSize(-1);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.SetResourceQuota(grpc::ResourceQuota("public").Resize(static_cast<size_t>(options.memory_limit_bytes)));
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_streams_per_connection);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 8 << 10);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10 * kSecondMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 10 * kMinuteMs);
  // Callers resolve again and spread over new replicas; calls that run are not touched.
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 30 * kMinuteMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kMinuteMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20 * kSecondMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10 * kSecondMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 3);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> TransportCredentials(const ServerOptions& options) {
  if (options.tls_certificate_file.empty()) return grpc::InsecureServerCredentials();
  ASSIGN_OR_RETURN(const TlsFiles files, ReadTlsFiles(options.tls_certificate_file, options.tls_private_key_file));
  grpc::SslServerCredentialsOptions ssl;
  ssl.pem_key_cert_pairs.push_back({files.private_key, files.certificate});
  return grpc::SslServerCredentials(ssl);
}

void TakeTransportLog() {
  gpr_set_log_function([](gpr_log_func_args* entry) {
    if (entry->severity != GPR_LOG_SEVERITY_ERROR) return;
    LogWarning("transport", {{"detail", entry->message}, {"source", absl::StrCat(entry->file, ":", entry->line)}});
  });
}

}  // namespace kontor::runtime
