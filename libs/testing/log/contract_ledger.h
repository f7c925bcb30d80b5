#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "libs/platform/log/batch_handler.h"
#include "libs/platform/postgres/pool.h"

// For the contract tests: a ledger in which every applied record leaves a line, so that a record that is lost or
// counted twice shows. Nothing in the table forbids a second line: exactness has to come from the consumer.
namespace kontor::log {

inline absl::Status CreateLedger(postgres::Pool& pool) {
  return pool
      .Exec(
          "CREATE TABLE IF NOT EXISTS ledger (line int8 GENERATED ALWAYS AS IDENTITY, topic text, partition int,"
          " log_offset int8, entry text)")
      .status();
}

inline absl::Status WriteLedger(postgres::Transaction& transaction, const Batch& batch,
                                const std::vector<std::pair<int64_t, std::string>>& entries) {
  std::vector<int64_t> offsets;
  std::vector<std::string> texts;
  for (const auto& [offset, text] : entries) {
    offsets.push_back(offset);
    texts.push_back(text);
  }
  return transaction
      .Exec(
          "INSERT INTO ledger (topic, partition, log_offset, entry) SELECT $1, $2, o, e"
          " FROM unnest($3::int8[], $4::text[]) AS u (o, e) ORDER BY o",
          postgres::Params().Text(batch.topic).Int64(batch.partition).Int64Array(offsets).TextArray(texts))
      .status();
}

// Applies every record to the ledger. A record "poison…" fails for good; "throw…" throws; "later:<type>:…" is parked
// unless the type is known; "publish…" publishes itself to the topic "derived".
class LedgerHandler : public BatchHandler {
 public:
  absl::Status Apply(postgres::Transaction& transaction, const Batch& batch, Effects& effects) override {
    if (before) RETURN_IF_ERROR(before(batch));
    std::vector<std::pair<int64_t, std::string>> entries;
    for (size_t i = 0; i < batch.records.size(); ++i) {
      const LogRecord& record = batch.records[i];
      const std::vector<std::string> parts = absl::StrSplit(record.bytes, ':');
      if (absl::StartsWith(record.bytes, "throw")) throw std::runtime_error("thrown by the handler");
      if (absl::StartsWith(record.bytes, "poison")) {
        return base::Error(absl::StatusCode::kInvalidArgument, "POISON", "cannot be applied");
      }
      if (parts[0] == "later" && !Knows(parts[1])) {
        effects.Park(record.offset, parts[1]);
        continue;
      }
      if (absl::StartsWith(record.bytes, "publish")) {
        effects.Publish(record.offset, {DerivedEventId("ledger", batch.At(i), 0), "derived", "key", record.bytes});
      }
      entries.emplace_back(record.offset, record.bytes);
    }
    RETURN_IF_ERROR(WriteLedger(transaction, batch, entries));
    if (after) RETURN_IF_ERROR(after(batch));
    return absl::OkStatus();
  }
  void Committed(const Batch& batch) override { committed += static_cast<int64_t>(batch.records.size()); }
  bool Knows(absl::string_view type) const override { return absl::StrContains(known, type); }

  std::function<absl::Status(const Batch&)> before, after;  // run within Apply
  std::string known;
  std::atomic<int64_t> committed = 0;
};

struct LedgerCount {
  int64_t lines = 0, distinct = 0;
  int64_t disorder = 0;  // lines of a partition that stand before one of a lower offset
};

inline LedgerCount CountLedger(postgres::Pool& pool) {
  auto result = pool.Exec(
      "SELECT count(*), count(DISTINCT (topic, partition, log_offset)), count(*) FILTER (WHERE log_offset < before) "
      "FROM"
      " (SELECT *, lag(log_offset) OVER (PARTITION BY topic, partition ORDER BY line) AS before FROM ledger) AS l");
  EXPECT_TRUE(result.ok()) << result.status();
  return {result->Int64(0, 0), result->Int64(0, 1), result->Int64(0, 2)};
}

// Every one of `records` exactly once and in order.
inline ::testing::AssertionResult LedgerIsExact(postgres::Pool& pool, int64_t records) {
  const LedgerCount count = CountLedger(pool);
  if (count.lines == records && count.distinct == records && count.disorder == 0) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << count.lines << " lines of " << count.distinct << " records, "
                                       << count.disorder << " out of order, where " << records << " were expected";
}

}  // namespace kontor::log
