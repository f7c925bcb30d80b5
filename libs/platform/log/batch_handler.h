#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/platform/log/event_log.h"
#include "libs/platform/postgres/transaction.h"

namespace kontor::log {

// A run of records of one partition, in offset order.
struct Batch {
  std::string topic;
  int partition = 0;
  absl::Span<const LogRecord> records;
  bool replay = false;  // parked records that are applied after an upgrade: offsets rise but need not be adjacent

  Position At(size_t index) const { return {topic, partition, records[index].offset}; }
};

struct DeadLetterRow {
  int64_t offset = 0;
  std::string reason;       // UPPER_SNAKE_CASE
  std::string description;  // one sentence
};

struct ParkedRow {
  int64_t offset = 0;
  std::string type;
};

// A record to publish. `event_id` is derived from its cause, so that a second run yields the same.
struct OutboxRow {
  std::string event_id;
  std::string topic;
  std::string key;
  std::string bytes;
};

// What a handler wants written beside its own effects, in the same transaction. Starts empty at every attempt.
class Effects {
 public:
  // This record is refused for good: its bytes, place, reason and attempt go to the dead letters.
  void DeadLetter(int64_t offset, std::string reason, std::string description) {
    dead_letters.push_back({offset, std::move(reason), std::move(description)});
  }
  // This record's type is unknown to the binary: kept until a handler that Knows() it takes over.
  void Park(int64_t offset, std::string type) { parked.push_back({offset, std::move(type)}); }
  // Publishes after the commit through the outbox. `cause` is the offset of the record that led to it; the row is not
  // written when an earlier life of this consumer has published it (see published_through in outbox.h).
  void Publish(int64_t cause, OutboxRow row) { outbox.emplace_back(cause, std::move(row)); }
  // Runs once the transaction is known to be committed, on the consumer's thread. For caches; must not fail.
  void AfterCommit(std::function<void()> action) { after_commit.push_back(std::move(action)); }

  std::vector<DeadLetterRow> dead_letters;
  std::vector<ParkedRow> parked;
  std::vector<std::pair<int64_t, OutboxRow>> outbox;
  std::vector<std::function<void()>> after_commit;
};

// The id of the n-th record that the group derives from one input: "group:orders/3@1234:0".
std::string DerivedEventId(absl::string_view group, const Position& cause, int n);

// A service's side of a Consumer. Called from the consumer's worker threads: for one partition never at the same time,
// for different ones yes.
class BatchHandler {
 public:
  virtual ~BatchHandler() = default;

  // Writes the effects of all records through `transaction`, which also holds the fence and the offset. Nothing is
  // remembered in members: an attempt may be rolled back and made again with the same or fewer records.
  // Transient errors (postgres::IsTransient) pause the partition; any other, or an exception, makes the consumer try
  // again in halves, down to the one record that is poison and goes to the dead letters.
  // Statements that touch rows shared between partitions write them in sorted order, or they deadlock.
  virtual absl::Status Apply(postgres::Transaction& transaction, const Batch& batch, Effects& effects) = 0;

  // After the commit of exactly this batch.
  virtual void Committed(const Batch& batch) {}

  // True when parked records of this type can be applied now.
  virtual bool Knows(absl::string_view type) const { return false; }
};

}  // namespace kontor::log
