#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/platform/log/batch_handler.h"
#include "libs/platform/postgres/pool.h"

namespace kontor::log {

// "dead-letter.analytics"
std::string DeadLetterTopic(absl::string_view group);

// Inside this library only: the tables of one group for dead letters, parked records and the outbox. Thread-safe.
class EffectsStore {
 public:
  EffectsStore(postgres::Pool& pool, std::string schema, std::string durable_schema, std::string group);

  struct Context {
    int attempt = 1;                // how often these records have been tried, this time included
    int64_t published_through = 0;  // causes below it have been published by an earlier life
  };
  // Writes all effects of the batch. INTERNAL when one names an offset that is not in the batch.
  absl::Status Write(postgres::Transaction& transaction, const Batch& batch, const Effects& effects,
                     const Context& context) const;

  absl::StatusOr<int64_t> PublishedThrough(const std::string& topic, int partition) const;

  // Parked records of one partition, of the types that `knows` accepts, from `after` on.
  absl::StatusOr<std::vector<std::string>> ParkedTypes(const std::string& topic, int partition) const;
  absl::StatusOr<std::vector<LogRecord>> ReadParked(const std::string& topic, int partition, int64_t from_offset,
                                                    const std::vector<std::string>& types, int max_records) const;
  // Removes what has been replayed: the records of the batch that `effects` does not park again.
  absl::Status RemoveParked(postgres::Transaction& transaction, const Batch& batch, const Effects& effects) const;

 private:
  absl::Status WriteDeadLetters(postgres::Transaction& transaction, const Batch& batch, const Effects& effects,
                                const Context& context) const;
  absl::Status WriteParked(postgres::Transaction& transaction, const Batch& batch, const Effects& effects) const;
  absl::Status WriteOutbox(postgres::Transaction& transaction, const Batch& batch, const Effects& effects,
                           const Context& context) const;
  OutboxRow DeadLetterRecord(const Batch& batch, const DeadLetterRow& row, int attempt, absl::Time failed_at) const;

  postgres::Pool& pool_;
  const std::string schema_, durable_schema_, group_;
};

}  // namespace kontor::log
