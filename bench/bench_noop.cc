// A RecommendationService that does nothing, on the same runtime as the real one: what the house itself costs.
//   bench_noop LISTEN_ADDRESS KEYS_FILE
#include <functional>

#include "absl/status/statusor.h"
#include "kontor/recommendations/v1/recommendation_service.pb.h"
#include "libs/platform/runtime/application.h"

namespace {

namespace v1 = kontor::recommendations::v1;
using kontor::runtime::Application;
using kontor::runtime::CallContext;

template <class Request, class Response>
void Answer(kontor::runtime::Server& server, const char* method) {
  server.Unary<Request, Response>(
      method, [](const CallContext&, const Request&) -> absl::StatusOr<Response> { return Response(); });
}

absl::Status SetUp(Application& application) {
  if (application.arguments().size() != 2)
    return absl::InvalidArgumentError("use: bench_noop LISTEN_ADDRESS KEYS_FILE");
  kontor::runtime::ServerOptions options;
  options.public_address = application.arguments()[0];
  options.keys_file = application.arguments()[1];
  options.quota_calls_per_second = 0;
  kontor::runtime::Server& server = application.MakeServer(options);
  Answer<v1::RecommendRequest, v1::RecommendResponse>(server,
                                                      "kontor.recommendations.v1.RecommendationService/Recommend");
  Answer<v1::TrainModelRequest, v1::Model>(server, "kontor.recommendations.v1.RecommendationService/TrainModel");
  Answer<v1::ListModelsRequest, v1::ListModelsResponse>(server,
                                                        "kontor.recommendations.v1.RecommendationService/ListModels");
  server.AddService("kontor.recommendations.v1.RecommendationService");
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) { return kontor::runtime::Main(argc, argv, SetUp); }
