#include <algorithm>

#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/base/status.h"
#include "libs/domain/analytics/fact_table.h"
#include "libs/domain/analytics/naive_figures.h"
#include "libs/testing/seed.h"
#include "libs/testing/status_matchers.h"

namespace kontor::analytics {
namespace {

constexpr int kHours = 24 * 120;

absl::TimeZone London() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/London", &zone));  // has a repeated and a skipped hour
  return zone;
}

// A small shop in which every kind of collision happens: several revisions of most documents, returns whose order never
// comes, cancellations of orders that are not there, two currencies, unknown products.
class RandomShop {
 public:
  explicit RandomShop(uint64_t seed) : random_(seed) {}

  std::vector<Fact> Facts(int count) {
    std::vector<Fact> facts;
    for (int i = 0; i < count; ++i) {
      const uint64_t kind = random_.Below(10);
      if (kind < 5) {
        AddRevisions(facts);
      } else if (kind < 6) {
        facts.push_back(CancellationFact{Name("d", 40), Time()});
      } else if (kind < 7) {
        facts.push_back(Product(i));
      } else if (kind < 8) {
        facts.push_back(RefusalFact{Name("web", 2), absl::StrCat("r", i), Name("REASON_", 2), 1 + Number(5), Time()});
      } else {
        facts.push_back(Behavior());
      }
    }
    return facts;
  }

  Query RandomQuery() {
    Query query;
    uint32_t allowed = ~uint32_t{0};
    const uint64_t metrics = 1 + random_.Below(3);
    while (query.metrics.size() < metrics) {
      const MetricInfo& metric = Metrics()[random_.Below(Metrics().size())];
      const std::string name(metric.name);
      if (std::count(query.metrics.begin(), query.metrics.end(), name) > 0 || (allowed & metric.dimensions) == 0)
        continue;
      allowed &= metric.dimensions;
      query.metrics.push_back(name);
    }
    for (const DimensionInfo& info : Dimensions()) {
      if ((allowed >> static_cast<int>(info.dimension) & 1) == 0) continue;
      if (random_.Chance(0.2)) query.dimensions.emplace_back(info.name);
      if (random_.Chance(0.1)) query.filters.push_back({std::string(info.name), SomeValues(), random_.Chance(0.5)});
    }
    query.grain = static_cast<Grain>(random_.Below(7));
    if (random_.Chance(0.3)) query.from = Time();
    if (random_.Chance(0.3)) query.to = query.from.value_or(Start()) + absl::Hours(1 + Number(kHours));
    if (random_.Chance(0.3)) query.as_of = Start() + absl::Hours(kHours / 4 * (1 + Number(3)));
    if (random_.Chance(0.5)) query.returns_by = ReturnsBy::kSaleDay;
    return query;
  }

  template <typename T>
  void Shuffle(std::vector<T>& values) {
    std::shuffle(values.begin(), values.end(), random_);
  }

