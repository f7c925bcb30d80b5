#include <algorithm>
#include <map>
#include <thread>

#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "libs/base/random.h"
#include "libs/testing/seed.h"
#include "services/analytics/durable_view_fixture.h"
#include "services/analytics/sample_records.h"

// Both views and a trivial reference over random shops: whatever order the events come in, how often, and whatever dies
// in between, the figures are those of the set of events.
namespace kontor::analytics {
namespace {

struct Event {
  std::string topic, key;
  std::string bytes;
};

// The net revenue in cents by (day, country, currency), worked out by hand.
using Cells = std::map<std::string, int64_t>;

std::string CellName(absl::Time time, const std::string& country, const std::string& currency) {
  return absl::StrCat(absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone()), "|", country, "|", currency);
}

// Events about a few orders, so that revisions, returns and cancellations meet; the reference counts as they are made.
class RandomShop {
 public:
  RandomShop(std::string shop, uint64_t seed) : shop_(std::move(shop)), random_(seed) {}

  std::vector<Event> Events(int orders) {
    for (int i = 0; i < orders; ++i) AddOrder(absl::StrCat("o", i));
    for (int i = 0; i < orders / 4; ++i) AddReturn(i, orders);
    for (int i = 0; i < orders / 8; ++i) AddAdjustment(i);
    for (int i = 0; i < orders * 2; ++i) AddBehavior(i);
    for (int i = 0; i < kProducts; ++i) AddProduct(i);
    AddRefusal();
    return std::move(events_);
  }

  const Cells& net_revenue() const { return net_; }
  int64_t impressions() const { return impressions_; }

 private:
  static constexpr int kProducts = 12;

  RecordSpec Spec(const std::string& id) {
    RecordSpec spec;
    spec.shop = shop_;
    spec.event_id = id;
    spec.occurred_at = SampleTime() + absl::Seconds(static_cast<int64_t>(random_.Below(86400 * 4)));
    spec.received_at = spec.occurred_at + absl::Minutes(static_cast<int64_t>(random_.Below(90)));  // some late
    spec.country = absl::StrCat("C", random_.Below(3));
    spec.subject = random_.Chance(0.7) ? absl::StrCat("c-", random_.Below(20)) : "v-1";
    spec.session = absl::StrCat("s-", random_.Below(30));
    spec.imported = random_.Chance(0.2);
    return spec;
  }
  std::string Currency() { return random_.Chance(0.5) ? "GBP" : "EUR"; }
  std::vector<LineSpec> Lines(int64_t& cents) {
    std::vector<LineSpec> lines(1 + random_.Below(5));
    for (LineSpec& line : lines) {
      line.product = absl::StrCat("p", random_.Below(kProducts));
      line.pieces = static_cast<int64_t>(random_.Below(4));
      line.cents = static_cast<int64_t>(random_.Below(100000));
      cents += line.cents;
    }
    return lines;
  }
  void Add(const std::string& topic, const std::string& key, std::string bytes) {
    events_.push_back({topic, absl::StrCat(shop_, "/", key), std::move(bytes)});
  }

