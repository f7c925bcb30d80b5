#include "services/analytics/analytics_handler.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/read_after.h"
#include "libs/platform/runtime/errors.h"
#include "services/analytics/page_token.h"

namespace kontor::analytics {
namespace {

constexpr absl::Duration kVersionPoll = absl::Milliseconds(50);
constexpr int kMinIntervalMs = 100, kMaxIntervalMs = 60'000, kDefaultIntervalMs = 1'000;

// The call's shop, once its view reflects what the question has to be answered after.
absl::StatusOr<const ShopView*> ReadyShop(const ViewFollower& view, const runtime::CallContext& call,
                                          const v1::QueryKpisRequest& question) {
  const ShopView* found = view.Find(call.shop);
  if (found == nullptr) {
    return base::Error(
        absl::StatusCode::kNotFound, kReasonShopUnknown,
        absl::StrCat("this fleet serves no shop \"", call.shop, "\"; add it to `shops` in its configuration"));
  }
  const absl::Status ready = view.follower().Ready();
  if (!ready.ok()) return runtime::WithRetryAfter(ready, absl::Seconds(1));
  const auto applied = [&](const log::Position& position, absl::Duration timeout) {
    return view.follower().WaitUntilApplied(position, timeout);
  };
  RETURN_IF_ERROR(fleet::WaitForPositions(FactTopics(), applied, call, question.read_after()));
  return found;
}

std::string TokenFor(const Answer& answer, uint64_t request_hash, uint64_t digest, int64_t offset) {
  return EncodePageToken({request_hash, digest, answer.result.as_of, offset});
}

absl::StatusOr<absl::Duration> ReadInterval(const v1::WatchKpisRequest& request) {
  base::Violations violations;
  const int given = request.min_interval_ms();
  if (given != 0 && (given < kMinIntervalMs || given > kMaxIntervalMs)) {
    violations.Add("min_interval_ms", "INTERVAL_INVALID", "give 100 to 60,000, or 0 for 1,000");
  }
  if (!request.query().parent().empty() && request.query().parent() != request.parent()) {
    violations.Add("query.parent", "PARENT_DIFFERS", "leave it empty or repeat `parent`");
  }
  if (!request.query().page_token().empty()) {
    violations.Add("query.page_token", "PAGE_TOKEN_NOT_USED", "leave it empty: the first page is sent");
  }
  RETURN_IF_ERROR(violations.ToStatus());
  return absl::Milliseconds(given == 0 ? kDefaultIntervalMs : given);
}

// What makes two answers the same to a watcher.
std::string FiguresOf(const v1::QueryKpisResponse& response) {
  v1::QueryKpisResponse figures = response;
  figures.clear_watermark();
  figures.clear_as_of();
  figures.clear_next_page_token();
  return figures.SerializeAsString();
}

absl::Status EndOf(const runtime::CallContext& call) {
  if (call.token->cancelled()) return absl::CancelledError("the caller has gone");
  if (call.draining()) {
    return runtime::WithRetryAfter(base::Error(absl::StatusCode::kUnavailable, kReasonDraining,
                                               "the server stops; watch again to reach another one"),
                                   absl::Milliseconds(200));
  }
  return absl::DeadlineExceededError("the deadline has passed");
}

}  // namespace

AnalyticsHandler::AnalyticsHandler(const ViewFollower& view, runtime::Metrics& metrics, int64_t cache_bytes)
    : view_(view),
      cache_(cache_bytes),
      query_seconds_(metrics.histogram("kontor_analytics_query_seconds", "Time to work out one answer in memory.")) {}

absl::StatusOr<std::shared_ptr<const Answer>> AnalyticsHandler::Run(const ShopView& shop, const Query& query) const {
  const absl::Time start = absl::Now();
  auto answer = std::make_shared<Answer>();
  answer->watermark = view_.follower().Watermark();  // before the figures, which hold at least that much
  ASSIGN_OR_RETURN(answer->result, shop.facts.Run(query));
  const TableStatistics statistics = shop.facts.Statistics();
  answer->late_events = statistics.late_events;
  answer->refused_events = statistics.refused_events;
  answer->time_zone = shop.time_zone.name();
  query_seconds_.Observe(absl::ToDoubleSeconds(absl::Now() - start));
  return answer;
}

absl::StatusOr<v1::QueryKpisResponse> AnalyticsHandler::FirstPage(const ShopView& shop, const Question& question,
                                                                  uint64_t request_hash) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Answer> answer, Run(shop, question.query));
  v1::QueryKpisResponse response;
  const int64_t next = WritePage(*answer, 0, question.page_size, response);
  if (next < response.total_size()) {
    const uint64_t digest = RowsDigest(answer->result);
    response.set_next_page_token(TokenFor(*answer, request_hash, digest, next));
    cache_.Put({request_hash, digest}, answer);
  }
  return response;
}

