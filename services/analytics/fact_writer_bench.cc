#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "libs/base/random.h"
#include "libs/platform/fleet/topics.h"
#include "libs/platform/log/consumer.h"
#include "libs/platform/log/memory_event_log.h"
#include "libs/platform/postgres/migrate.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/private_postgres.h"
#include "services/analytics/fact_writer.h"
#include "services/analytics/migrations.h"
#include "services/analytics/sample_records.h"
#include "services/analytics/view_follower.h"

// How fast both readers take the orders of a shop's two years: 155,848 orders with 1.47 million lines, the size of
// Complete Journey, from a log in memory.
namespace kontor::analytics {
namespace {

constexpr int kOrders = 155'848;
constexpr absl::Duration kPatience = absl::Minutes(10);

log::EventLog& FilledLog() {
  static log::EventLog& log = *[] {
    static const kontor::testing::FakeClock& clock = *new kontor::testing::FakeClock();
    log::EventLog* made = log::MakeMemoryEventLog(clock).release();
    if (!made->CreateTopics(fleet::AllTopics(4)).ok()) std::abort();
    base::Random random(1);
    for (int i = 0; i < kOrders; ++i) {
      const std::string id = absl::StrCat("basket-", 27601281299 + i);
      std::vector<LineSpec> lines(1 + random.Below(18));  // 9.5 on average
      for (LineSpec& line : lines) {
        line = {absl::StrCat(800000 + random.Below(68'000)), 1, static_cast<int64_t>(random.Below(2000))};
      }
      RecordSpec spec;
      spec.event_id = id;
      spec.subject = absl::StrCat("c-", random.Below(2500));
      spec.imported = true;
      if (!made->Append("orders", {{id, MakeRecord(MakeOrder(id, 0, lines, "USD"), spec)}}).ok()) std::abort();
    }
    return made;
  }();
  return log;
}

template <typename Reader>
void WaitForAll(const Reader& reader, benchmark::State& state) {
  for (int partition = 0; partition < 4; ++partition) {
    const absl::Status status =
        reader.WaitUntilApplied({"orders", partition, *FilledLog().End("orders", partition) - 1}, kPatience);
    if (!status.ok()) state.SkipWithError(status.ToString().c_str());
  }
}

void BM_DurableView(benchmark::State& state) {
  FilledLog();
  for (auto _ : state) {
    state.PauseTiming();
    postgres::PostgresOptions options;
    options.dsn = kontor::testing::PrivatePostgres::Shared().CreateDatabase();
    const auto pool = *postgres::Pool::Create(options);
    if (!postgres::Migrate(*pool, "analytics", Migrations()).ok()) state.SkipWithError("no schema");
    FactWriter writer;
    log::ConsumerOptions consumer_options;
    consumer_options.group = consumer_options.schema = "analytics";
    consumer_options.topics = {"orders"};
    consumer_options.workers = static_cast<int>(state.range(0));
    state.ResumeTiming();
    log::Consumer consumer(FilledLog(), *pool, writer, consumer_options);
    if (!consumer.Start().ok()) state.SkipWithError("no consumer");
    WaitForAll(consumer, state);
    const auto lines = pool->Exec("SELECT count(*) FROM analytics.lines");
    state.counters["lines"] = lines.ok() ? static_cast<double>(lines->Int64(0, 0)) : 0;
    state.PauseTiming();
    consumer.Stop();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * kOrders);
}
BENCHMARK(BM_DurableView)->Arg(1)->Arg(2)->Unit(benchmark::kSecond)->Iterations(1)->UseRealTime();

void BM_MemoryView(benchmark::State& state) {
  FilledLog();
  const kontor::testing::FakeClock clock;
  for (auto _ : state) {
    runtime::Metrics metrics;
    ViewFollower view(FilledLog(), clock, std::vector<fleet::Shop>{{"default", absl::UTCTimeZone()}}, metrics);
    if (!view.Start().ok()) state.SkipWithError("no view");
    WaitForAll(view.follower(), state);
  }
  state.SetItemsProcessed(state.iterations() * kOrders);
}
BENCHMARK(BM_MemoryView)->Unit(benchmark::kSecond)->Iterations(1)->UseRealTime();

}  // namespace
}  // namespace kontor::analytics

BENCHMARK_MAIN();
