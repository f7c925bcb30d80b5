#include "libs/platform/log/topic_catalog.h"

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::log {

absl::Status CheckTopicSpec(const TopicSpec& topic) {
  if (!IsTopicName(topic.name)) {
    return absl::InvalidArgumentError(absl::StrCat("\"", topic.name, "\" is not a topic name"));
  }
  if (topic.partitions < 1 || topic.partitions > 10000) {
    return absl::InvalidArgumentError(absl::StrCat("topic ", topic.name, ": partitions must be 1 to 10000"));
  }
  if (topic.retention < absl::Milliseconds(1)) {
    return absl::InvalidArgumentError(absl::StrCat("topic ", topic.name, ": retention must be at least 1 ms"));
  }
  return absl::OkStatus();
}

absl::Status UnknownTopic(absl::string_view topic) {
  return base::Error(absl::StatusCode::kNotFound, kReasonUnknownTopic,
                     absl::StrCat("the log has no topic or partition ", topic));
}

absl::Status PartitionsFixed(absl::string_view topic, int have, int want) {
  return base::Error(absl::StatusCode::kFailedPrecondition, kReasonPartitionsFixed,
                     absl::StrCat("topic ", topic, " has ", have, " partitions and cannot get ", want,
                                  ": the number is fixed when a topic is created"));
}

absl::Status CheckReadOffset(absl::string_view topic, int partition, int64_t offset, int64_t begin, int64_t end) {
  const Position position = {std::string(topic), partition, offset};
  if (offset < begin) {
    return base::Error(absl::StatusCode::kOutOfRange, kReasonBelowLogStart,
                       absl::StrCat(FormatPosition(position), " is below the start of the log, ", begin,
                                    ": restore a snapshot that reaches further"));
  }
  if (offset > end) {
    return base::Error(absl::StatusCode::kOutOfRange, kReasonBeyondLogEnd,
                       absl::StrCat(FormatPosition(position), " is beyond the end of the log, ", end,
                                    ": the log is not the one that this position came from"));
  }
  return absl::OkStatus();
}

absl::Status TopicCatalog::Create(absl::Span<const TopicSpec> topics) {
  for (const TopicSpec& topic : topics) RETURN_IF_ERROR(CheckTopicSpec(topic));
  return pool_.RunRetrying([&](postgres::Transaction& transaction) -> absl::Status {
    RETURN_IF_ERROR(transaction.Exec(absl::StrCat("LOCK TABLE ", schema_, ".topics IN EXCLUSIVE MODE")).status());
    for (const TopicSpec& topic : topics) RETURN_IF_ERROR(CreateOne(transaction, topic));
    return absl::OkStatus();
  });
}

absl::Status TopicCatalog::CreateOne(postgres::Transaction& transaction, const TopicSpec& topic) {
  postgres::Params params;
  params.Text(topic.name).Int64(topic.partitions);
  if (topic.retention == absl::InfiniteDuration()) {
    params.Null();
  } else {
    params.Int64(absl::ToInt64Microseconds(topic.retention));
  }
  ASSIGN_OR_RETURN(const postgres::Result result,
                   transaction.Exec(absl::StrCat("INSERT INTO ", schema_,
                                                 ".topics (topic, partitions, retention_us) VALUES ($1, $2, $3)"
                                                 " ON CONFLICT (topic) DO UPDATE SET retention_us = "
                                                 "excluded.retention_us RETURNING partitions"),
                                    params));
  const int have = static_cast<int>(result.Int64(0, 0));
  if (have != topic.partitions) return PartitionsFixed(topic.name, have, topic.partitions);
  return transaction
      .Exec(absl::StrCat("INSERT INTO ", schema_,
                         ".partitions (topic, partition) SELECT $1, n FROM generate_series(0, $2::int - 1) AS n"
                         " ON CONFLICT (topic, partition) DO NOTHING"),
            postgres::Params().Text(topic.name).Int64(topic.partitions))
      .status();
}

absl::StatusOr<std::vector<int64_t>> TopicCatalog::PartitionIds(absl::string_view topic) {
  {
    base::MutexLock lock(mutex_);
    const auto known = ids_.find(topic);
    if (known != ids_.end()) return known->second;
  }
  ASSIGN_OR_RETURN(
      const postgres::Result result,
      pool_.Exec(absl::StrCat("SELECT id FROM ", schema_, ".partitions WHERE topic = $1 ORDER BY partition"),
                 postgres::Params().Text(topic)));
  if (result.empty()) return UnknownTopic(topic);
  std::vector<int64_t> ids(static_cast<size_t>(result.rows()));
  for (int row = 0; row < result.rows(); ++row) ids[static_cast<size_t>(row)] = result.Int64(row, 0);
  base::MutexLock lock(mutex_);
  return ids_[std::string(topic)] = ids;
}

absl::StatusOr<int64_t> TopicCatalog::PartitionId(absl::string_view topic, int partition) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> ids, PartitionIds(topic));
  if (partition < 0 || partition >= static_cast<int>(ids.size())) {
    return UnknownTopic(absl::StrCat(topic, "/", partition));
  }
  return ids[static_cast<size_t>(partition)];
}

}  // namespace kontor::log
