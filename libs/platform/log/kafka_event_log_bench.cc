#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "benchmark/benchmark.h"
#include "libs/platform/log/kafka_event_log.h"
#include "libs/testing/private_kafka.h"
#include "libs/testing/process.h"

// Appends to and reads from the log in a private Kafka broker: records of 200 bytes over 8 partitions. The ceiling is
// librdkafka itself, idempotent with acks=all and its own defaults, which is asked for nothing but to be done at the
// end.
namespace kontor::log {
namespace {

constexpr int kRecordBytes = 200;
constexpr int kPartitions = 8;
constexpr char kTopic[] = "orders";

struct Bench {
  Bench() : server(kontor::testing::PrivateKafka::Start()) {
    log = OpenKafkaEventLog(base::SystemClock(), {.bootstrap_servers = server->bootstrap_servers()}).value();
    if (!log->CreateTopics({{kTopic, kPartitions}, {"raw", kPartitions}}).ok()) std::abort();
  }
  static Bench& Get() {
    static Bench bench;
    return bench;
  }
  std::unique_ptr<kontor::testing::PrivateKafka> server;
  std::unique_ptr<EventLog> log;
};

void RawProduce(benchmark::State& state) {
  char error[256];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  const std::string servers = Bench::Get().server->bootstrap_servers();
  const std::pair<const char*, const char*> settings[] = {{"bootstrap.servers", servers.c_str()},
                                                          {"enable.idempotence", "true"},
                                                          {"acks", "all"},
                                                          {"queue.buffering.max.messages", "0"}};
  for (const auto& [name, value] : settings) rd_kafka_conf_set(conf, name, value, error, sizeof(error));
  rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof(error));
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, "raw", nullptr);
  std::string bytes(kRecordBytes, 'x');
  for (auto _ : state) {
    for (int i = 0; i < state.range(0); ++i) {
      rd_kafka_produce(topic, i % kPartitions, 0, bytes.data(), bytes.size(), nullptr, 0, nullptr);
    }
    if (rd_kafka_flush(producer, 30000) != RD_KAFKA_RESP_ERR_NO_ERROR) state.SkipWithError("produce failed");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
}
BENCHMARK(RawProduce)->Arg(4000)->Arg(200000)->UseRealTime();

void Append(benchmark::State& state) {
  EventLog& log = *Bench::Get().log;
  std::vector<NewRecord> records;
  for (int i = 0; i < state.range(0); ++i) {
    records.push_back({absl::StrCat(state.thread_index(), "/", i), std::string(kRecordBytes, 'x')});
  }
  for (auto _ : state) {
    if (!log.Append(kTopic, records).ok()) state.SkipWithError("append failed");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(Append)->Arg(1)->Arg(200)->Arg(4000)->UseRealTime();
BENCHMARK(Append)->Arg(1)->Arg(200)->Arg(4000)->Threads(4)->UseRealTime();

// CPU seconds that a process and its threads have used.
double CpuSeconds(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::vector<std::string> fields = absl::StrSplit(text.substr(text.rfind(')') + 2), ' ');
  return (std::stod(fields[11]) + std::stod(fields[12])) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// A fleet without traffic: four groups of consumers wait for 60 partitions. Percent of one core, here and in the
// broker.
void Idle(benchmark::State& state) {
  constexpr int kIdlePartitions = 60, kGroups = 4;
  EventLog& log = *Bench::Get().log;
  if (!log.CreateTopics({{"idle", kIdlePartitions}}).ok()) std::abort();
  std::vector<Position> next;
  for (int partition = 0; partition < kIdlePartitions; ++partition) next.push_back({"idle", partition, 0});
  if (!log.WaitForRecords(next, absl::Seconds(2))->empty()) std::abort();
  const pid_t broker = kontor::testing::ChildrenOf(getpid()).front();
  for (auto _ : state) {
    const double here = CpuSeconds(getpid()), there = CpuSeconds(broker);
    const absl::Time begin = absl::Now();
    std::vector<std::thread> groups;
    for (int group = 0; group < kGroups; ++group) {
      groups.emplace_back([&] {
        while (absl::Now() - begin < absl::Seconds(5)) log.WaitForRecords(next, absl::Milliseconds(100)).IgnoreError();
      });
    }
    for (std::thread& group : groups) group.join();
    const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
    state.counters["client_cpu_percent"] = 100 * (CpuSeconds(getpid()) - here) / seconds;
    state.counters["broker_cpu_percent"] = 100 * (CpuSeconds(broker) - there) / seconds;
  }
}
BENCHMARK(Idle)->Iterations(1)->UseRealTime();

// From the acknowledgement of another process's append until a waiting reader here is woken.
void WakeByAnother(benchmark::State& state) {
  Bench& bench = Bench::Get();
  auto other = OpenKafkaEventLog(base::SystemClock(), {.bootstrap_servers = bench.server->bootstrap_servers()}).value();
  if (!bench.log->CreateTopics({{"wake", 1}}).ok()) std::abort();
  for (auto _ : state) {
    const std::vector<Position> next = {{"wake", 0, bench.log->End("wake", 0).value()}};
    if (!bench.log->WaitForRecords(next, absl::Milliseconds(20))->empty()) std::abort();
    absl::Time acknowledged;
    std::thread append([&] {
      if (!other->Append("wake", {{"k", "v"}}).ok()) std::abort();
      acknowledged = absl::Now();
    });
    if (bench.log->WaitForRecords(next, absl::Seconds(10))->empty()) state.SkipWithError("not woken");
    const absl::Time woken = absl::Now();
    append.join();
    if (bench.log->Read("wake", 0, next[0].offset, {})->empty()) state.SkipWithError("nothing read");
    state.SetIterationTime(std::max(0.0, absl::ToDoubleSeconds(woken - acknowledged)));
  }
}
BENCHMARK(WakeByAnother)->Iterations(100)->UseManualTime();

// All partitions in turn from their start, as a rebuild does.
void ReadBack(benchmark::State& state) {
  EventLog& log = *Bench::Get().log;
  int64_t next[kPartitions] = {}, records = 0;
  for (auto _ : state) {
    bool some = false;
    for (int partition = 0; partition < state.range(0); ++partition) {
      auto batch = log.Read(kTopic, partition, next[partition], {});
      if (!batch.ok()) {
        state.SkipWithError("read failed");
        return;
      }
      if (batch->empty()) continue;
      some = true;
      records += static_cast<int64_t>(batch->size());
      next[partition] = batch->back().offset + 1;
    }
    if (!some) std::fill(std::begin(next), std::end(next), 0);
  }
  state.SetItemsProcessed(records);
}
BENCHMARK(ReadBack)->Arg(1)->Arg(kPartitions)->UseRealTime();

}  // namespace
}  // namespace kontor::log

BENCHMARK_MAIN();
