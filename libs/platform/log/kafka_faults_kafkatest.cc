#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "libs/base/random.h"
#include "libs/testing/log/consumer_fixture.h"
#include "libs/testing/log/kafka_world.h"
#include "libs/testing/seed.h"

// Brokers that are killed, frozen and cut off. The oracle is the log itself, or the ledger of a consumer.
namespace kontor::log {
namespace {

using kontor::testing::FaultGate;
using kontor::testing::IsOk;
using kontor::testing::IsOkAndHolds;
using kontor::testing::PrivateKafka;
using kontor::testing::PrivatePostgres;
using kontor::testing::StatusIs;

constexpr absl::Duration kPatient = absl::Seconds(60);
// A broker that starts forgets producers whose records are older than a day, so these tests have the machine's clock.

// Appends records of their own number until it is stopped, each call until it is acknowledged.
class Writer {
 public:
  explicit Writer(EventLog& log) : thread_([this, &log] { Run(log); }) {}
  ~Writer() { Stop(); }
  int64_t Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    return appended_;
  }
  int64_t appended() const { return appended_; }

 private:
  void Run(EventLog& log) {
    while (!stop_) {
      std::vector<NewRecord> records;
      for (int i = 0; i < 20; ++i) records.push_back({absl::StrCat(i), absl::StrCat("order", appended_ + i)});
      const auto positions = log.Append("orders", records);
      EXPECT_THAT(positions, IsOk());
      if (!positions.ok()) return;
      appended_ += 20;
    }
  }
  std::atomic<bool> stop_ = false;
  std::atomic<int64_t> appended_ = 0;
  std::thread thread_;
};

void ExpectEachOnce(EventLog& log, int64_t appended) {
  const std::multiset<std::string> all = AllBytes(log, "orders");
  EXPECT_EQ(static_cast<int64_t>(all.size()), appended);
  for (int64_t i = 0; i < appended; ++i) ASSERT_EQ(all.count(absl::StrCat("order", i)), 1u) << i;
}

TEST(KafkaFaults, ABrokerKilledUnderAppendsAndConsumptionLosesAndDoublesNothing) {
  base::Random random(kontor::testing::Seed());
  auto kafka = PrivateKafka::Start();
  auto log = OpenKafkaEventLog(base::SystemClock(),
                               {.bootstrap_servers = kafka->bootstrap_servers(), .append_timeout = kPatient});
  ASSERT_THAT(log, IsOk());
  ASSERT_THAT((*log)->CreateTopics({{"orders", 4}}), IsOk());
  postgres::PostgresOptions to_postgres;
  to_postgres.dsn = PrivatePostgres::Shared().CreateDatabase();
  auto pool = postgres::Pool::Create(to_postgres).value();
  ASSERT_THAT(CreateLedger(*pool), IsOk());
  LedgerHandler handler;
  ConsumerOptions options;
  options.group = "ledger";
  options.topics = {"orders"};
  options.schema = "views";
  Consumer consumer(**log, *pool, handler, options);
  ASSERT_THAT(consumer.Start(), IsOk());
  Writer writer(**log);
  for (int round = 0; round < 2; ++round) {
    const int64_t before = handler.committed;
    ASSERT_TRUE(Eventually([&] { return handler.committed > before; }));
    kontor::testing::PauseAtRandom(random, absl::Milliseconds(200));
    kafka->Kill();
    kafka->Restart();
    const int64_t acknowledged = writer.appended();
    ASSERT_TRUE(Eventually([&] { return writer.appended() > acknowledged; }));
  }
  const int64_t appended = writer.Stop();
  EXPECT_TRUE(Eventually([&] { return handler.committed == appended; }));
  consumer.Stop();
  EXPECT_TRUE(LedgerIsExact(*pool, appended));
  ExpectEachOnce(**log, appended);
}

TEST(KafkaFaults, AcknowledgementsThatGetLostDoubleNothing) {
  KafkaWorld world;
  FaultGate& gate = world.kafka().gate();
  auto log = world.Open({.bootstrap_servers = world.kafka().gated_bootstrap_servers(), .append_timeout = kPatient});
  ASSERT_THAT(log->CreateTopics({{"orders", 2}}), IsOk());
  Writer writer(*log);
  int cuts = 0;
  for (; cuts < 8; ++cuts) {
    const int64_t before = writer.appended();
    gate.CutAfterBytes(FaultGate::Direction::kToClient, 1 + 97 * cuts);
    ASSERT_TRUE(Eventually([&] { return gate.tripped() && writer.appended() > before; }));
  }
  gate.Pass();
  ExpectEachOnce(world.other_log(), writer.Stop());
}

TEST(KafkaFaults, AFrozenBrokerIsADeadlineAndAFullBufferIsRefusedAtOnce) {
  KafkaWorld world;
  auto log = world.Open({.bootstrap_servers = world.kafka().bootstrap_servers(),
                         .bytes_in_flight_max = 1000,
                         .append_timeout = absl::Seconds(2)});
  ASSERT_THAT(log->CreateTopics({{"orders", 1}}), IsOk());
  ASSERT_THAT(log->Append("orders", {{"k", "before"}}), IsOk());
  world.kafka().Freeze();
  std::atomic<int> late = 0, refused = 0;
  std::vector<absl::Status> statuses(2);
  std::vector<std::thread> appends;
  for (absl::Status& status : statuses) {
    appends.emplace_back([&] {
      status = log->Append("orders", {{"k", std::string(600, 'x')}}).status();
      if (absl::IsDeadlineExceeded(status)) ++late;
      if (base::ErrorReason(status) == kReasonLogBusy) ++refused;
    });
  }
  EXPECT_TRUE(Eventually([&] { return refused == 1; }, absl::Seconds(1)));
  for (std::thread& append : appends) append.join();
  EXPECT_EQ(late, 1) << statuses[0] << "; " << statuses[1];
  EXPECT_FALSE(log->End("orders", 0).ok());
  world.kafka().Thaw();
  EXPECT_TRUE(Eventually([&] { return log->Append("orders", {{"k", "after"}}).ok(); }));
  const std::multiset<std::string> all = AllBytes(world.other_log(), "orders");
  EXPECT_EQ(all.count("before"), 1u);
  EXPECT_GE(all.count("after"), 1u);
}

TEST(KafkaFaults, ABlackHoleDelaysAppendsAndReadsAndLosesNothing) {
  KafkaWorld world;
  FaultGate& gate = world.kafka().gate();
  auto log = world.Open({.bootstrap_servers = world.kafka().gated_bootstrap_servers(), .append_timeout = kPatient});
  ASSERT_THAT(log->CreateTopics({{"orders", 2}}), IsOk());
  Writer writer(*log);
  ASSERT_TRUE(Eventually([&] { return writer.appended() > 0; }));
  gate.BlackHole(FaultGate::Direction::kToClient);
  const std::vector<Position> next = {{"orders", 0, 0}};
  EXPECT_THAT(world.other_log().WaitForRecords(next, absl::Seconds(10)), IsOkAndHolds(std::vector<size_t>{0}));
  EXPECT_FALSE(log->End("orders", 0).ok());
  gate.Pass();
  gate.CutOnce();
  const int64_t before = writer.appended();
  EXPECT_TRUE(Eventually([&] { return writer.appended() > before; }));
  ExpectEachOnce(world.other_log(), writer.Stop());
}

TEST(KafkaFaults, AReplicatedLogOutlivesTheDeathOfABroker) {
  auto kafka = PrivateKafka::Start(3);
  auto log = OpenKafkaEventLog(
      base::SystemClock(),
      {.bootstrap_servers = kafka->bootstrap_servers(), .replication_factor = 3, .append_timeout = kPatient});
  ASSERT_THAT(log, IsOk());
  ASSERT_THAT((*log)->CreateTopics({{"orders", 6}}), IsOk());
  Writer writer(**log);
  for (int broker = 0; broker < 2; ++broker) {
    int64_t before = writer.appended();
    ASSERT_TRUE(Eventually([&] { return writer.appended() > before; }));
    kafka->Kill(broker);
    before = writer.appended();
    EXPECT_TRUE(Eventually([&] { return writer.appended() > before + 200; }, kPatient)) << "without broker " << broker;
    kafka->Restart(broker);
  }
  ExpectEachOnce(**log, writer.Stop());
}

}  // namespace
}  // namespace kontor::log
