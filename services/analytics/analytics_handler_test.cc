#include "services/analytics/analytics_handler.h"

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/platform/fleet/topics.h"
#include "libs/platform/log/consumer.h"
#include "libs/platform/log/memory_event_log.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/status_matchers.h"
#include "services/analytics/page_token.h"
#include "services/analytics/sample_records.h"

namespace kontor::analytics {
namespace {

using kontor::testing::StatusIs;
using ::testing::ElementsAre;

constexpr absl::Duration kPatience = absl::Seconds(20);

class HandlerTest : public ::testing::Test {
 protected:
  HandlerTest() : log_(log::MakeMemoryEventLog(clock_)) {
    EXPECT_THAT(log_->CreateTopics(fleet::AllTopics(2)), kontor::testing::IsOk());
  }

  // Starts the view on what the log holds.
  void Start(int64_t cache_bytes = 64 << 20) {
    view_ = std::make_unique<ViewFollower>(*log_, clock_, std::vector<fleet::Shop>{{"default", absl::UTCTimeZone()}},
                                           metrics_);
    handler_ = std::make_unique<AnalyticsHandler>(*view_, metrics_, cache_bytes);
    EXPECT_THAT(view_->Start(), kontor::testing::IsOk());
    EXPECT_THAT(view_->follower().WaitUntilCaughtUp(kPatience), kontor::testing::IsOk());
  }

  log::Position Append(const std::string& topic, const std::string& key, std::string bytes) {
    const auto positions = log_->Append(topic, {{key, std::move(bytes)}});
    EXPECT_THAT(positions, kontor::testing::IsOk());
    return positions.ok() ? positions->front() : log::Position();
  }
  log::Position AppendOrder(const std::string& id, const std::string& country, int64_t cents,
                            const std::string& currency = "GBP") {
    RecordSpec spec;
    spec.event_id = id;
    spec.country = country;
    return Append(fleet::kOrders, id, MakeRecord(MakeOrder(id, 0, {{"p1", 1, cents}}, currency), spec));
  }
  void Await(const log::Position& position) {
    EXPECT_THAT(view_->follower().WaitUntilApplied(position, kPatience), kontor::testing::IsOk());
  }

  static runtime::CallContext Call(absl::Duration deadline = absl::Seconds(20)) {
    runtime::CallContext call;
    call.shop = "default";
    call.deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(deadline);
    return call;
  }
  static v1::QueryKpisRequest Ask(const std::vector<std::string>& metrics, const std::vector<std::string>& dimensions) {
    v1::QueryKpisRequest request;
    request.set_parent("shops/default");
    for (const std::string& metric : metrics) request.add_metrics(metric);
    for (const std::string& dimension : dimensions) request.add_dimensions(dimension);
    return request;
  }

