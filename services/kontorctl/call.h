#pragma once

#include <grpcpp/grpcpp.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "libs/platform/runtime/client.h"
#include "libs/platform/runtime/errors.h"
#include "services/kontorctl/session.h"

namespace kontor::ctl {

// One unary call in the name of a session, to whoever serves the service's package ("kontor.analytics.v1.…":
// "analytics"). Errors come back with reason and violations.
template <typename Service, typename Request, typename Response>
absl::StatusOr<Response> Call(const Session& session, absl::Duration timeout,
                              grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                              const Request& request) {
  grpc::ClientContext context;
  runtime::PrepareCall(context, session.key(), timeout);
  Response response;
  absl::string_view package = Service::service_full_name();
  absl::ConsumePrefix(&package, "kontor.");
  const auto stub = Service::NewStub(session.channel(package.substr(0, package.find('.'))));
  const grpc::Status status = ((*stub).*method)(&context, request, &response);
  if (!status.ok()) return runtime::FromGrpc(status);
  return response;
}

}  // namespace kontor::ctl