  void AddOrder(const std::string& id) {
    const bool cancelled = random_.Chance(0.1);
    if (cancelled) Add(fleet::kOrders, id, MakeRecord(MakeCancellation(id), Spec("x" + id)));
    const int64_t revisions = 1 + static_cast<int64_t>(random_.Below(3));
    for (int64_t revision = 0; revision < revisions; ++revision) {
      const RecordSpec spec = Spec(absl::StrCat(id, "r", revision));
      const std::string currency = Currency();
      int64_t cents = 0;
      Add(fleet::kOrders, id, MakeRecord(MakeOrder(id, revision, Lines(cents), currency), spec));
      if (revision == revisions - 1) {
        net_[CellName(spec.occurred_at, spec.country, currency)] += cancelled ? 0 : cents;
      }
    }
  }
  void AddReturn(int number, int orders) {
    const std::string id = absl::StrCat("r", number);
    const std::string order = absl::StrCat("o", random_.Below(orders * 2));  // half of them never come
    const RecordSpec spec = Spec(id);
    const std::string currency = Currency();
    int64_t cents = 0;
    Add(fleet::kOrders, order, MakeRecord(MakeReturn(id, order, Lines(cents), currency), spec));
    net_[CellName(spec.occurred_at, spec.country, currency)] -= cents;
  }
  void AddAdjustment(int number) {
    const std::string id = absl::StrCat("a", number);
    const RecordSpec spec = Spec(id);
    const int64_t cents = static_cast<int64_t>(random_.Below(20000)) - 10000;
    ev::AdjustmentRecorded adjustment;
    adjustment.set_adjustment_id(id);
    adjustment.set_currency_code("GBP");
    SetDecimal(cents * 10'000'000, *adjustment.mutable_amount());
    Add(fleet::kOrders, id, MakeRecord(adjustment, spec));
    net_[CellName(spec.occurred_at, spec.country, "GBP")] += cents;
  }
  void AddBehavior(int number) {
    const RecordSpec spec = Spec(absl::StrCat("b", number));
    if (random_.Chance(0.5)) {
      Add(fleet::kBehavior, spec.subject, MakeRecord(MakeView(absl::StrCat("p", random_.Below(kProducts))), spec));
      return;
    }
    ev::ItemsShown shown;
    const uint64_t products = 1 + random_.Below(6);
    for (uint64_t i = 0; i < products; ++i) shown.add_product_ids(absl::StrCat("p", random_.Below(kProducts)));
    impressions_ += static_cast<int64_t>(products);
    Add(fleet::kBehavior, spec.subject, MakeRecord(shown, spec));
  }
  void AddProduct(int number) {
    const std::string id = absl::StrCat("p", number);
    for (int64_t revision = 0; revision < 2; ++revision) {
      const std::vector<std::string> path = {absl::StrCat("D", random_.Below(3)), absl::StrCat("sub", revision)};
      Add(fleet::kCatalog, id, MakeRecord(MakeProduct(id, revision, path), Spec(absl::StrCat(id, "r", revision))));
    }
  }
  void AddRefusal() {
    ev::EventsRefused refused;
    refused.set_source("web");
    refused.add_counts()->set_count(5);
    Add(fleet::kRefused, "web", MakeRecord(refused, Spec("call")));
  }

  const std::string shop_;
  base::Random random_;
  std::vector<Event> events_;
  Cells net_;
  int64_t impressions_ = 0;
};

class ViewsAgreeTest : public DurableViewFixture {
 protected:
  void SetUp() override {
    seed_ = kontor::testing::Seed();
    RecordProperty("seed", absl::StrCat(seed_));
  }

  std::vector<Event> MakeEvents(int orders) {
    std::vector<Event> events;
    for (const fleet::Shop& shop : shops_) {
      RandomShop& random_shop = random_shops_.try_emplace(shop.id, shop.id, seed_ + random_shops_.size()).first->second;
      for (Event& event : random_shop.Events(orders)) events.push_back(std::move(event));
    }
    return events;
  }

  // Shuffled, and every event once to three times, the copies received at other times.
  void AppendShuffled(const std::vector<Event>& events, base::Random& random) {
    std::vector<Event> all;
    for (const Event& event : events) {
      for (uint64_t copy = random.Below(3) + 1; copy > 0; --copy) {
        ev::EventRecord record;
        record.ParseFromString(event.bytes);
        if (copy > 1)
          fleet::SetTime(fleet::TimeOf(record.received_at()) + absl::Minutes(7), *record.mutable_received_at());
        all.push_back({event.topic, event.key, record.SerializeAsString()});
      }
    }
    std::shuffle(all.begin(), all.end(), random);
    std::map<std::string, std::vector<log::NewRecord>> by_topic;
    for (Event& event : all) by_topic[event.topic].push_back({event.key, std::move(event.bytes)});
    for (const auto& [topic, records] : by_topic) KONTOR_ASSERT_OK(log_->Append(topic, records));
  }