  kontor::testing::FakeClock clock_;
  runtime::Metrics metrics_;
  std::unique_ptr<log::EventLog> log_;
  std::unique_ptr<ViewFollower> view_;
  std::unique_ptr<AnalyticsHandler> handler_;
};

TEST_F(HandlerTest, FiguresByDayAndCountry) {
  AppendOrder("o1", "DE", 1050);
  AppendOrder("o2", "DE", 5);
  AppendOrder("o3", "FR", 100);
  Append(fleet::kOrders, "o3", MakeRecord(MakeCancellation("o3"), {.event_id = "x3"}));
  ev::EventsRefused refused;
  refused.set_source("web");
  refused.add_counts()->set_count(7);
  Append(fleet::kRefused, "web", MakeRecord(refused, {.event_id = "call"}));
  RecordSpec late;
  late.event_id = "v1";
  late.received_at = late.occurred_at + absl::Hours(2);
  Append(fleet::kBehavior, "c-1", MakeRecord(MakeView("p1"), late));
  Start();

  v1::QueryKpisRequest request = Ask({"revenue", "orders", "aov", "units"}, {"country"});
  request.set_grain(v1::GRAIN_DAY);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::QueryKpisResponse response, handler_->QueryKpis(Call(), request));
  EXPECT_THAT(response.key_columns(), ElementsAre("time", "country"));
  EXPECT_THAT(response.metric_columns(), ElementsAre("revenue", "orders", "aov", "units"));
  ASSERT_GE(response.rows_size(), 1);
  const v1::KpiRow& row = response.rows(0);
  EXPECT_THAT(row.keys(), ElementsAre("2011-12-05", "DE"));
  EXPECT_EQ(row.values(0).money().currency_code(), "GBP");
  EXPECT_EQ(row.values(0).money().units(), 10);
  EXPECT_EQ(row.values(0).money().nanos(), 550'000'000);
  EXPECT_EQ(row.values(1).count(), 2);
  EXPECT_EQ(row.values(2).money().units(), 5);
  EXPECT_EQ(row.values(2).money().nanos(), 275'000'000);
  EXPECT_EQ(row.values(3).quantity().units(), 2);
  EXPECT_EQ(response.totals().values(1).count(), 2);
  EXPECT_EQ(response.total_size(), response.rows_size());
  EXPECT_EQ(response.next_page_token(), "");
  EXPECT_EQ(response.time_zone(), "UTC");
  EXPECT_EQ(response.late_events(), 1);
  EXPECT_EQ(response.refused_events(), 7);
  EXPECT_EQ(fleet::TimeOf(response.as_of()), SampleTime());
  EXPECT_EQ(fleet::TimeOf(response.watermark()), clock_.Now());
}

TEST_F(HandlerTest, MoneyNamesItsCurrencyPerRow) {
  AppendOrder("o1", "DE", 100, "EUR");
  AppendOrder("o2", "DE", 200, "GBP");
  Start();
  EXPECT_THAT(handler_->QueryKpis(Call(), Ask({"revenue"}, {})),
              StatusIs(absl::StatusCode::kInvalidArgument, "SEVERAL_CURRENCIES"));
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::QueryKpisResponse response,
                              handler_->QueryKpis(Call(), Ask({"revenue"}, {"currency"})));
  ASSERT_EQ(response.rows_size(), 2);
  EXPECT_EQ(response.rows(0).values(0).money().currency_code(), "EUR");
  EXPECT_EQ(response.rows(0).values(0).money().units(), 1);
  EXPECT_EQ(response.rows(1).values(0).money().currency_code(), "GBP");
  EXPECT_FALSE(response.totals().values(0).has_money());
}

TEST_F(HandlerTest, EveryViolationAtOnce) {
  Start();
  v1::QueryKpisRequest request = Ask({"revenu"}, {"country", "channel", "store", "device", "planet"});
  request.set_page_size(-1);
  request.set_order_by("revenue down below");
  request.set_grain(static_cast<v1::Grain>(99));
  request.set_return_attribution(static_cast<v1::ReturnAttribution>(9));
  request.mutable_as_of()->set_seconds(int64_t{1} << 50);
  request.add_filters()->set_dimension("country");
  const absl::Status status = handler_->QueryKpis(Call(), request).status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
  std::vector<std::string> fields;
  for (const base::Violation& violation : base::ErrorViolations(status)) fields.push_back(violation.field);
  EXPECT_THAT(fields, ::testing::UnorderedElementsAre("dimensions", "grain", "as_of", "order_by", "return_attribution",
                                                      "page_size", "metrics[0]", "dimensions[4]", "filters[0].values"));
}

TEST_F(HandlerTest, ShopThatIsNotServed) {
  Start();
  runtime::CallContext call = Call();
  call.shop = "other";
  EXPECT_THAT(handler_->QueryKpis(call, Ask({"orders"}, {})),
              StatusIs(absl::StatusCode::kNotFound, kReasonShopUnknown));
}

