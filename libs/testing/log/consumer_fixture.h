#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "libs/platform/log/consumer.h"
#include "libs/platform/log/outbox.h"
#include "libs/testing/eventually.h"
#include "libs/testing/fault_gate.h"
#include "libs/testing/log/contract_ledger.h"
#include "libs/testing/log/event_log_world.h"
#include "libs/testing/private_postgres.h"
#include "libs/testing/status_matchers.h"

// The fixture of consumer_contract.h and consumer_fault_contract.h.
namespace kontor::log {

using kontor::testing::Eventually;

// The engine under test, and PostgreSQL for what consumers keep; the pool of consumers goes through a fault gate.
class ConsumerContract : public ::testing::TestWithParam<MakeWorld> {
 protected:
  ConsumerContract()
      : world_(GetParam()()),
        log_(world_->log()),
        server_(kontor::testing::PrivatePostgres::Shared()),
        dsn_(server_.CreateDatabase()),
        direct_(MakePool(dsn_)),
        gate_(server_.port()),
        gated_(MakePool(server_.DsnByPort(dsn_, gate_.port()))) {
    EXPECT_THAT(CreateLedger(*direct_), kontor::testing::IsOk());
    EXPECT_THAT(log_.CreateTopics({{"orders", kPartitions}, {"derived", 2}}), kontor::testing::IsOk());
  }

  static std::unique_ptr<postgres::Pool> MakePool(const std::string& dsn, postgres::PostgresOptions options = {}) {
    options.dsn = dsn;
    return postgres::Pool::Create(std::move(options)).value();
  }

  static ConsumerOptions Options(const std::string& owner = "") {
    ConsumerOptions options;
    options.group = "ledger";
    options.topics = {"orders"};
    options.owner = owner;
    options.schema = "views";
    options.backoff_min = absl::Milliseconds(5);
    options.backoff_max = absl::Milliseconds(50);
    return options;
  }

  // Appends `count` records "<prefix>0", "<prefix>1", … under keys that spread over all partitions.
  std::vector<Position> Append(int count, const std::string& prefix = "order") {
    std::vector<NewRecord> records;
    for (int i = 0; i < count; ++i) records.push_back({absl::StrCat("key", i), absl::StrCat(prefix, i)});
    auto positions = log_.Append("orders", records);
    EXPECT_THAT(positions, kontor::testing::IsOk());
    return positions.ok() ? *positions : std::vector<Position>();
  }

  void ExpectAllApplied(const Consumer& consumer, const std::vector<Position>& positions) {
    for (const Position& position : positions) {
      ASSERT_THAT(consumer.WaitUntilApplied(position, absl::Seconds(20)), kontor::testing::IsOk());
    }
  }

  int64_t Count(const std::string& query) {
    auto result = direct_->Exec("SELECT count(*) FROM " + query);
    EXPECT_THAT(result, kontor::testing::IsOk());
    return result.ok() ? result->Int64(0, 0) : -1;
  }

  // All records of a topic, as text.
  std::vector<std::string> ReadTopic(const std::string& topic) {
    std::vector<std::string> all;
    for (int partition = 0; partition < log_.Partitions(topic).value(); ++partition) {
      auto records = log_.Read(topic, partition, log_.Begin(topic, partition).value(), {});
      EXPECT_THAT(records, kontor::testing::IsOk());
      for (const LogRecord& record : *records) all.push_back(record.bytes);
    }
    return all;
  }

  static constexpr int kPartitions = 6;
  std::unique_ptr<EventLogWorld> world_;
  EventLog& log_;
  kontor::testing::PrivatePostgres& server_;
  const std::string dsn_;
  std::unique_ptr<postgres::Pool> direct_;
  kontor::testing::FaultGate gate_;
  std::unique_ptr<postgres::Pool> gated_;
};

}  // namespace kontor::log
