#include <thread>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "libs/platform/log/postgres_event_log.h"
#include "libs/testing/private_postgres.h"

// Appends to and reads from the log in a private PostgreSQL with fsync on: records of 200 bytes over 8 partitions.
namespace kontor::log {
namespace {

constexpr int kRecordBytes = 200;

struct Bench {
  Bench() : server(kontor::testing::PrivatePostgres::Start(true)) {
    postgres::PostgresOptions options;
    options.dsn = server->CreateDatabase();
    pool = postgres::Pool::Create(options).value();
    log = OpenPostgresEventLog(*pool, base::SystemClock()).value();
    if (!log->CreateTopics({{"orders", 8}}).ok()) std::abort();
  }
  static Bench& Get() {
    static Bench bench;
    return bench;
  }
  std::unique_ptr<kontor::testing::PrivatePostgres> server;
  std::unique_ptr<postgres::Pool> pool;
  std::unique_ptr<EventLog> log;
};

void Append(benchmark::State& state) {
  EventLog& log = *Bench::Get().log;
  std::vector<NewRecord> records;
  for (int i = 0; i < state.range(0); ++i) {
    records.push_back({absl::StrCat(state.thread_index(), "/", i), std::string(kRecordBytes, 'x')});
  }
  for (auto _ : state) {
    if (!log.Append("orders", records).ok()) state.SkipWithError("append failed");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(Append)->Arg(1)->Arg(200)->Arg(4000)->UseRealTime();
BENCHMARK(Append)->Arg(1)->Threads(6)->UseRealTime();
BENCHMARK(Append)->Arg(4000)->Threads(4)->UseRealTime();

void Read(benchmark::State& state) {
  EventLog& log = *Bench::Get().log;
  const int64_t end = log.End("orders", 0).value();
  int64_t offset = 0, records = 0;
  for (auto _ : state) {
    auto batch = log.Read("orders", 0, offset, {});
    if (!batch.ok()) {
      state.SkipWithError("read failed");
      break;
    }
    records += static_cast<int64_t>(batch->size());
    offset = batch->empty() || batch->back().offset + 1 >= end ? 0 : batch->back().offset + 1;
  }
  state.SetItemsProcessed(records);
}
BENCHMARK(Read)->UseRealTime();

}  // namespace
}  // namespace kontor::log

BENCHMARK_MAIN();
