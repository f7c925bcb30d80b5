#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "kontor/analytics/v1/analytics_service.pb.h"
#include "libs/domain/analytics/query.h"
#include "services/analytics/answer.h"

// Between the messages of kontor.analytics.v1 and the domain. With decode.h the only place that sees both.
namespace kontor::analytics {

inline constexpr int kMaxPageSize = 20'000;
inline constexpr int kDefaultPageSize = 1'000;
inline constexpr int kMaxDimensions = 4;
// Of one answer's rows: with totals and column names the message stays under gRPC's default limit of 4 MiB.
inline constexpr int64_t kMaxPageBytes = 3 << 20;

struct Question {
  Query query;
  int page_size = kDefaultPageSize;
};

// INVALID_ARGUMENT with every violation at once, the domain's included. A larger page_size counts as 20,000.
absl::StatusOr<Question> ReadQuestion(const v1::QueryKpisRequest& request);

// Of the request without page_token, page_size and read_after.
uint64_t HashOfQuestion(const v1::QueryKpisRequest& request);

// Fills everything but next_page_token: rows from `offset` on until the page has page_size rows or kMaxPageBytes, at
// least one. Returns the offset behind them.
int64_t WritePage(const Answer& answer, int64_t offset, int page_size, v1::QueryKpisResponse& response);

v1::ListMetricsResponse DescribeMetrics();

}  // namespace kontor::analytics
