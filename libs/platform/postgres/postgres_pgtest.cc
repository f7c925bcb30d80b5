#include <chrono>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "libs/platform/postgres/migrate.h"
#include "libs/platform/postgres/pool.h"
#include "libs/testing/fault_gate.h"
#include "libs/testing/private_postgres.h"
#include "libs/testing/status_matchers.h"

namespace kontor::postgres {
namespace {

using absl::StatusCode;
using kontor::testing::FaultGate;
using kontor::testing::IsOk;
using kontor::testing::PrivatePostgres;
using kontor::testing::StatusIs;

class PostgresTest : public ::testing::Test {
 protected:
  PostgresTest() : server_(PrivatePostgres::Shared()), dsn_(server_.CreateDatabase()) {}

  static std::unique_ptr<Pool> MakePool(const std::string& dsn, PostgresOptions options = {}) {
    options.dsn = dsn;
    return *Pool::Create(std::move(options));
  }

  static void MakeTable(Pool& pool) { ASSERT_THAT(pool.Exec("CREATE TABLE t (id int8 PRIMARY KEY, v text)"), IsOk()); }
  static int64_t Count(Pool& pool) { return pool.Exec("SELECT count(*) FROM t")->Int64(0, 0); }

  PrivatePostgres& server_;
  std::string dsn_;
};

TEST_F(PostgresTest, ParametersComeBackAsTheyWereSent) {
  auto pool = MakePool(dsn_);
  const std::string text = "O'Brien; DROP TABLE t; -- \\ \"é\" \t\n";
  const std::string bytes("\0\x01\\x'\xff", 6);
  const absl::Time time = absl::FromUnixMicros(1323435000123456);
  const absl::int128 nanos = absl::MakeInt128(0, 9'747'747'934'000'000);
  auto result =
      pool->Exec("SELECT $1::text, $2::int8, $3::bool, $4::bytea, $5::timestamptz, $6::numeric, $7::float8, $8::text",
                 Params().Text(text).Int64(-42).Bool(true).Bytes(bytes).Time(time).Numeric(-nanos).Double(0.1).Null());
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->Text(0, 0), text);
  EXPECT_EQ(result->Int64(0, 1), -42);
  EXPECT_TRUE(result->Bool(0, 2));
  EXPECT_EQ(result->Bytes(0, 3), bytes);
  EXPECT_EQ(result->Time(0, 4), time);
  EXPECT_EQ(result->Numeric(0, 5), -nanos);
  EXPECT_EQ(result->Double(0, 6), 0.1);
  EXPECT_TRUE(result->IsNull(0, 7));
  EXPECT_EQ(result->columns(), 8);
}

TEST_F(PostgresTest, ArraysUnnestIntoRows) {
  auto pool = MakePool(dsn_);
  const std::vector<std::string> texts = {"a,b", "{\"}", "NULL", ""};
  const std::vector<std::string> bytes = {"", std::string("\0", 1), "\\", "x"};
  const std::vector<absl::Time> times = {absl::InfinitePast(), absl::UnixEpoch(), absl::FromUnixMicros(-1),
                                         absl::InfiniteFuture()};
  auto result = pool->Exec(
      "SELECT * FROM unnest($1::text[], $2::int8[], $3::bytea[], $4::timestamptz[], $5::text[], $6::bool[], "
      "$7::numeric[])",
      Params()
          .TextArray(texts)
          .Int64Array({1, -2, 3, INT64_MIN})
          .BytesArray(bytes)
          .TimeArray(times)
          .OptionalTextArray({std::nullopt, "NULL", "", "z"})
          .BoolArray({true, false, true, false})
          .NumericArray({1, -1, 0, 1'000'000'000}));
  ASSERT_THAT(result, IsOk());
  ASSERT_EQ(result->rows(), 4);
  for (int row = 0; row < 4; ++row) {
    EXPECT_EQ(result->Text(row, 0), texts[row]);
    EXPECT_EQ(result->Bytes(row, 2), bytes[row]);
    EXPECT_EQ(result->Time(row, 3), times[row]);
    EXPECT_EQ(result->Bool(row, 5), row % 2 == 0);
  }
  EXPECT_EQ(result->Int64(3, 1), INT64_MIN);
  EXPECT_TRUE(result->IsNull(0, 4));
  EXPECT_EQ(result->Text(1, 4), "NULL");
  EXPECT_EQ(result->Numeric(1, 6), -1);
}

TEST_F(PostgresTest, RunCommitsOrRollsBack) {
  auto pool = MakePool(dsn_);
  MakeTable(*pool);
  EXPECT_THAT(pool->Run([](Transaction& t) { return t.Exec("INSERT INTO t VALUES (1)").status(); }), IsOk());
  EXPECT_THAT(pool->Run([](Transaction& t) {
    EXPECT_THAT(t.Exec("INSERT INTO t VALUES (2)"), IsOk());
    return absl::NotFoundError("no");
  }),
              StatusIs(StatusCode::kNotFound));
  EXPECT_EQ(Count(*pool), 1);
}

TEST_F(PostgresTest, AnOverlookedErrorCannotCommit) {
  auto pool = MakePool(dsn_);
  MakeTable(*pool);
  EXPECT_THAT(pool->Run([](Transaction& t) {
    EXPECT_THAT(t.Exec("INSERT INTO t VALUES (1)"), IsOk());
    EXPECT_THAT(t.Exec("INSERT INTO t VALUES (1)"), StatusIs(StatusCode::kAlreadyExists, "SQLSTATE_23505"));
    return absl::OkStatus();
  }),
              StatusIs(StatusCode::kAlreadyExists));
  EXPECT_EQ(Count(*pool), 0);
}

TEST_F(PostgresTest, CopyTakesEverythingThatTextCanHold) {
  auto pool = MakePool(dsn_);
  ASSERT_THAT(
      pool->Exec("CREATE SCHEMA s; CREATE TABLE s.c (a text, b int8, c bytea, d timestamptz, e numeric, f bool)"),
      IsOk());
  const std::string text = "tab\t line\n \\N \\. \r end";
  constexpr int kRows = 5000;
  EXPECT_THAT(pool->Run([&](Transaction& t) {
    return t.Copy("s.c", {"a", "b", "c", "d", "e", "f"}, [&](CopyWriter& w) -> absl::Status {
      for (int i = 0; i < kRows; ++i) {
        w.Text(text);
        w.Int64(i);
        w.Bytes("\\x\t");
        w.Time(absl::UnixEpoch());
        w.Numeric(1'500'000'000);
        w.Null();
        RETURN_IF_ERROR(w.EndRow());
      }
      return absl::OkStatus();
    });
  }),
              IsOk());
  auto result = pool->Exec("SELECT count(*), min(a), sum(b), min(c::text), sum(e), count(f) FROM s.c");
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->Int64(0, 0), kRows);
  EXPECT_EQ(result->Text(0, 1), text);
  EXPECT_EQ(result->Int64(0, 2), kRows * (kRows - 1) / 2);
  EXPECT_EQ(result->Text(0, 3), "\\x5c7809");
  EXPECT_EQ(result->Numeric(0, 4), absl::int128{7500} * 1'000'000'000);
  EXPECT_EQ(result->Int64(0, 5), 0);
}

TEST_F(PostgresTest, ACopyThatFailsLeavesNothing) {
  auto pool = MakePool(dsn_);
  MakeTable(*pool);
  const auto copy = [&](int columns) {
    return pool->Run([&](Transaction& t) {
      return t.Copy("t", {"id", "v"}, [&](CopyWriter& w) -> absl::Status {
        for (int i = 0; i < columns; ++i) w.Text("x");
        return w.EndRow();
      });
    });
  };
  EXPECT_THAT(copy(1), StatusIs(StatusCode::kInvalidArgument, "COPY_COLUMNS"));
  EXPECT_THAT(copy(2), StatusIs(StatusCode::kInvalidArgument, "SQLSTATE_22P02"));
  EXPECT_EQ(Count(*pool), 0);
}

TEST_F(PostgresTest, SqlStatesBecomeCanonicalCodes) {
  auto pool = MakePool(dsn_);
  const auto raise = [&](const std::string& state) {
    return pool->Exec("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '" + state + "'; END $$").status();
  };
  EXPECT_THAT(raise("40001"), StatusIs(StatusCode::kAborted, "TRANSACTION_CONFLICT"));
  EXPECT_THAT(raise("40P01"), StatusIs(StatusCode::kAborted, "TRANSACTION_CONFLICT"));
  EXPECT_THAT(raise("53100"), StatusIs(StatusCode::kResourceExhausted, kReasonDiskFull));
  EXPECT_THAT(raise("57014"), StatusIs(StatusCode::kDeadlineExceeded, "STATEMENT_TIMEOUT"));
  EXPECT_THAT(raise("55P03"), StatusIs(StatusCode::kDeadlineExceeded, "LOCK_TIMEOUT"));
  EXPECT_THAT(raise("22023"), StatusIs(StatusCode::kInvalidArgument, "SQLSTATE_22023"));
  EXPECT_THAT(raise("23503"), StatusIs(StatusCode::kFailedPrecondition, "SQLSTATE_23503"));
  EXPECT_THAT(raise("42501"), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(raise("XX000"), StatusIs(StatusCode::kInternal, "SQLSTATE_XX000"));
  EXPECT_THAT(pool->Exec("SELECT * FROM nowhere"), StatusIs(StatusCode::kNotFound, "SQLSTATE_42P01"));
  EXPECT_THAT(pool->Exec("SELECT $1::text", Params().Text(absl::string_view("a\0b", 3))),
              StatusIs(StatusCode::kInvalidArgument, "NUL_BYTE"));
}

TEST_F(PostgresTest, AStatementThatIsTooSlowIsCancelled) {
  PostgresOptions options;
  options.statement_timeout = absl::Milliseconds(50);
  auto pool = MakePool(dsn_, options);
  EXPECT_THAT(pool->Exec("SELECT pg_sleep(10)"), StatusIs(StatusCode::kDeadlineExceeded));
  EXPECT_THAT(pool->Exec("SELECT 1"), IsOk());
}

TEST_F(PostgresTest, ABusyPoolRefusesAfterItsTimeout) {
  PostgresOptions options;
  options.pool_size = 1;
  auto pool = MakePool(dsn_, options);
  {
    auto lease = pool->Acquire();
    ASSERT_THAT(lease, IsOk());
    EXPECT_THAT(pool->Acquire(absl::Milliseconds(20)).status(),
                StatusIs(StatusCode::kResourceExhausted, kReasonPoolExhausted));
  }
  EXPECT_THAT(pool->Acquire(absl::Milliseconds(20)).status(), IsOk());
}

TEST_F(PostgresTest, AMissingServerIsUnavailableAndAReturningOneIsUsed) {
  auto server = PrivatePostgres::Start();
  auto pool = MakePool(server->CreateDatabase());
  EXPECT_THAT(pool->Exec("SELECT 1"), IsOk());
  server->Kill();
  EXPECT_THAT(pool->Exec("SELECT 1"), StatusIs(StatusCode::kUnavailable, kReasonUnavailable));
  EXPECT_THAT(pool->Exec("SELECT 1"), StatusIs(StatusCode::kUnavailable, kReasonUnavailable));
  server->Restart();
  EXPECT_THAT(pool->Exec("SELECT 1"), IsOk());
}

TEST_F(PostgresTest, AConnectionCutBeforeCommitCommitsNothing) {
  FaultGate gate(server_.port());
  auto pool = MakePool(server_.DsnByPort(dsn_, gate.port()));
  auto direct = MakePool(dsn_);
  MakeTable(*direct);
  EXPECT_THAT(pool->Run([&](Transaction& t) {
    EXPECT_THAT(t.Exec("INSERT INTO t VALUES (1)"), IsOk());
    gate.CutOnce();
    return t.Exec("INSERT INTO t VALUES (2)").status();
  }),
              StatusIs(StatusCode::kUnavailable, kReasonUnavailable));
  EXPECT_EQ(Count(*direct), 0);
  EXPECT_THAT(pool->Exec("SELECT 1"), IsOk());
}

TEST_F(PostgresTest, ACommitWithoutAnAnswerIsUnknownWhetherItHappenedOrNot) {
  FaultGate gate(server_.port());
  auto pool = MakePool(server_.DsnByPort(dsn_, gate.port()));
  auto direct = MakePool(dsn_);
  MakeTable(*direct);
  int64_t expected = 0;
  for (bool reaches_server : {false, true}) {
    gate.CutWhenSeen("COMMIT", reaches_server);
    const absl::Status status = pool->Run(
        [&](Transaction& t) { return t.Exec("INSERT INTO t VALUES ($1)", Params().Int64(reaches_server)).status(); });
    EXPECT_TRUE(IsCommitUnknown(status)) << status;
    EXPECT_THAT(status, StatusIs(StatusCode::kUnavailable));
    if (reaches_server) ++expected;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (Count(*direct) < expected && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_EQ(Count(*direct), expected);
  }
}

TEST_F(PostgresTest, ASilentServerIsGivenUp) {
  FaultGate gate(server_.port());
  PostgresOptions options;
  options.statement_timeout = absl::Milliseconds(50);
  options.reply_grace = absl::Milliseconds(100);
  auto pool = MakePool(server_.DsnByPort(dsn_, gate.port()), options);
  ASSERT_THAT(pool->Exec("SELECT 1"), IsOk());
  gate.BlackHole(FaultGate::Direction::kToClient);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(pool->Exec("SELECT 1"), StatusIs(StatusCode::kUnavailable));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_EQ(pool->stats().watchdog_cuts, 1);
  gate.Pass();
  EXPECT_THAT(pool->Exec("SELECT 1"), IsOk());
}

TEST_F(PostgresTest, AFrozenTransactionLosesItsSession) {
  PostgresOptions options;
  options.idle_in_transaction_timeout = absl::Milliseconds(50);
  auto pool = MakePool(dsn_, options);
  auto direct = MakePool(dsn_);
  MakeTable(*direct);
  EXPECT_THAT(pool->Run([&](Transaction& t) -> absl::Status {
    RETURN_IF_ERROR(t.Exec("INSERT INTO t VALUES (1)").status());
    EXPECT_THAT(direct->Exec("SELECT pg_sleep(0.3)"), IsOk());
    return t.Exec("INSERT INTO t VALUES (2)").status();
  }),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(Count(*direct), 0);
}

TEST_F(PostgresTest, RunRetryingRepeatsConflictsThreeTimesInAll) {
  auto pool = MakePool(dsn_);
  int calls = 0;
  EXPECT_THAT(pool->RunRetrying([&](Transaction&) { return ++calls < 3 ? absl::AbortedError("") : absl::OkStatus(); }),
              IsOk());
  EXPECT_EQ(calls, 3);
  calls = 0;
  EXPECT_THAT(pool->RunRetrying([&](Transaction&) {
    ++calls;
    return absl::AbortedError("");
  }),
              StatusIs(StatusCode::kAborted));
  EXPECT_EQ(calls, 3);
}

TEST_F(PostgresTest, AStatementPreparedBeforeATableChangedWorksAfterOneFailureAtMost) {
  auto pool = MakePool(dsn_);
  MakeTable(*pool);
  const Params id = Params().Int64(1);
  ASSERT_THAT(pool->Exec("SELECT * FROM t WHERE id = $1", id), IsOk());
  ASSERT_THAT(pool->Exec("ALTER TABLE t ADD COLUMN w int"), IsOk());
  pool->Exec("SELECT * FROM t WHERE id = $1", id).status().IgnoreError();
  auto result = pool->Exec("SELECT * FROM t WHERE id = $1", id);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->columns(), 3);
}

TEST_F(PostgresTest, MigrationsRunOnceInOrderAlsoWhenManyStartAtOnce) {
  auto pool = MakePool(dsn_);
  const std::vector<Migration> migrations = {{1, "0001_init", "CREATE TABLE a (x int); INSERT INTO a VALUES (1)"},
                                             {2, "0002_more", "INSERT INTO a VALUES (2)"}};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { EXPECT_THAT(Migrate(*pool, "shop", migrations), IsOk()); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(pool->Exec("SELECT sum(x) FROM shop.a")->Int64(0, 0), 3);
  EXPECT_EQ(pool->Exec("SELECT count(*) FROM shop.migrations")->Int64(0, 0), 2);
  EXPECT_THAT(Migrate(*pool, "shop", {{1, "0001_other", "CREATE TABLE b ()"}}, "other"), IsOk());
}

TEST_F(PostgresTest, ChangedAndMissingMigrationsAreRefused) {
  auto pool = MakePool(dsn_);
  ASSERT_THAT(Migrate(*pool, "shop", {{1, "0001_init", "CREATE TABLE a ()"}}), IsOk());
  EXPECT_THAT(Migrate(*pool, "shop", {{1, "0001_init", "CREATE TABLE a (x int)"}}),
              StatusIs(StatusCode::kFailedPrecondition, "MIGRATION_CHANGED"));
  EXPECT_THAT(Migrate(*pool, "shop", {{1, "0001_init", "CREATE TABLE a ()"}, {3, "0003", "SELECT 1"}}),
              StatusIs(StatusCode::kFailedPrecondition, "MIGRATION_GAP"));
  EXPECT_THAT(
      Migrate(*pool, "shop", {{1, "0001_init", "CREATE TABLE a ()"}, {2, "0002", "CREATE TABLE b (); nonsense"}}),
      StatusIs(StatusCode::kInternal));
  EXPECT_THAT(pool->Exec("SELECT * FROM shop.b"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Migrate(*pool, "shop; DROP", {}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Migrate(*pool, "shop", {}), IsOk());
}

}  // namespace
}  // namespace kontor::postgres