  // A query of the memory view as rows like those of Rows().
  std::vector<std::string> Ask(const ShopView& view, std::vector<std::string> metrics,
                               std::vector<std::string> dimensions, Grain grain) {
    Query query;
    query.metrics = std::move(metrics);
    query.dimensions = std::move(dimensions);
    query.grain = grain;
    std::vector<std::string> out;
    const absl::StatusOr<QueryResult> result = view.facts.Run(query);
    EXPECT_THAT(result, kontor::testing::IsOk());
    if (!result.ok()) return out;
    for (size_t r = 0; r < result->rows; ++r) {
      std::vector<std::string> cells;
      for (const KeyColumn& key : result->keys) cells.push_back(key.At(r));
      for (const MetricColumn& metric : result->metrics) {
        cells.push_back(metric.unit == Unit::kCount ? base::FormatDecimal(metric.exact[r] * base::Decimal::kOne)
                                                    : base::FormatDecimal(metric.exact[r]));
      }
      out.push_back(absl::StrJoin(cells, "|"));
    }
    return out;
  }

  void CompareViews(const ShopView& view, const std::string& shop) {
    const std::string here = absl::StrCat(" WHERE shop = '", shop, "' ");
    EXPECT_EQ(Ask(view, {"orders", "lines", "gross_revenue", "revenue", "returns", "adjustments", "net_revenue"},
                  {"country", "currency"}, Grain::kDay),
              Rows(absl::StrCat("SELECT day, country, currency, orders, lines, trim_scale(gross_revenue), "
                                "trim_scale(revenue), trim_scale(returns), trim_scale(adjustments), "
                                "trim_scale(net_revenue) FROM sql_v1.daily_revenue",
                                here, "ORDER BY day, country COLLATE \"C\", currency COLLATE \"C\"")));
    EXPECT_EQ(
        Ask(view, {"revenue", "units"}, {"product", "currency"}, Grain::kNone),
        Rows(absl::StrCat("SELECT product, currency, trim_scale(sum(amount)), trim_scale(sum(quantity)) "
                          "FROM sql_v1.order_lines",
                          here, "AND cancelled_at IS NULL GROUP BY 1, 2 ORDER BY product COLLATE \"C\", currency")));
    EXPECT_EQ(Ask(view, {"returns"}, {"department", "currency"}, Grain::kNone),
              Rows(absl::StrCat("SELECT department, currency, trim_scale(sum(amount)) FROM sql_v1.returns "
                                "JOIN sql_v1.products USING (shop, product)",
                                here, "GROUP BY 1, 2 ORDER BY 1, 2")));
    EXPECT_EQ(Ask(view, {"product_views", "impressions"}, {"country"}, Grain::kDay),
              Rows(absl::StrCat("SELECT (occurred_at AT TIME ZONE 'UTC')::date, country, "
                                "count(*) FILTER (WHERE type = 'product_view'), "
                                "coalesce(sum(cardinality(products)) FILTER (WHERE type = 'impression'), 0) "
                                "FROM sql_v1.behavior",
                                here, "GROUP BY 1, 2 ORDER BY 1, 2")));
    const TableStatistics statistics = view.facts.Statistics();
    const std::string late = absl::StrCat(here, "AND NOT imported AND received_at - occurred_at > interval '1 hour'");
    EXPECT_EQ(std::vector<std::string>{absl::StrCat(statistics.late_events)},
              Rows(absl::StrCat("SELECT (SELECT count(*) FROM analytics.documents", late,
                                ") + (SELECT count(*) FROM analytics.behavior", late, ")")));
    EXPECT_EQ(std::vector<std::string>{absl::StrCat(statistics.refused_events)},
              Rows(absl::StrCat("SELECT sum(count) FROM analytics.refusals", here)));
    EXPECT_EQ(statistics.refused_events, 5);
  }

