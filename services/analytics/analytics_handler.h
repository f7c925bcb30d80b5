#pragma once

#include <memory>

#include "kontor/analytics/v1/analytics_service.pb.h"
#include "libs/platform/runtime/metrics.h"
#include "libs/platform/runtime/server.h"
#include "services/analytics/convert.h"
#include "services/analytics/result_cache.h"
#include "services/analytics/view_follower.h"

namespace kontor::analytics {

// kontor.analytics.v1.AnalyticsService: one function per RPC. Thread-safe; answers come from the view's memory.
class AnalyticsHandler {
 public:
  AnalyticsHandler(const ViewFollower& view, runtime::Metrics& metrics, int64_t cache_bytes = 256 << 20);

  // UNAVAILABLE while the view is being built (VIEW_NOT_READY), and when a read_after position is not reached in time
  // (NOT_YET_APPLIED); ABORTED (PAGE_TOKEN_EXPIRED) when the rest of a walk has become another answer.
  absl::StatusOr<v1::QueryKpisResponse> QueryKpis(const runtime::CallContext& call,
                                                  const v1::QueryKpisRequest& request);
  // Sends the first page, and again when its rows, totals or counts have changed; a newer watermark or as-of alone is
  // no change. Ends with UNAVAILABLE (SERVER_DRAINING) when the server stops.
  absl::Status WatchKpis(const runtime::CallContext& call, const v1::WatchKpisRequest& request,
                         runtime::Writer<v1::QueryKpisResponse>& writer);
  absl::StatusOr<v1::ListMetricsResponse> ListMetrics(const runtime::CallContext& call,
                                                      const v1::ListMetricsRequest& request);

 private:
  absl::StatusOr<std::shared_ptr<const Answer>> Run(const ShopView& shop, const Query& query) const;
  absl::StatusOr<v1::QueryKpisResponse> FirstPage(const ShopView& shop, const Question& question,
                                                  uint64_t request_hash);
  absl::StatusOr<v1::QueryKpisResponse> NextPage(const ShopView& shop, Question question, uint64_t request_hash,
                                                 const std::string& page_token);
  absl::Status WatchLoop(const runtime::CallContext& call, const ShopView& shop, const Question& question,
                         absl::Duration interval, runtime::Writer<v1::QueryKpisResponse>& writer);

  const ViewFollower& view_;
  ResultCache cache_;
  runtime::Histogram query_seconds_;
};

constexpr char kReasonShopUnknown[] = "SHOP_UNKNOWN";
constexpr char kReasonDraining[] = "SERVER_DRAINING";

}  // namespace kontor::analytics
