#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "kontor/analytics/v1/analytics_service.pb.h"
#include "kontor/ingest/v1/ingest_service.pb.h"
#include "kontor/recommendations/v1/recommendation_service.pb.h"
#include "services/kontorctl/arguments.h"

namespace grpc {
class Channel;
}

namespace kontor::ctl {

// A connection to a fleet in the name of one key. Calls return the server's errors with reason and violations.
class Session {
 public:
  // From --address, --key or --key-file, --shop, --ca-file. An address is HOST:PORT of a process that serves
  // everything, or of each service that is to be asked: "ingest=HOST:PORT,search=HOST:PORT"; one without is asked at
  // the first, which says that it does not serve it. INVALID_ARGUMENT for other words.
  static absl::StatusOr<Session> Open(const Arguments& arguments);

  const std::string& shop() const { return shop_; }  // "shops/default"
  const std::string& key() const { return key_; }
  // To whoever serves "ingest", "analytics", "recommendations", "search" or "forecasting".
  const std::shared_ptr<grpc::Channel>& channel(absl::string_view service) const;

  absl::StatusOr<kontor::analytics::v1::QueryKpisResponse> QueryKpis(kontor::analytics::v1::QueryKpisRequest request,
                                                                     absl::Duration timeout = absl::Seconds(60)) const;
  absl::StatusOr<kontor::analytics::v1::ListMetricsResponse> ListMetrics() const;
  absl::StatusOr<kontor::recommendations::v1::RecommendResponse> Recommend(
      kontor::recommendations::v1::RecommendRequest request, absl::Duration timeout = absl::Seconds(10)) const;
  absl::StatusOr<kontor::recommendations::v1::Model> TrainModel(bool force, int64_t network_seconds = 0,
                                                                double canary_share = 0) const;
  absl::StatusOr<kontor::ingest::v1::Import> CreateImport(const kontor::ingest::v1::CreateImportRequest& request) const;
  absl::StatusOr<std::vector<kontor::ingest::v1::Import>> ListImports() const;
  absl::StatusOr<std::vector<kontor::ingest::v1::RowError>> ImportErrors(const std::string& import, int limit) const;
  absl::StatusOr<kontor::ingest::v1::QualityReport> Quality() const;
  // OK once the server takes calls; DEADLINE_EXCEEDED after `timeout`.
  absl::Status WaitReady(absl::Duration timeout) const;

 private:
  struct Endpoint {
    std::string address;
    std::shared_ptr<grpc::Channel> channel;
  };
  std::string shop_, key_;
  std::map<std::string, Endpoint, std::less<>> endpoints_;  // by service; "" serves everything
};

}  // namespace kontor::ctl