TEST_F(HandlerTest, NotReadyBeforeTheLogIsRead) {
  view_ = std::make_unique<ViewFollower>(*log_, clock_, std::vector<fleet::Shop>{{"default", absl::UTCTimeZone()}},
                                         metrics_);
  handler_ = std::make_unique<AnalyticsHandler>(*view_, metrics_);
  EXPECT_THAT(handler_->QueryKpis(Call(), Ask({"orders"}, {})),
              StatusIs(absl::StatusCode::kUnavailable, log::kReasonViewNotReady));
}

TEST_F(HandlerTest, FactsOfOtherShopsAreCountedAndPassedOver) {
  RecordSpec spec;
  spec.shop = "other";
  Append(fleet::kOrders, "o1", MakeRecord(MakeOrder("o1", 0, {{"p1", 1, 1}}), spec));
  Append(fleet::kOrders, "o2", RecordFromTheFuture({}));
  Append(fleet::kOrders, "o3", "\xff\xff");
  Start();
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::QueryKpisResponse response, handler_->QueryKpis(Call(), Ask({"orders"}, {})));
  EXPECT_EQ(response.totals().values(0).count(), 0);
  EXPECT_FALSE(response.has_as_of());
  for (const char* outcome : {"unknown_shop", "unknown_type", "broken"}) {
    EXPECT_THAT(metrics_.Text(),
                ::testing::HasSubstr(absl::StrCat("kontor_analytics_view_facts_total{outcome=\"", outcome, "\"} 1")));
  }
}

// Fixture with one order per product, so that splitting by country gives `rows` rows.
class PagingTest : public HandlerTest {
 protected:
  void StartWith(int rows, int64_t cache_bytes) {
    for (int i = 0; i < rows; ++i) AppendOrder(absl::StrCat("o", i), absl::StrCat("c", i + 1000), 100 + i);
    Start(cache_bytes);
  }
  // All countries of a walk, and the sum of the cents on it.
  absl::StatusOr<std::vector<std::string>> Walk(v1::QueryKpisRequest request) {
    std::vector<std::string> countries;
    do {
      ASSIGN_OR_RETURN(const v1::QueryKpisResponse page, handler_->QueryKpis(Call(), request));
      for (const v1::KpiRow& row : page.rows()) countries.push_back(row.keys(0));
      request.set_page_token(page.next_page_token());
      ++pages_;
    } while (!request.page_token().empty());
    return countries;
  }
  int pages_ = 0;
};

TEST_F(PagingTest, AWalkSeesEveryRowOnce) {
  for (const int64_t cache_bytes : {64 << 20, 0}) {  // without a cache every page is worked out again
    StartWith(95, cache_bytes);
    v1::QueryKpisRequest request = Ask({"revenue"}, {"country"});
    request.set_page_size(10);
    pages_ = 0;
    KONTOR_ASSERT_OK_AND_ASSIGN(const std::vector<std::string> countries, Walk(request));
    EXPECT_EQ(pages_, 10);
    ASSERT_EQ(countries.size(), 95u);
    for (int i = 0; i < 95; ++i) EXPECT_EQ(countries[i], absl::StrCat("c", i + 1000));
  }
}

TEST_F(PagingTest, NewEventsDoNotMoveAWalk) {
  StartWith(20, 0);
  v1::QueryKpisRequest request = Ask({"revenue"}, {"country"});
  request.set_page_size(10);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::QueryKpisResponse first, handler_->QueryKpis(Call(), request));
  RecordSpec later;
  later.event_id = "later";
  later.country = "a";  // would be the first row
  later.occurred_at += absl::Seconds(1);
  Await(Append(fleet::kOrders, "later", MakeRecord(MakeOrder("later", 0, {{"p1", 1, 1}}), later)));
  request.set_page_token(first.next_page_token());
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::QueryKpisResponse second, handler_->QueryKpis(Call(), request));
  EXPECT_EQ(second.total_size(), 20);
  EXPECT_EQ(second.rows(0).keys(0), "c1010");
}

