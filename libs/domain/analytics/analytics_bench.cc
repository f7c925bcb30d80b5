#include <cmath>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "libs/base/random.h"
#include "libs/domain/analytics/fact_table.h"

// A year of a grocery chain in the shape of Complete Journey: 155,848 baskets, 1,469,307 lines, 457 stores, 2,469
// customers, 68,509 products in 31 departments, the largest (a grocery's food) with more than half of the lines; drawn
// with a fixed seed. Beside the queries stand their ceilings: a plain loop over the amounts, which is what memory
// allows, and adding to a table at random places, which is what grouping costs at least.
namespace kontor::analytics {
namespace {

constexpr int kBaskets = 155'848, kLines = 1'469'307, kStores = 457, kCustomers = 2'469, kProducts = 68'509;
constexpr int kDepartments = 31;

DocumentFact Basket(int basket, int lines, base::Random& random) {
  const absl::Time start = absl::FromCivil(absl::CivilDay(2017, 1, 1), absl::UTCTimeZone());
  DocumentFact fact{DocumentKind::kOrder, absl::StrCat("basket-", basket), 0, random()};
  fact.occurred_at = fact.received_at = start + absl::Seconds(static_cast<int64_t>(random.Below(365 * 86'400)));
  fact.imported = true;
  fact.source = "import";
  fact.customer = absl::StrCat("household-", random.Below(kCustomers));
  fact.store = absl::StrCat("store-", random.Below(kStores));
  fact.currency = "USD";
  for (int line = 0; line < lines; ++line) {
    const auto cents = static_cast<int64_t>(random.Below(2'000)) * 10'000'000;
    // Squared: a few products make most of the lines.
    const auto product = static_cast<int>(random.Uniform() * random.Uniform() * kProducts);
    fact.lines.push_back({absl::StrCat("product-", product), {base::Decimal::kOne}, true, {cents}, {cents / 5}, {}});
  }
  return fact;
}

FactTable& Table() {
  static FactTable& table = *[] {
    auto* made = new FactTable(absl::UTCTimeZone());
    base::Random random(7);
    for (int product = 0; product < kProducts; ++product) {
      ProductFact fact{absl::StrCat("product-", product)};
      const int department = static_cast<int>(kDepartments * std::pow(random.Uniform(), 6));
      fact.category_path = {absl::StrCat("department-", department), absl::StrCat("aisle-", product % 303)};
      made->Apply(fact);
    }
    int lines = kLines;
    for (int basket = 0; basket < kBaskets; ++basket) {
      const int left = kBaskets - basket;
      const int here = left == 1 ? lines : 1 + static_cast<int>(random.Below(2 * ((lines - left) / left) + 1));
      made->Apply(Basket(basket, here, random));
      lines -= here;
    }
    return made;
  }();
  return table;
}

void Run(benchmark::State& state, const Query& query) {
  const FactTable& table = Table();
  size_t rows = 0;
  for (auto _ : state) {
    const auto result = table.Run(query);
    if (!result.ok()) return state.SkipWithError(result.status().ToString().c_str());
    rows = result->rows;
  }
  state.counters["rows"] = static_cast<double>(rows);
  state.counters["lines_per_s"] =
      benchmark::Counter(static_cast<double>(table.Statistics().lines), benchmark::Counter::kIsIterationInvariantRate);
}

void KpisByMonth(benchmark::State& state) {
  Query query;
  query.metrics = {"revenue", "returns", "net_revenue", "orders", "lines", "units", "discount", "aov", "buyers"};
  query.grain = Grain::kMonth;
  Run(state, query);
}
BENCHMARK(KpisByMonth)->Unit(benchmark::kMillisecond);

void RevenueByMonth(benchmark::State& state) {
  Query query;
  query.metrics = {"revenue"};
  query.grain = Grain::kMonth;
  Run(state, query);
}
BENCHMARK(RevenueByMonth)->Unit(benchmark::kMillisecond);

void RevenueByDepartment(benchmark::State& state) {
  Query query;
  query.metrics = {"revenue", "units"};
  query.dimensions = {"department"};
  Run(state, query);
}
BENCHMARK(RevenueByDepartment)->Unit(benchmark::kMillisecond);

void RevenueByDayStoreDepartment(benchmark::State& state) {
  Query query;
  query.metrics = {"revenue"};
  query.dimensions = {"store", "department"};
  query.grain = Grain::kDay;
  Run(state, query);
}
BENCHMARK(RevenueByDayStoreDepartment)->Unit(benchmark::kMillisecond);

void OrdersAndBuyersByProduct(benchmark::State& state) {
  Query query;
  query.metrics = {"revenue", "orders", "buyers"};
  query.dimensions = {"product"};
  query.order_by = {"revenue", true};
  Run(state, query);
}
BENCHMARK(OrdersAndBuyersByProduct)->Unit(benchmark::kMillisecond);

void CeilingPlainLoopOverAmounts(benchmark::State& state) {
  std::vector<int64_t> amounts(kLines);
  std::iota(amounts.begin(), amounts.end(), 0);
  for (auto _ : state) benchmark::DoNotOptimize(std::accumulate(amounts.begin(), amounts.end(), int64_t{0}));
  state.counters["lines_per_s"] = benchmark::Counter(kLines, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(CeilingPlainLoopOverAmounts)->Unit(benchmark::kMillisecond);

// The same groups counted by a loop over ready-made keys into a table that is just large enough: what a group-by of
// this many groups costs when nothing but the counting is left.
void CeilingRandomAccessByGroup(benchmark::State& state) {
  constexpr size_t kGroups = size_t{1} << 20;
  std::vector<uint32_t> groups(kLines);
  base::Random random(7);
  for (uint32_t& group : groups) group = static_cast<uint32_t>(random.Below(kGroups));
  for (auto _ : state) {
    std::vector<absl::int128> sums(kGroups);
    for (const uint32_t group : groups) sums[group] += group;
    benchmark::DoNotOptimize(sums.data());
  }
}
BENCHMARK(CeilingRandomAccessByGroup)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kontor::analytics

BENCHMARK_MAIN();
