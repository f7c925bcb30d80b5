// A RecommendationService and a SearchService that do nothing, on the same runtime as the real ones: what the house
// itself costs.
//   bench_noop LISTEN_ADDRESS KEYS_FILE
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "kontor/recommendations/v1/recommendation_service.pb.h"
#include "kontor/search/v1/search_service.pb.h"
#include "libs/platform/runtime/application.h"

namespace {

using google::protobuf::FileDescriptor;
using kontor::runtime::Application;
using kontor::runtime::CallContext;

// Every method of the file's service, each answered by an empty message or an empty stream.
void AnswerAll(const FileDescriptor& file, const char* name, kontor::runtime::Server& server) {
  using google::protobuf::Message, kontor::runtime::Server;
  auto* factory = google::protobuf::MessageFactory::generated_factory();
  const auto& service = *file.FindServiceByName(name);
  const auto nothing = [](const CallContext&, const Message*, kontor::runtime::MessageReader*,
                          kontor::runtime::MessageWriter*, Message*) { return absl::OkStatus(); };
  for (int i = 0; i < service.method_count(); ++i) {
    const auto* method = service.method(i);
    server.Register(absl::StrCat(service.full_name(), "/", method->name()),
                    {method->server_streaming() ? Server::Kind::kServerStream : Server::Kind::kUnary,
                     factory->GetPrototype(method->input_type()),
                     factory->GetPrototype(method->output_type()),
                     nothing,
                     {}});
  }
  server.AddService(service.full_name());
}

absl::Status SetUp(Application& application) {
  if (application.arguments().size() != 2)
    return absl::InvalidArgumentError("use: bench_noop LISTEN_ADDRESS KEYS_FILE");
  kontor::runtime::ServerOptions options;
  options.public_address = application.arguments()[0];
  options.keys_file = application.arguments()[1];
  options.quota_calls_per_second = 0;
  kontor::runtime::Server& server = application.MakeServer(options);
  AnswerAll(*kontor::recommendations::v1::RecommendRequest::descriptor()->file(), "RecommendationService", server);
  AnswerAll(*kontor::search::v1::SearchRequest::descriptor()->file(), "SearchService", server);
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) { return kontor::runtime::Main(argc, argv, SetUp); }