TEST_F(PagingTest, AWalkEndsWhenItsFiguresHaveChanged) {
  StartWith(20, 0);
  v1::QueryKpisRequest request = Ask({"revenue"}, {"country"});
  request.set_page_size(10);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::QueryKpisResponse first, handler_->QueryKpis(Call(), request));
  Await(AppendOrder("earlier", "a", 1));  // of the same time as the others
  request.set_page_token(first.next_page_token());
  EXPECT_THAT(handler_->QueryKpis(Call(), request), StatusIs(absl::StatusCode::kAborted, kReasonPageTokenExpired));
}

TEST_F(PagingTest, ATokenFitsItsQuestionOnly) {
  StartWith(20, 64 << 20);
  v1::QueryKpisRequest request = Ask({"revenue"}, {"country"});
  request.set_page_size(10);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::QueryKpisResponse first, handler_->QueryKpis(Call(), request));
  request.set_page_token(first.next_page_token());
  request.set_page_size(3);  // may change
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::QueryKpisResponse second, handler_->QueryKpis(Call(), request));
  EXPECT_EQ(second.rows_size(), 3);
  request.add_metrics("orders");
  EXPECT_THAT(handler_->QueryKpis(Call(), request),
              StatusIs(absl::StatusCode::kInvalidArgument, kReasonPageTokenInvalid));
}

TEST_F(PagingTest, APageStaysBelowFourMebibytes) {
  const std::string wide(500, 'w');
  for (int i = 0; i < 9000; ++i) AppendOrder(absl::StrCat("o", i), absl::StrCat(i + 10000, wide.substr(5)), 100);
  Start();
  v1::QueryKpisRequest request = Ask({"revenue"}, {"country"});
  request.set_page_size(1 << 30);  // counts as 20,000
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::QueryKpisResponse page, handler_->QueryKpis(Call(), request));
  EXPECT_LT(page.ByteSizeLong(), size_t{4} << 20);
  EXPECT_GT(page.ByteSizeLong(), size_t{5} << 19);
  EXPECT_NE(page.next_page_token(), "");
  KONTOR_ASSERT_OK_AND_ASSIGN(const std::vector<std::string> countries, Walk(request));
  EXPECT_EQ(countries.size(), 9000u);
}

TEST_F(HandlerTest, ReadAfterWaitsForThePosition) {
  Start();
  v1::QueryKpisRequest request = Ask({"orders"}, {});
  const auto read_after = [&](const log::Position& position) {
    auto* after = request.add_read_after();
    after->set_topic(position.topic);
    after->set_partition(position.partition);
    after->set_offset(position.offset);
  };
  for (int i = 0; i < 50; ++i) {
    request.clear_read_after();
    read_after(AppendOrder(absl::StrCat("o", i), "DE", 1));
    read_after({fleet::kIdentity, 0, 1000});  // changes no figure: nothing to wait for
    KONTOR_ASSERT_OK_AND_ASSIGN(const v1::QueryKpisResponse response, handler_->QueryKpis(Call(), request));
    EXPECT_EQ(response.totals().values(0).count(), i + 1);
  }
}

TEST_F(HandlerTest, ReadAfterGivesUpBeforeTheDeadline) {
  Start();
  v1::QueryKpisRequest request = Ask({"orders"}, {});
  request.add_read_after()->set_topic(fleet::kOrders);
  const runtime::CallContext call = Call(absl::Milliseconds(200));
  EXPECT_THAT(handler_->QueryKpis(call, request), StatusIs(absl::StatusCode::kUnavailable, log::kReasonNotYetApplied));
  EXPECT_FALSE(call.cancelled());

  runtime::CallContext cancelled = Call();
  std::thread caller([&] { cancelled.token->Cancel(); });
  EXPECT_THAT(handler_->QueryKpis(cancelled, request), StatusIs(absl::StatusCode::kCancelled));
  caller.join();

  request.mutable_read_after(0)->set_partition(77);
  request.add_read_after()->set_topic("gossip");
  const absl::Status status = handler_->QueryKpis(Call(), request).status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(base::ErrorViolations(status).size(), 2u);
}

