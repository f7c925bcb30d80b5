#include <signal.h>
#include <unistd.h>

#include <cstdlib>

#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/testing/log/consumer_fixture.h"
#include "libs/testing/log/postgres_world.h"
#include "libs/testing/process.h"
#include "libs/testing/seed.h"
#include "libs/testing/temporary_folder.h"

// Owners that are processes of their own, killed and frozen by signals at random moments.
namespace kontor::log {
namespace {

using kontor::testing::IsOk;

constexpr char kDsnVariable[] = "KONTOR_TEST_CONSUMER_DSN";

postgres::PostgresOptions Impatient() {
  postgres::PostgresOptions options;
  options.idle_in_transaction_timeout = absl::Milliseconds(300);
  return options;
}

// What a child process runs: a consumer that lives until it is killed.
TEST(ConsumerChild, DISABLED_Run) {
  const char* dsn = std::getenv(kDsnVariable);
  ASSERT_NE(dsn, nullptr);
  auto pool = PostgresWorld::MakePool(dsn, Impatient());
  auto log = OpenPostgresEventLog(*pool, base::SystemClock());
  ASSERT_THAT(log, IsOk());
  LedgerHandler handler;
  ConsumerOptions options;
  options.group = "ledger";
  options.topics = {"orders"};
  options.schema = "views";
  options.lease = absl::Milliseconds(500);
  options.batch.max_records = 7;
  Consumer consumer(**log, *pool, handler, options);
  ASSERT_THAT(consumer.Start(), IsOk());
  while (true) pause();
}

class ConsumerProcess : public ::testing::Test {
 protected:
  ConsumerProcess() : random_(kontor::testing::Seed()) {
    setenv(kDsnVariable, world_.dsn().c_str(), 1);
    EXPECT_THAT(world_.log().CreateTopics({{"orders", 4}}), IsOk());
    EXPECT_THAT(CreateLedger(world_.pool()), IsOk());
  }

  pid_t StartConsumer() {
    return kontor::testing::StartProgram(
        {"/proc/self/exe", "--gtest_filter=ConsumerChild.*", "--gtest_also_run_disabled_tests"}, folder_.File("log"));
  }
  void Append(int count) {
    std::vector<NewRecord> records;
    for (int i = 0; i < count; ++i) records.push_back({absl::StrCat(i), absl::StrCat("order", appended_++)});
    ASSERT_THAT(world_.log().Append("orders", records), IsOk());
  }
  bool AllApplied() {
    return Eventually([&] { return CountLedger(world_.pool()).distinct == appended_; }, absl::Seconds(30));
  }

  PostgresWorld world_;
  base::Random random_;
  const kontor::testing::TemporaryFolder folder_{"kontor-child"};
  int64_t appended_ = 0;
};

TEST_F(ConsumerProcess, KilledAtRandomMomentsLosesAndDoublesNothing) {
  for (int round = 0; round < 5; ++round) {
    const pid_t child = StartConsumer();
    const int64_t before = CountLedger(world_.pool()).lines;
    Append(2000);
    EXPECT_TRUE(Eventually([&] { return CountLedger(world_.pool()).lines > before; }));
    kontor::testing::PauseAtRandom(random_, absl::Milliseconds(50));
    kontor::testing::StopProgram(child, SIGKILL);
  }
  const pid_t last = StartConsumer();
  EXPECT_TRUE(AllApplied());
  kontor::testing::StopProgram(last, SIGKILL);
  EXPECT_TRUE(LedgerIsExact(world_.pool(), appended_));
}

TEST_F(ConsumerProcess, FrozenAtRandomMomentsIsSucceededAndFencedWhenItWakes) {
  const pid_t children[] = {StartConsumer(), StartConsumer()};
  Append(200);
  EXPECT_TRUE(AllApplied());
  for (int round = 0; round < 3; ++round) {
    const pid_t frozen = children[round % 2];
    Append(3000);
    kontor::testing::PauseAtRandom(random_, absl::Milliseconds(50));
    kill(frozen, SIGSTOP);
    Append(200);
    EXPECT_TRUE(AllApplied()) << "the other one takes over";
    kill(frozen, SIGCONT);
    Append(200);
  }
  EXPECT_TRUE(AllApplied());
  for (pid_t child : children) kontor::testing::StopProgram(child, SIGKILL);
  EXPECT_TRUE(LedgerIsExact(world_.pool(), appended_));
}

}  // namespace
}  // namespace kontor::log
