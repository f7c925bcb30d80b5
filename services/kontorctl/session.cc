#include "services/kontorctl/session.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "kontor/analytics/v1/analytics_service.grpc.pb.h"
#include "kontor/ingest/v1/ingest_service.grpc.pb.h"
#include "kontor/recommendations/v1/recommendation_service.grpc.pb.h"
#include "libs/base/status.h"
#include "services/kontorctl/call.h"

namespace kontor::ctl {
namespace {

namespace ingest = kontor::ingest::v1;
namespace analytics = kontor::analytics::v1;
namespace recommendations = kontor::recommendations::v1;

constexpr absl::string_view kServices[] = {"ingest", "analytics", "recommendations", "search", "forecasting"};

// Service → address; "" for one that serves everything.
absl::StatusOr<std::map<std::string, std::string>> ReadAddresses(const std::string& text) {
  std::map<std::string, std::string> addresses;
  bool right = true;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::vector<std::string> pair = absl::StrSplit(part, absl::MaxSplits('=', 1));
    const std::string service = pair.size() == 2 ? pair[0] : "";
    const bool known = std::find(std::begin(kServices), std::end(kServices), service) != std::end(kServices);
    right =
        right && !pair.back().empty() && (known || pair.size() == 1) && addresses.emplace(service, pair.back()).second;
  }
  if (right && (addresses.size() == 1 || !addresses.contains(""))) return addresses;
  return absl::InvalidArgumentError(absl::StrCat("--address takes HOST:PORT, or SERVICE=HOST:PORT,… of ",
                                                 absl::StrJoin(kServices, ", "), ", each once"));
}

}  // namespace

absl::StatusOr<Session> Session::Open(const Arguments& arguments) {
  Session session;
  ASSIGN_OR_RETURN(const auto addresses, ReadAddresses(arguments.Get("address", "127.0.0.1:7700")));
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
  options.ca_file = arguments.Get("ca-file");
  for (const auto& [service, address] : addresses) {
    options.target = address;
    session.endpoints_[service] = {address, runtime::NewChannel(options)};
  }
  return session;
}

const std::shared_ptr<grpc::Channel>& Session::channel(absl::string_view service) const {
  const auto own = endpoints_.find(service);
  return own == endpoints_.end() ? endpoints_.begin()->second.channel : own->second.channel;
}

absl::Status Session::WaitReady(absl::Duration timeout) const {
  const auto deadline = std::chrono::system_clock::now() + absl::ToChronoMilliseconds(timeout);
  for (const auto& [service, endpoint] : endpoints_) {
    if (endpoint.channel->WaitForConnected(deadline)) continue;
    return absl::UnavailableError(absl::StrCat("no answer from ", endpoint.address, " within ",
                                               absl::FormatDuration(timeout), "; is it running there?"));
  }
  const bool asks = endpoints_.contains("") || endpoints_.contains("analytics");
  return asks ? ListMetrics().status() : absl::OkStatus();
}

absl::StatusOr<analytics::QueryKpisResponse> Session::QueryKpis(analytics::QueryKpisRequest request,
                                                                absl::Duration timeout) const {
  request.set_parent(shop_);
  return Call<analytics::AnalyticsService>(*this, timeout, &analytics::AnalyticsService::Stub::QueryKpis, request);
}

absl::StatusOr<analytics::ListMetricsResponse> Session::ListMetrics() const {
  analytics::ListMetricsRequest request;
  request.set_parent(shop_);
  return Call<analytics::AnalyticsService>(*this, absl::Seconds(10), &analytics::AnalyticsService::Stub::ListMetrics,
                                           request);
}

absl::StatusOr<recommendations::RecommendResponse> Session::Recommend(recommendations::RecommendRequest request,
                                                                      absl::Duration timeout) const {
  request.set_parent(shop_);
  return Call<recommendations::RecommendationService>(
      *this, timeout, &recommendations::RecommendationService::Stub::Recommend, request);
}

absl::StatusOr<recommendations::Model> Session::TrainModel(bool force, int64_t network_seconds,
                                                           double canary_share) const {
  constexpr int kNetworks = 4, kTrainings = 2;
  recommendations::TrainModelRequest request;
  request.set_parent(shop_);
  request.set_force(force);
  request.set_canary_share(canary_share);
  if (network_seconds > 0) request.mutable_network_time()->set_seconds(network_seconds);
  const absl::Duration patience = absl::Minutes(10) + kNetworks * kTrainings * absl::Seconds(network_seconds);
  return Call<recommendations::RecommendationService>(
      *this, patience, &recommendations::RecommendationService::Stub::TrainModel, request);
}

absl::StatusOr<ingest::Import> Session::CreateImport(const ingest::CreateImportRequest& request) const {
  return Call<ingest::ImportService>(*this, absl::Seconds(10), &ingest::ImportService::Stub::CreateImport, request);
}

absl::StatusOr<std::vector<ingest::Import>> Session::ListImports() const {
  ingest::ListImportsRequest request;
  request.set_parent(shop_);
  request.set_page_size(1000);
  ASSIGN_OR_RETURN(
      const ingest::ListImportsResponse list,
      Call<ingest::ImportService>(*this, absl::Seconds(10), &ingest::ImportService::Stub::ListImports, request));
  std::vector<ingest::Import> imports;
  for (const ingest::Import& listed : list.imports()) {
    ingest::GetImportRequest get;
    get.set_name(listed.name());
    ASSIGN_OR_RETURN(ingest::Import import, Call<ingest::ImportService>(*this, absl::Seconds(10),
                                                                        &ingest::ImportService::Stub::GetImport, get));
    imports.push_back(std::move(import));
  }
  return imports;
}

absl::StatusOr<std::vector<ingest::RowError>> Session::ImportErrors(const std::string& import, int limit) const {
  ingest::ListImportErrorsRequest request;
  request.set_parent(import);
  request.set_page_size(limit);
  ASSIGN_OR_RETURN(
      const ingest::ListImportErrorsResponse list,
      Call<ingest::ImportService>(*this, absl::Seconds(10), &ingest::ImportService::Stub::ListImportErrors, request));
  return std::vector<ingest::RowError>(list.errors().begin(), list.errors().end());
}

absl::StatusOr<ingest::QualityReport> Session::Quality() const {
  ingest::GetQualityReportRequest request;
  request.set_name(shop_);
  return Call<ingest::EventService>(*this, absl::Seconds(10), &ingest::EventService::Stub::GetQualityReport, request);
}

}  // namespace kontor::ctl