// Takes what a stream sends; runs `on_message` after each.
class RecordingWriter : public runtime::MessageWriter {
 public:
  explicit RecordingWriter(std::function<void(int)> on_message) : on_message_(std::move(on_message)) {}
  absl::Status Write(const google::protobuf::Message& message) override {
    responses.push_back(static_cast<const v1::QueryKpisResponse&>(message));
    on_message_(static_cast<int>(responses.size()));
    return absl::OkStatus();
  }
  std::vector<v1::QueryKpisResponse> responses;

 private:
  std::function<void(int)> on_message_;
};

TEST_F(HandlerTest, WatchSendsEveryChangeUntilTheDrain) {
  Start();
  v1::WatchKpisRequest request;
  request.set_parent("shops/default");
  *request.mutable_query() = Ask({"orders"}, {});
  request.set_min_interval_ms(100);
  runtime::CallContext call = Call();
  RecordingWriter messages([&](int number) {
    if (number <= 3) AppendOrder(absl::StrCat("o", number), "DE", 1);
    if (number == 4) call.drain->Cancel();
  });
  runtime::Writer<v1::QueryKpisResponse> writer(messages);
  EXPECT_THAT(handler_->WatchKpis(call, request, writer), StatusIs(absl::StatusCode::kUnavailable, kReasonDraining));
  ASSERT_EQ(messages.responses.size(), 4u);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(messages.responses[i].totals().values(0).count(), i);
}

TEST_F(HandlerTest, WatchIsSilentWhileFiguresStay) {
  AppendOrder("o1", "DE", 1);
  Start();
  v1::WatchKpisRequest request;
  request.set_parent("shops/default");
  *request.mutable_query() = Ask({"orders"}, {});
  request.set_min_interval_ms(100);
  RecordingWriter messages([&](int) {
    Append(fleet::kBehavior, "c-1", MakeRecord(MakeView("p1"), {.event_id = "v1"}));  // another figure's event
  });
  runtime::Writer<v1::QueryKpisResponse> writer(messages);
  EXPECT_THAT(handler_->WatchKpis(Call(absl::Milliseconds(500)), request, writer),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_EQ(messages.responses.size(), 1u);
}

TEST_F(HandlerTest, WatchRefusesWhatItDoesNotUse) {
  Start();
  v1::WatchKpisRequest request;
  request.set_parent("shops/default");
  *request.mutable_query() = Ask({"orders"}, {});
  request.mutable_query()->set_parent("shops/other");
  request.mutable_query()->set_page_token("x");
  request.set_min_interval_ms(5);
  RecordingWriter messages([](int) {});
  runtime::Writer<v1::QueryKpisResponse> writer(messages);
  const absl::Status status = handler_->WatchKpis(Call(), request, writer);
  EXPECT_EQ(base::ErrorViolations(status).size(), 3u) << status;
  EXPECT_TRUE(messages.responses.empty());
}

TEST_F(HandlerTest, ListsWhatCanBeAsked) {
  Start();
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ListMetricsResponse list, handler_->ListMetrics(Call(), {}));
  EXPECT_EQ(list.metrics_size(), static_cast<int>(Metrics().size()));
  EXPECT_EQ(list.dimensions_size(), kDimensionCount);
  for (const v1::Metric& metric : list.metrics()) {
    EXPECT_NE(metric.unit(), v1::Metric::UNIT_UNSPECIFIED) << metric.name();
    v1::QueryKpisRequest request = Ask({metric.name()}, {});
    for (const std::string& dimension : metric.dimensions()) {
      request.clear_dimensions();
      request.add_dimensions(dimension);
      EXPECT_THAT(handler_->QueryKpis(Call(), request), kontor::testing::IsOk()) << metric.name() << " " << dimension;
    }
  }
}

}  // namespace
}  // namespace kontor::analytics