 private:
  static absl::Time Start() { return absl::FromCivil(absl::CivilDay(2011, 1, 20), absl::UTCTimeZone()); }
  int64_t Number(int64_t below) { return static_cast<int64_t>(random_.Below(static_cast<uint64_t>(below))); }
  absl::Time Time() { return Start() + absl::Minutes(Number(kHours * 60)); }
  std::string Name(const char* prefix, int64_t count) { return absl::StrCat(prefix, Number(count)); }
  std::string MaybeName(const char* prefix, int64_t count) { return random_.Chance(0.3) ? "" : Name(prefix, count); }
  base::Decimal Amount() { return {Number(4) == 0 ? 0 : Number(100'000) * 1'000'003}; }
  std::vector<std::string> SomeValues() {
    return {"", "c1", "s0", "p1", "p2", "u3", "GBP", "known", "order", "web1", "C1", "B0", "C0 > D1", "REASON_0"};
  }

  template <typename F>
  void FillPerson(F& fact) {
    fact.occurred_at = Time();
    fact.received_at = fact.occurred_at + absl::Minutes(Number(120));
    fact.imported = random_.Chance(0.3);
    fact.source = Name("web", 2);
    fact.customer = MaybeName("u", 8);
    fact.session = MaybeName("x", 20);
    fact.country = MaybeName("c", 3);
    fact.channel = MaybeName("h", 2);
    fact.device = MaybeName("v", 2);
  }

  LineFact Line() {
    LineFact line{MaybeName("p", 6), {Number(5) * base::Decimal::kOne / 2}, random_.Chance(0.8), Amount(), Amount(),
                  Amount()};
    if (random_.Chance(0.5)) line.cost = Amount();
    return line;
  }

  // One to three revisions of a document whose id was not used before, gaps included.
  void AddRevisions(std::vector<Fact>& facts) {
    const auto kind = static_cast<DocumentKind>(std::max<int64_t>(0, Number(6) - 2));
    const std::string id = absl::StrCat("d", next_document_++);
    for (int64_t revision = Number(2), end = revision + 1 + Number(3); revision < end; ++revision) {
      DocumentFact fact{kind, id, revision, random_()};
      FillPerson(fact);
      fact.store = MaybeName("s", 2);
      fact.currency = random_.Chance(0.9) ? "GBP" : "EUR";
      if (kind == DocumentKind::kReturn && random_.Chance(0.8)) fact.order_id = Name("d", next_document_ + 20);
      for (int64_t lines = 1 + Number(4); lines > 0; --lines) fact.lines.push_back(Line());
      if (kind == DocumentKind::kAdjustment) fact.lines[0].amount.nanos *= -1;
      facts.push_back(fact);
    }
  }

  BehaviorFact Behavior() {
    BehaviorFact fact;
    fact.event_id = absl::StrCat("e", next_event_++);
    fact.type = static_cast<BehaviorType>(Number(9));
    FillPerson(fact);
    fact.visitor = MaybeName("w", 10);
    const int64_t products = fact.type == BehaviorType::kImpression ? Number(4) : Number(2);
    for (int64_t i = 0; i < products; ++i) fact.products.push_back(Name("p", 6));
    return fact;
  }

  ProductFact Product(int64_t revision) {
    ProductFact fact{Name("p", 6), revision, random_()};
    for (int64_t level = Number(3); level > 0; --level) fact.category_path.push_back(Name(level == 1 ? "D" : "C", 2));
    fact.brand = MaybeName("B", 2);
    return fact;
  }

  base::Random random_;
  int next_document_ = 0, next_event_ = 0;
};

void ExpectValue(const Value& is, const Value& expected, const std::string& where) {
  EXPECT_EQ(is.is_null, expected.is_null) << where;
  EXPECT_EQ(is.exact, expected.exact) << where;
  EXPECT_EQ(is.ratio, expected.ratio) << where;
}

std::string Describe(const Query& query) {
  std::string text =
      absl::StrCat(absl::StrJoin(query.metrics, "+"), " by ", absl::StrJoin(query.dimensions, ","), " grain ",
                   static_cast<int>(query.grain), " sale ", static_cast<int>(query.returns_by));
  for (const Filter& filter : query.filters)
    absl::StrAppend(&text, filter.exclude ? " not " : " in ", filter.dimension);
  return text;
}

void ExpectRows(const Query& query, const QueryResult& is, const NaiveFigures::Answer& expected) {
  ASSERT_EQ(is.rows, expected.rows.size());
  size_t row = 0;
  for (const auto& [key, values] : expected.rows) {
    for (size_t k = 0; k < key.size(); ++k) ASSERT_EQ(is.keys[k].At(row), key[k]);
    for (size_t m = 0; m < values.size(); ++m) {
      ExpectValue(is.metrics[m].At(row), values[m], absl::StrCat(query.metrics[m], " at ", absl::StrJoin(key, "|")));
    }
    ++row;
  }
  for (size_t m = 0; m < query.metrics.size(); ++m) {
    if (is.metrics[m].total.is_null && expected.currencies.size() > 1) continue;
    ExpectValue(is.metrics[m].total, expected.totals[m], "total");
  }
}

// False when both refuse to add up several currencies.
bool ExpectSame(const FactTable& table, const NaiveFigures& naive, const Query& query) {
  SCOPED_TRACE(Describe(query));
  const NaiveFigures::Answer expected = naive.Run(query);
  const auto is = table.Run(query);
  const bool by_currency = std::count(query.dimensions.begin(), query.dimensions.end(), "currency") > 0;
  if (expected.currencies.size() > 1 && !by_currency) {
    EXPECT_THAT(is, testing::StatusIs(absl::StatusCode::kInvalidArgument, "SEVERAL_CURRENCIES"));
    return false;
  }
  EXPECT_THAT(is, testing::IsOk());
  if (is.ok()) ExpectRows(query, *is, expected);
  return true;
}

std::vector<Query> EveryMetricByEveryDimension() {
  std::vector<Query> queries;
  for (const MetricInfo& metric : Metrics()) {
    for (const DimensionInfo& info : Dimensions()) {
      if (!metric.Allows(info.dimension)) continue;
      for (const Grain grain : {Grain::kNone, Grain::kHour, Grain::kDay, Grain::kWeek, Grain::kMonth}) {
        Query query;
        query.metrics = {std::string(metric.name)};
        query.dimensions = {std::string(info.name)};
        query.grain = grain;
        if (metric.Allows(Dimension::kCurrency)) query.filters = {{"currency", {"GBP"}}};
        queries.push_back(query);
      }
    }
  }
  return queries;
}

// Everything twice: forwards and then backwards, or shuffled.
std::vector<Fact> Doubled(const std::vector<Fact>& once, bool shuffled, RandomShop& shop) {
  std::vector<Fact> facts(once.begin(), once.end());
  facts.insert(facts.end(), once.rbegin(), once.rend());
  if (shuffled) shop.Shuffle(facts);
  return facts;
}

TEST(FactTableProperty, EveryMetricByEveryDimensionIsWhatTheDefinitionSaysWhateverTheArrival) {
  RandomShop shop(testing::Seed());
  const std::vector<Fact> facts = shop.Facts(300);
  const NaiveFigures naive(facts, London());
  for (const bool shuffled : {false, true}) {
    FactTable table(London());
    table.ApplyBatch(Doubled(facts, shuffled, shop));
    for (const Query& query : EveryMetricByEveryDimension()) {
      ASSERT_TRUE(ExpectSame(table, naive, query));
      if (::testing::Test::HasFailure()) return;
    }
  }
}

TEST(FactTableProperty, RandomQueriesAreWhatTheDefinitionSaysWhateverTheArrival) {
  RandomShop shop(testing::Seed() + 1);
  int answered = 0;
  for (int round = 0; round < 20 && !::testing::Test::HasFailure(); ++round) {
    const std::vector<Fact> once = shop.Facts(200);
    const NaiveFigures naive(once, London());
    const std::vector<Fact> facts = Doubled(once, round > 0, shop);
    FactTable table(London());
    for (const Fact& fact : facts) table.Apply(fact);
    for (int i = 0; i < 60 && !::testing::Test::HasFailure(); ++i) {
      answered += ExpectSame(table, naive, shop.RandomQuery()) ? 1 : 0;
    }
  }
  EXPECT_GT(answered, 400) << "too many queries were refused to say much";
}

// Compaction happens above some thousand lines: revise every document until it must have happened.
TEST(FactTableProperty, CompactionChangesNoFigure) {
  RandomShop shop(testing::Seed() + 2);
  std::vector<Fact> facts = shop.Facts(5000);
  shop.Shuffle(facts);
  FactTable table(London());
  table.ApplyBatch(facts);
  const TableStatistics statistics = table.Statistics();
  EXPECT_LT(statistics.dead_lines, std::max<int64_t>(4096, (statistics.lines + statistics.dead_lines) / 4 + 1));
  const NaiveFigures naive(facts, London());
  for (const char* metric : {"gross_revenue", "net_revenue", "orders", "buyers", "margin_rate", "units"}) {
    Query query;
    query.metrics = {metric};
    query.dimensions = {"currency", "product", "store"};
    query.grain = Grain::kDay;
    ASSERT_TRUE(ExpectSame(table, naive, query));
  }
}

}  // namespace
}  // namespace kontor::analytics
