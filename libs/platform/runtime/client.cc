#include "libs/platform/runtime/client.h"

#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "libs/platform/runtime/read_file.h"
#include "libs/platform/runtime/trace.h"

namespace kontor::runtime {

std::shared_ptr<grpc::Channel> NewChannel(const ChannelOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (!options.ca_file.empty()) {
    grpc::SslCredentialsOptions ssl;
    ssl.pem_root_certs = ReadFile(options.ca_file).value_or("");  // without roots, calls fail and say so
    credentials = grpc::SslCredentials(ssl);
  }
  return grpc::CreateCustomChannel(options.target, credentials, arguments);
}

void PrepareCall(grpc::ClientContext& context, const std::string& key, absl::Duration timeout) {
  if (!key.empty()) context.AddMetadata("authorization", absl::StrCat("Bearer ", key));
  context.AddMetadata("traceparent", NewTraceHeader());
  if (timeout < absl::Hours(24 * 365)) context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
}

}  // namespace kontor::runtime