  void CompareReference(const ShopView& view, const RandomShop& shop) {
    std::vector<std::string> expected;
    for (const auto& [cell, cents] : shop.net_revenue()) {
      expected.push_back(absl::StrCat(cell, "|", base::FormatDecimal(absl::int128(cents) * 10'000'000)));
    }
    // gross_revenue makes a row of every order, as the reference does.
    std::vector<std::string> actual;
    for (const std::string& row : Ask(view, {"net_revenue", "gross_revenue"}, {"country", "currency"}, Grain::kDay)) {
      actual.push_back(row.substr(0, row.rfind('|')));
    }
    EXPECT_EQ(actual, expected);
    Query query;
    query.metrics = {"impressions"};
    EXPECT_EQ(view.facts.Run(query)->metrics[0].total.exact, shop.impressions());
  }

  void CompareAll() {
    const std::unique_ptr<ViewFollower> view = StartView();
    for (const auto& [id, shop] : random_shops_) {
      CompareViews(*view->Find(id), id);
      CompareReference(*view->Find(id), shop);
    }
    EXPECT_THAT(Rows("SELECT reason FROM analytics.dead_letters"), ::testing::IsEmpty());
  }

  uint64_t seed_ = 0;
  std::map<std::string, RandomShop> random_shops_;
};

TEST_F(ViewsAgreeTest, ShuffledAndDoubledEventsChangeNoFigure) {
  const std::vector<Event> events = MakeEvents(60);
  base::Random random(seed_ + 100);
  for (int round = 0; round < 4; ++round) {
    log_ = log::MakeMemoryEventLog(clock_);
    KONTOR_ASSERT_OK(log_->CreateTopics(fleet::AllTopics(3)));
    OpenDatabase(kontor::testing::PrivatePostgres::Shared().CreateDatabase());
    AppendShuffled(events, random);
    const std::unique_ptr<log::Consumer> consumer = StartConsumer(7 + static_cast<int>(random.Below(80)));
    Drain(*consumer);
    CompareAll();
  }
}

// PostgreSQL is killed again and again, and the consumer is replaced by others that read with it for a while.
TEST_F(ViewsAgreeTest, NothingIsLostOrCountedTwiceWhenServersDie) {
  const std::unique_ptr<kontor::testing::PrivatePostgres> server = kontor::testing::PrivatePostgres::Start();
  OpenDatabase(server->CreateDatabase());
  const std::vector<Event> events = MakeEvents(80);
  base::Random random(seed_ + 200);
  AppendShuffled(events, random);
  std::unique_ptr<log::Consumer> consumer = StartConsumer(5);
  int64_t interrupted = 0;
  for (int round = 0; round < 4; ++round) {
    const int64_t goal = consumer->Stats().records + 40;
    const absl::Time give_up = absl::Now() + absl::Seconds(20);
    while (consumer->Stats().records < goal && absl::Now() < give_up) std::this_thread::yield();
    server->Kill();
    server->Restart();
    interrupted += consumer->Stats().retries;
    if (round % 2 == 1) consumer = StartConsumer(5);  // the new one starts before the old one stops
  }
  Drain(*consumer);
  EXPECT_GT(interrupted + consumer->Stats().retries, 0);  // the deaths did meet work under way
  CompareAll();
}

// Half of the events are consumed, then all of them come again behind the others: an import that was run twice.
TEST_F(ViewsAgreeTest, AnImportRunTwiceChangesNoFigure) {
  OpenDatabase(kontor::testing::PrivatePostgres::Shared().CreateDatabase());
  std::vector<Event> events = MakeEvents(60);
  base::Random random(seed_ + 300);
  AppendShuffled(std::vector<Event>(events.begin(), events.begin() + static_cast<int64_t>(events.size()) / 2), random);
  Drain(*StartConsumer());
  AppendShuffled(events, random);
  Drain(*StartConsumer());
  CompareAll();
}

}  // namespace
}  // namespace kontor::analytics
