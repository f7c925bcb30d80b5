#include "libs/platform/log/effects_store.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "kontor/events/v1/quality.pb.h"
#include "kontor/events/v1/record.pb.h"
#include "libs/base/status.h"

namespace kontor::log {
namespace {

using postgres::Params;
using postgres::Result;
using postgres::Transaction;

const LogRecord* FindRecord(const Batch& batch, int64_t offset) {
  const auto it = std::lower_bound(batch.records.begin(), batch.records.end(), offset,
                                   [](const LogRecord& record, int64_t o) { return record.offset < o; });
  return it == batch.records.end() || it->offset != offset ? nullptr : &*it;
}

absl::Status NotInBatch(int64_t offset) {
  return absl::InternalError(absl::StrCat("an effect names offset ", offset, ", which is not in its batch"));
}

void SetTimestamp(absl::Time time, google::protobuf::Timestamp* out) {
  const int64_t micros = absl::ToUnixMicros(time);
  const int64_t seconds = absl::ToUnixSeconds(time);
  out->set_seconds(seconds);
  out->set_nanos(static_cast<int32_t>(micros - seconds * 1'000'000) * 1000);
}

}  // namespace

std::string DeadLetterTopic(absl::string_view group) { return absl::StrCat("dead-letter.", group); }

std::string DerivedEventId(absl::string_view group, const Position& cause, int n) {
  return absl::StrCat(group, ":", FormatPosition(cause), ":", n);
}

EffectsStore::EffectsStore(postgres::Pool& pool, std::string schema, std::string durable_schema, std::string group)
    : pool_(pool), schema_(std::move(schema)), durable_schema_(std::move(durable_schema)), group_(std::move(group)) {}

absl::Status EffectsStore::Write(Transaction& transaction, const Batch& batch, const Effects& effects,
                                 const Context& context) const {
  if (!effects.dead_letters.empty()) RETURN_IF_ERROR(WriteDeadLetters(transaction, batch, effects, context));
  if (!effects.parked.empty()) RETURN_IF_ERROR(WriteParked(transaction, batch, effects));
  return WriteOutbox(transaction, batch, effects, context);
}

absl::Status EffectsStore::WriteDeadLetters(Transaction& transaction, const Batch& batch, const Effects& effects,
                                            const Context& context) const {
  std::vector<int64_t> offsets;
  std::vector<absl::Time> received;
  std::vector<std::string> reasons, descriptions;
  std::vector<absl::string_view> bytes;
  for (const DeadLetterRow& row : effects.dead_letters) {
    const LogRecord* record = FindRecord(batch, row.offset);
    if (record == nullptr) return NotInBatch(row.offset);
    offsets.push_back(row.offset);
    received.push_back(record->received_at);
    reasons.push_back(row.reason);
    descriptions.push_back(row.description);
    bytes.push_back(record->bytes);
  }
  return transaction
      .Exec(absl::StrCat("INSERT INTO ", schema_,
                         ".dead_letters (consumer_group, topic, partition, log_offset, received_at, reason,"
                         " description, attempt, bytes) SELECT $1, $2, $3, o, t, r, d, $4, b FROM"
                         " unnest($5::int8[], $6::timestamptz[], $7::text[], $8::text[], $9::bytea[])"
                         " AS u (o, t, r, d, b) ON CONFLICT DO NOTHING"),
            Params()
                .Text(group_)
                .Text(batch.topic)
                .Int64(batch.partition)
                .Int64(context.attempt)
                .Int64Array(offsets)
                .TimeArray(received)
                .TextArray(reasons)
                .TextArray(descriptions)
                .BytesArray(bytes))
      .status();
}

absl::Status EffectsStore::WriteParked(Transaction& transaction, const Batch& batch, const Effects& effects) const {
  std::vector<int64_t> offsets;
  std::vector<absl::Time> received;
  std::vector<std::string> types;
  std::vector<absl::string_view> bytes;
  for (const ParkedRow& row : effects.parked) {
    const LogRecord* record = FindRecord(batch, row.offset);
    if (record == nullptr) return NotInBatch(row.offset);
    offsets.push_back(row.offset);
    received.push_back(record->received_at);
    types.push_back(row.type);
    bytes.push_back(record->bytes);
  }
  return transaction
      .Exec(absl::StrCat("INSERT INTO ", schema_,
                         ".parked_records (consumer_group, topic, partition, log_offset, received_at, type, bytes)"
                         " SELECT $1, $2, $3, o, t, y, b FROM"
                         " unnest($4::int8[], $5::timestamptz[], $6::text[], $7::bytea[]) AS u (o, t, y, b)"
                         " ON CONFLICT DO NOTHING"),
            Params()
                .Text(group_)
                .Text(batch.topic)
                .Int64(batch.partition)
                .Int64Array(offsets)
                .TimeArray(received)
                .TextArray(types)
                .BytesArray(bytes))
      .status();
}

// The dead letter as the topic carries it: an EventRecord like every other, around the record that failed.
OutboxRow EffectsStore::DeadLetterRecord(const Batch& batch, const DeadLetterRow& row, int attempt,
                                         absl::Time failed_at) const {
  const LogRecord& record = *FindRecord(batch, row.offset);
  const Position place = {batch.topic, batch.partition, record.offset};
  events::v1::DeadLetter letter;
  letter.set_consumer(group_);
  letter.mutable_position()->set_topic(place.topic);
  letter.mutable_position()->set_partition(place.partition);
  letter.mutable_position()->set_offset(place.offset);
  letter.set_reason(row.reason);
  letter.set_description(row.description);
  letter.set_attempts(attempt);
  SetTimestamp(failed_at, letter.mutable_failed_at());
  letter.set_record(record.bytes);

  events::v1::EventRecord envelope, source;
  if (source.ParseFromString(record.bytes)) {
    envelope.set_shop(source.shop());
    envelope.set_subject_token(source.subject_token());
    envelope.set_trace(source.trace());
  }
  envelope.set_event_id(absl::StrCat("dead-letter:", DerivedEventId(group_, place, 0)));
  envelope.set_source(absl::StrCat("kontor.", group_));
  envelope.set_type(std::string(letter.GetTypeName()));
  SetTimestamp(record.received_at, envelope.mutable_occurred_at());
  SetTimestamp(record.received_at, envelope.mutable_received_at());
  envelope.set_payload(letter.SerializeAsString());
  return {envelope.event_id(), DeadLetterTopic(group_), absl::StrCat(place.topic, "/", place.partition),
          envelope.SerializeAsString()};
}

absl::Status EffectsStore::WriteOutbox(Transaction& transaction, const Batch& batch, const Effects& effects,
                                       const Context& context) const {
  std::vector<std::string> ids, topics, keys, bytes;
  std::vector<int64_t> causes;
  const auto add = [&](int64_t cause, OutboxRow row) {
    if (cause < context.published_through) return;
    ids.push_back(std::move(row.event_id));
    topics.push_back(std::move(row.topic));
    keys.push_back(std::move(row.key));
    bytes.push_back(std::move(row.bytes));
    causes.push_back(cause);
  };
  if (!effects.dead_letters.empty()) {
    ASSIGN_OR_RETURN(const Result now, transaction.Exec("SELECT clock_timestamp()"));
    for (const DeadLetterRow& row : effects.dead_letters) {
      add(row.offset, DeadLetterRecord(batch, row, context.attempt, now.Time(0, 0)));
    }
  }
  for (const auto& [cause, row] : effects.outbox) {
    if (FindRecord(batch, cause) == nullptr) return NotInBatch(cause);
    add(cause, row);
  }
  if (ids.empty()) return absl::OkStatus();
  return transaction
      .Exec(absl::StrCat("INSERT INTO ", schema_,
                         ".outbox (event_id, topic, key, bytes, consumer_group, cause_topic, cause_partition,"
                         " cause_offset) SELECT i, t, k, b, $1, $2, $3, c FROM"
                         " unnest($4::text[], $5::text[], $6::bytea[], $7::bytea[], $8::int8[])"
                         " WITH ORDINALITY AS u (i, t, k, b, c, n) ORDER BY n ON CONFLICT (event_id) DO NOTHING"),
            Params()
                .Text(group_)
                .Text(batch.topic)
                .Int64(batch.partition)
                .TextArray(ids)
                .TextArray(topics)
                .BytesArray(keys)
                .BytesArray(bytes)
                .Int64Array(causes))
      .status();
}

absl::StatusOr<int64_t> EffectsStore::PublishedThrough(const std::string& topic, int partition) const {
  ASSIGN_OR_RETURN(
      const Result result,
      pool_.Exec(absl::StrCat("SELECT next_offset FROM ", durable_schema_,
                              ".published_through WHERE consumer_group = $1 AND topic = $2 AND partition = $3"),
                 Params().Text(group_).Text(topic).Int64(partition)));
  return result.empty() ? 0 : result.Int64(0, 0);
}

absl::StatusOr<std::vector<std::string>> EffectsStore::ParkedTypes(const std::string& topic, int partition) const {
  ASSIGN_OR_RETURN(
      const Result result,
      pool_.Exec(
          absl::StrCat("SELECT DISTINCT type FROM ", schema_,
                       ".parked_records WHERE consumer_group = $1 AND topic = $2 AND partition = $3 ORDER BY type"),
          Params().Text(group_).Text(topic).Int64(partition)));
  std::vector<std::string> types;
  for (int row = 0; row < result.rows(); ++row) types.emplace_back(result.Text(row, 0));
  return types;
}

absl::StatusOr<std::vector<LogRecord>> EffectsStore::ReadParked(const std::string& topic, int partition,
                                                                int64_t from_offset,
                                                                const std::vector<std::string>& types,
                                                                int max_records) const {
  ASSIGN_OR_RETURN(
      const Result result,
      pool_.Exec(
          absl::StrCat("SELECT log_offset, received_at, bytes FROM ", schema_,
                       ".parked_records WHERE consumer_group = $1 AND topic = $2 AND partition = $3"
                       " AND log_offset >= $4 AND type = ANY ($5::text[])"
                       " ORDER BY log_offset LIMIT $6"),
          Params().Text(group_).Text(topic).Int64(partition).Int64(from_offset).TextArray(types).Int64(max_records)));
  std::vector<LogRecord> records;
  for (int row = 0; row < result.rows(); ++row) {
    records.push_back({result.Int64(row, 0), result.Time(row, 1), result.Bytes(row, 2)});
  }
  return records;
}

absl::Status EffectsStore::RemoveParked(Transaction& transaction, const Batch& batch, const Effects& effects) const {
  std::set<int64_t> parked_again;
  for (const ParkedRow& row : effects.parked) parked_again.insert(row.offset);
  std::vector<int64_t> done;
  for (const LogRecord& record : batch.records) {
    if (!parked_again.contains(record.offset)) done.push_back(record.offset);
  }
  return transaction
      .Exec(absl::StrCat("DELETE FROM ", schema_,
                         ".parked_records WHERE consumer_group = $1 AND topic = $2 AND partition = $3"
                         " AND log_offset = ANY ($4::int8[])"),
            Params().Text(group_).Text(batch.topic).Int64(batch.partition).Int64Array(done))
      .status();
}

}  // namespace kontor::log
