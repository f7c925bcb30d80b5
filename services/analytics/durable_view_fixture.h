#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "libs/platform/fleet/topics.h"
#include "libs/platform/log/consumer.h"
#include "libs/platform/log/memory_event_log.h"
#include "libs/platform/postgres/migrate.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/private_postgres.h"
#include "libs/testing/status_matchers.h"
#include "services/analytics/analyst_access.h"
#include "services/analytics/fact_writer.h"
#include "services/analytics/migrations.h"
#include "services/analytics/view_follower.h"

namespace kontor::analytics {

// Both readers over one log in memory, the durable one in a database of its own. For tests.
class DurableViewFixture : public ::testing::Test {
 protected:
  static constexpr absl::Duration kPatience = absl::Seconds(60);

  DurableViewFixture() : log_(log::MakeMemoryEventLog(clock_)) {
    EXPECT_THAT(log_->CreateTopics(fleet::AllTopics(3)), kontor::testing::IsOk());
  }

  void OpenDatabase(const std::string& dsn) {
    postgres::PostgresOptions options;
    options.dsn = dsn;
    auto pool = postgres::Pool::Create(options);
    ASSERT_THAT(pool, kontor::testing::IsOk());
    pool_ = *std::move(pool);
    KONTOR_ASSERT_OK(postgres::Migrate(*pool_, "analytics", Migrations()));
    KONTOR_ASSERT_OK(EnsureAnalystAccess(*pool_, shops_));
  }

  std::unique_ptr<log::Consumer> StartConsumer(int batch_records = 4000) {
    log::ConsumerOptions options;
    options.group = "analytics";
    options.schema = "analytics";
    options.topics = FactTopics();
    options.batch.max_records = batch_records;
    options.lease = absl::Seconds(1);
    auto consumer = std::make_unique<log::Consumer>(*log_, *pool_, writer_, options);
    EXPECT_THAT(consumer->Start(), kontor::testing::IsOk());
    return consumer;
  }

  // Waits until the consumer has applied all that the log holds.
  void Drain(const log::Consumer& consumer) {
    for (const std::string& topic : FactTopics()) {
      for (int partition = 0; partition < *log_->Partitions(topic); ++partition) {
        const int64_t end = *log_->End(topic, partition);
        if (end == *log_->Begin(topic, partition)) continue;
        EXPECT_THAT(consumer.WaitUntilApplied({topic, partition, end - 1}, kPatience), kontor::testing::IsOk());
      }
    }
  }

  std::unique_ptr<ViewFollower> StartView() {
    auto view = std::make_unique<ViewFollower>(*log_, clock_, shops_, metrics_);
    EXPECT_THAT(view->Start(), kontor::testing::IsOk());
    EXPECT_THAT(view->follower().WaitUntilCaughtUp(kPatience), kontor::testing::IsOk());
    return view;
  }

  log::Position Append(const std::string& topic, const std::string& key, std::string bytes) {
    const auto positions = log_->Append(topic, {{key, std::move(bytes)}});
    EXPECT_THAT(positions, kontor::testing::IsOk());
    return positions.ok() ? positions->front() : log::Position();
  }

  // The rows of a query, each with its columns joined by '|'.
  std::vector<std::string> Rows(const std::string& sql) {
    std::vector<std::string> out;
    const auto result = pool_->Exec(sql);
    EXPECT_THAT(result, kontor::testing::IsOk()) << sql;
    if (!result.ok()) return out;
    for (int r = 0; r < result->rows(); ++r) {
      std::string row;
      for (int c = 0; c < result->columns(); ++c) {
        absl::StrAppend(&row, c > 0 ? "|" : "", result->IsNull(r, c) ? "NULL" : result->Text(r, c));
      }
      out.push_back(std::move(row));
    }
    return out;
  }

  std::vector<fleet::Shop> shops_ = {{"default", absl::UTCTimeZone()}, {"shop-b", absl::UTCTimeZone()}};
  kontor::testing::FakeClock clock_;
  runtime::Metrics metrics_;
  std::unique_ptr<log::EventLog> log_;
  std::unique_ptr<postgres::Pool> pool_;
  FactWriter writer_;
};

}  // namespace kontor::analytics
