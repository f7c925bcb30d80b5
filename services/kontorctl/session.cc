#include "services/kontorctl/session.h"

#include <grpcpp/grpcpp.h>

#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "kontor/analytics/v1/analytics_service.grpc.pb.h"
#include "kontor/ingest/v1/ingest_service.grpc.pb.h"
#include "kontor/recommendations/v1/recommendation_service.grpc.pb.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/client.h"
#include "libs/platform/runtime/errors.h"

namespace kontor::ctl {
namespace {

namespace ingest = kontor::ingest::v1;
namespace analytics = kontor::analytics::v1;
namespace recommendations = kontor::recommendations::v1;

template <typename Service, typename Request, typename Response>
absl::StatusOr<Response> Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& key,
                              absl::Duration timeout,
                              grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                              const Request& request) {
  grpc::ClientContext context;
  runtime::PrepareCall(context, key, timeout);
  Response response;
  const auto stub = Service::NewStub(channel);
  const grpc::Status status = ((*stub).*method)(&context, request, &response);
  if (!status.ok()) return runtime::FromGrpc(status);
  return response;
}

}  // namespace

absl::StatusOr<Session> Session::Open(const Arguments& arguments) {
  Session session;
  session.address_ = arguments.Get("address", "127.0.0.1:7700");
  session.shop_ = absl::StrCat("shops/", arguments.Get("shop", "default"));
  session.key_ = arguments.Get("key");
  const std::string file = arguments.Get("key-file");
  if (!file.empty()) {
    std::ifstream in(file);
    std::stringstream text;
    text << in.rdbuf();
    session.key_ = std::string(absl::StripAsciiWhitespace(text.str()));
    if (session.key_.empty()) return absl::NotFoundError(absl::StrCat("there is no key in ", file));
  }
  runtime::ChannelOptions options;
  options.target = session.address_;
  options.ca_file = arguments.Get("ca-file");
  session.channel_ = runtime::NewChannel(options);
  return session;
}

absl::Status Session::WaitReady(absl::Duration timeout) const {
  const auto deadline = std::chrono::system_clock::now() + absl::ToChronoMilliseconds(timeout);
  if (!channel_->WaitForConnected(deadline)) {
    return absl::UnavailableError(
        absl::StrCat("no answer from ", address_, " within ", absl::FormatDuration(timeout), "; is it running there?"));
  }
  return ListMetrics().status();
}

absl::StatusOr<analytics::QueryKpisResponse> Session::QueryKpis(analytics::QueryKpisRequest request,
                                                                absl::Duration timeout) const {
  request.set_parent(shop_);
  return Call<analytics::AnalyticsService>(channel_, key_, timeout, &analytics::AnalyticsService::Stub::QueryKpis,
                                           request);
}

absl::StatusOr<analytics::ListMetricsResponse> Session::ListMetrics() const {
  analytics::ListMetricsRequest request;
  request.set_parent(shop_);
  return Call<analytics::AnalyticsService>(channel_, key_, absl::Seconds(10),
                                           &analytics::AnalyticsService::Stub::ListMetrics, request);
}

absl::StatusOr<recommendations::RecommendResponse> Session::Recommend(recommendations::RecommendRequest request,
                                                                      absl::Duration timeout) const {
  request.set_parent(shop_);
  return Call<recommendations::RecommendationService>(
      channel_, key_, timeout, &recommendations::RecommendationService::Stub::Recommend, request);
}

absl::StatusOr<recommendations::Model> Session::TrainModel(bool force) const {
  recommendations::TrainModelRequest request;
  request.set_parent(shop_);
  request.set_force(force);
  return Call<recommendations::RecommendationService>(
      channel_, key_, absl::Minutes(10), &recommendations::RecommendationService::Stub::TrainModel, request);
}

absl::StatusOr<ingest::Import> Session::CreateImport(const ingest::CreateImportRequest& request) const {
  return Call<ingest::ImportService>(channel_, key_, absl::Seconds(10), &ingest::ImportService::Stub::CreateImport,
                                     request);
}

absl::StatusOr<std::vector<ingest::Import>> Session::ListImports() const {
  ingest::ListImportsRequest request;
  request.set_parent(shop_);
  request.set_page_size(1000);
  ASSIGN_OR_RETURN(const ingest::ListImportsResponse list,
                   Call<ingest::ImportService>(channel_, key_, absl::Seconds(10),
                                               &ingest::ImportService::Stub::ListImports, request));
  std::vector<ingest::Import> imports;
  for (const ingest::Import& listed : list.imports()) {
    ingest::GetImportRequest get;
    get.set_name(listed.name());
    ASSIGN_OR_RETURN(ingest::Import import, Call<ingest::ImportService>(channel_, key_, absl::Seconds(10),
                                                                        &ingest::ImportService::Stub::GetImport, get));
    imports.push_back(std::move(import));
  }
  return imports;
}

absl::StatusOr<std::vector<ingest::RowError>> Session::ImportErrors(const std::string& import, int limit) const {
  ingest::ListImportErrorsRequest request;
  request.set_parent(import);
  request.set_page_size(limit);
  ASSIGN_OR_RETURN(const ingest::ListImportErrorsResponse list,
                   Call<ingest::ImportService>(channel_, key_, absl::Seconds(10),
                                               &ingest::ImportService::Stub::ListImportErrors, request));
  return std::vector<ingest::RowError>(list.errors().begin(), list.errors().end());
}

absl::StatusOr<ingest::QualityReport> Session::Quality() const {
  ingest::GetQualityReportRequest request;
  request.set_name(shop_);
  return Call<ingest::EventService>(channel_, key_, absl::Seconds(10), &ingest::EventService::Stub::GetQualityReport,
                                    request);
}

}  // namespace kontor::ctl