absl::StatusOr<v1::QueryKpisResponse> AnalyticsHandler::NextPage(const ShopView& shop, Question question,
                                                                 uint64_t request_hash, const std::string& page_token) {
  ASSIGN_OR_RETURN(const PageToken token, DecodePageToken(page_token, request_hash));
  std::shared_ptr<const Answer> answer = cache_.Find({request_hash, token.digest});
  if (answer == nullptr) {
    question.query.as_of = token.as_of;
    ASSIGN_OR_RETURN(answer, Run(shop, question.query));
    if (RowsDigest(answer->result) != token.digest) {
      return base::Error(absl::StatusCode::kAborted, kReasonPageTokenExpired,
                         "figures of that time have changed since the first page; start again without page_token");
    }
    cache_.Put({request_hash, token.digest}, answer);
  }
  v1::QueryKpisResponse response;
  const int64_t next = WritePage(*answer, token.offset, question.page_size, response);
  if (next < response.total_size()) {
    response.set_next_page_token(TokenFor(*answer, request_hash, token.digest, next));
  }
  return response;
}

absl::StatusOr<v1::QueryKpisResponse> AnalyticsHandler::QueryKpis(const runtime::CallContext& call,
                                                                  const v1::QueryKpisRequest& request) {
  ASSIGN_OR_RETURN(const Question question, ReadQuestion(request));
  ASSIGN_OR_RETURN(const ShopView* shop, ReadyShop(view_, call, request));
  const uint64_t request_hash = HashOfQuestion(request);
  if (request.page_token().empty()) return FirstPage(*shop, question, request_hash);
  return NextPage(*shop, question, request_hash, request.page_token());
}

absl::Status AnalyticsHandler::WatchKpis(const runtime::CallContext& call, const v1::WatchKpisRequest& request,
                                         runtime::Writer<v1::QueryKpisResponse>& writer) {
  ASSIGN_OR_RETURN(const absl::Duration interval, ReadInterval(request));
  ASSIGN_OR_RETURN(const Question question, ReadQuestion(request.query()));
  ASSIGN_OR_RETURN(const ShopView* shop, ReadyShop(view_, call, request.query()));
  return WatchLoop(call, *shop, question, interval, writer);
}

absl::Status AnalyticsHandler::WatchLoop(const runtime::CallContext& call, const ShopView& shop,
                                         const Question& question, absl::Duration interval,
                                         runtime::Writer<v1::QueryKpisResponse>& writer) {
  std::string sent;
  for (;;) {
    ASSIGN_OR_RETURN(const std::shared_ptr<const Answer> answer, Run(shop, question.query));
    v1::QueryKpisResponse response;
    WritePage(*answer, 0, question.page_size, response);
    std::string figures = FiguresOf(response);
    if (figures != sent) {
      RETURN_IF_ERROR(writer.Write(response));
      sent = std::move(figures);
    }
    if (!call.Sleep(interval)) return EndOf(call);
    while (shop.facts.version() == answer->result.version) {
      if (!call.Sleep(kVersionPoll)) return EndOf(call);
    }
  }
}

absl::StatusOr<v1::ListMetricsResponse> AnalyticsHandler::ListMetrics(const runtime::CallContext&,
                                                                      const v1::ListMetricsRequest&) {
  return DescribeMetrics();
}

}  // namespace kontor::analytics
