#include <thread>

#include "libs/platform/log/postgres_event_log.h"
#include "libs/testing/fault_gate.h"
#include "libs/testing/log/event_log_contract.h"
#include "libs/testing/log/postgres_world.h"
#include "libs/testing/status_matchers.h"

namespace kontor::log {
namespace {

using kontor::testing::FaultGate;
using kontor::testing::IsOk;
using kontor::testing::PrivatePostgres;
using kontor::testing::StatusIs;

INSTANTIATE_TEST_SUITE_P(Postgres, EventLogContract, ::testing::Values(MakePostgresWorld));

TEST(PostgresEventLog, OffsetsAreDense) {
  PostgresWorld world;
  ASSERT_THAT(world.log().CreateTopics({{"orders", 1}}), IsOk());
  std::vector<std::thread> writers;
  for (EventLog* log : {&world.log(), &world.other_log(), &world.log()}) {
    writers.emplace_back([log] {
      for (int i = 0; i < 50; ++i) EXPECT_THAT(log->Append("orders", {{"k", "v"}, {"k", "w"}}), IsOk());
    });
  }
  for (std::thread& writer : writers) writer.join();
  auto records = world.log().Read("orders", 0, 0, {});
  ASSERT_THAT(records, IsOk());
  ASSERT_EQ(records->size(), 300u);
  for (size_t i = 0; i < records->size(); ++i) EXPECT_EQ((*records)[i].offset, static_cast<int64_t>(i));
}

TEST(PostgresEventLog, AcknowledgedRecordsSurviveTheServersDeath) {
  auto server = PrivatePostgres::Start();
  kontor::testing::FakeClock clock;
  auto pool = PostgresWorld::MakePool(server->CreateDatabase());
  auto log = OpenPostgresEventLog(*pool, clock);
  ASSERT_THAT(log, IsOk());
  ASSERT_THAT((*log)->CreateTopics({{"orders", 1}}), IsOk());
  // The private server is set to synchronous_commit = off, which would lose what was acknowledged.
  int64_t acknowledged = 0;
  for (int i = 0; i < 20; ++i) {
    auto positions = (*log)->Append("orders", {{"k", absl::StrCat(i)}});
    ASSERT_THAT(positions, IsOk());
    acknowledged = positions->front().offset + 1;
  }
  server->Kill();
  EXPECT_THAT((*log)->Append("orders", {{"k", "v"}}), StatusIs(absl::StatusCode::kUnavailable));
  server->Restart();
  EXPECT_EQ(*(*log)->End("orders", 0), acknowledged);
  EXPECT_THAT((*log)->Append("orders", {{"k", "v"}}), IsOk());
}

TEST(PostgresEventLog, AnAppendWithoutAnAnswerIsAnErrorAndCanBeSentAgain) {
  PostgresWorld world;
  ASSERT_THAT(world.log().CreateTopics({{"orders", 1}}), IsOk());
  FaultGate gate(PrivatePostgres::Shared().port());
  auto pool = PostgresWorld::MakePool(PrivatePostgres::Shared().DsnByPort(world.dsn(), gate.port()));
  auto log = OpenPostgresEventLog(*pool, world.clock());
  ASSERT_THAT(log, IsOk());
  ASSERT_THAT((*log)->Append("orders", {{"k", "0"}}), IsOk());
  for (bool reaches_server : {false, true}) {
    const std::string mark = reaches_server ? "mark-sent" : "mark-lost";
    std::string hex;
    for (char c : mark) absl::StrAppend(&hex, absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    gate.CutWhenSeen(hex, reaches_server);
    EXPECT_THAT((*log)->Append("orders", {{"k", mark}}), StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_THAT((*log)->Append("orders", {{"k", mark}}), IsOk());
  }
  std::multiset<std::string> seen;
  auto records = world.log().Read("orders", 0, 0, {});
  ASSERT_THAT(records, IsOk());
  for (const LogRecord& record : *records) seen.insert(record.bytes);
  EXPECT_EQ(seen.count("mark-lost"), 1u);
  EXPECT_EQ(seen.count("mark-sent"), 2u);
}

}  // namespace
}  // namespace kontor::log
