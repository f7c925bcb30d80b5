#include "services/ingest/postgres_import_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"

namespace kontor::ingest {
namespace {

constexpr char kColumns[] =
    "import_id, file_name, file_sha256, mapping_sha256, done, committed_units, rows_read, accepted_events, "
    "duplicate_events, refused_events, refused_rows, created_at, updated_at";

v1::Import FromRow(const std::string& shop, const postgres::Result& rows, int r) {
  v1::Import import;
  import.set_name(absl::StrCat("shops/", shop, "/imports/", rows.Text(r, 0)));
  import.set_file_name(std::string(rows.Text(r, 1)));
  import.set_file_sha256(std::string(rows.Text(r, 2)));
  import.set_mapping_sha256(std::string(rows.Text(r, 3)));
  import.set_state(rows.Bool(r, 4) ? v1::Import::STATE_DONE : v1::Import::STATE_RUNNING);
  import.set_committed_units(rows.Int64(r, 5));
  import.set_rows_read(rows.Int64(r, 6));
  import.set_accepted_events(rows.Int64(r, 7));
  import.set_duplicate_events(rows.Int64(r, 8));
  import.set_refused_events(rows.Int64(r, 9));
  import.set_refused_rows(rows.Int64(r, 10));
  fleet::SetTime(rows.Time(r, 11), *import.mutable_create_time());
  fleet::SetTime(rows.Time(r, 12), *import.mutable_update_time());
  return import;
}

absl::Status InsertErrors(postgres::Transaction& transaction, const std::string& shop, const std::string& id,
                          const ImportProgress& progress) {
  if (progress.errors.empty()) return absl::OkStatus();
  std::vector<int64_t> lines;
  std::vector<std::string> columns, reasons, descriptions;
  for (const v1::RowError& error : progress.errors) {
    lines.push_back(error.line());
    columns.push_back(error.column());
    reasons.push_back(error.reason());
    descriptions.push_back(error.description());
  }
  postgres::Params params;
  params.Text(shop).Text(id).Int64Array(lines).TextArray(columns).TextArray(reasons).TextArray(descriptions);
  return transaction
      .Exec(
          "INSERT INTO ingest.import_errors (shop, import_id, line, \"column\", reason, description) "
          "SELECT $1, $2, * FROM unnest($3::int8[], $4::text[], $5::text[], $6::text[])",
          params)
      .status();
}

absl::Status UpsertPositions(postgres::Transaction& transaction, const std::string& shop, const std::string& id,
                             const ImportProgress& progress) {
  if (progress.positions.empty()) return absl::OkStatus();
  std::vector<std::string> topics;
  std::vector<int64_t> partitions, offsets;
  for (const auto& position : progress.positions) {
    topics.push_back(position.topic());
    partitions.push_back(position.partition());
    offsets.push_back(position.offset());
  }
  postgres::Params params;
  params.Text(shop).Text(id).TextArray(topics).Int64Array(partitions).Int64Array(offsets);
  return transaction
      .Exec(
          "INSERT INTO ingest.import_positions AS p SELECT $1, $2, * FROM unnest($3::text[], $4::int8[], $5::int8[]) "
          "ON CONFLICT (shop, import_id, topic, partition) DO UPDATE SET "
          "\"offset\" = greatest(p.\"offset\", excluded.\"offset\")",
          params)
      .status();
}

}  // namespace

absl::StatusOr<v1::Import> PostgresImportStore::CreateOrGet(const std::string& shop, const std::string& id,
                                                            const Import& created, absl::Time now) {
  postgres::Params params;
  params.Text(shop).Text(id).Text(created.file_name()).Text(created.file_sha256()).Text(created.mapping_sha256());
  params.Time(now);
  RETURN_IF_ERROR(pool_
                      .Exec("INSERT INTO ingest.imports (shop, import_id, file_name, file_sha256, mapping_sha256, "
                            "created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6::timestamptz, $6::timestamptz) "
                            "ON CONFLICT DO NOTHING",
                            params)
                      .status());
  return Get(shop, id);
}

absl::StatusOr<v1::Import> PostgresImportStore::Get(const std::string& shop, const std::string& id) {
  postgres::Params params;
  params.Text(shop).Text(id);
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      pool_.Exec(absl::StrCat("SELECT ", kColumns, " FROM ingest.imports WHERE shop = $1 AND import_id = $2"), params));
  if (rows.empty()) {
    return base::Error(absl::StatusCode::kNotFound, "IMPORT_UNKNOWN",
                       absl::StrCat("there is no import ", id, "; create it first"));
  }
  v1::Import import = FromRow(shop, rows, 0);
  RETURN_IF_ERROR(AddDetails(shop, id, import));
  return import;
}

absl::Status PostgresImportStore::AddDetails(const std::string& shop, const std::string& id, Import& import) {
  postgres::Params params;
  params.Text(shop).Text(id);
  ASSIGN_OR_RETURN(const postgres::Result reasons,
                   pool_.Exec("SELECT reason, count(*), min(description) FROM ingest.import_errors "
                              "WHERE shop = $1 AND import_id = $2 GROUP BY reason ORDER BY 2 DESC, 1",
                              params));
  for (int r = 0; r < reasons.rows(); ++r) {
    v1::ReasonCount& reason = *import.add_refused_by_reason();
    reason.set_reason(std::string(reasons.Text(r, 0)));
    reason.set_count(reasons.Int64(r, 1));
    reason.set_example(std::string(reasons.Text(r, 2)));
  }
  ASSIGN_OR_RETURN(const postgres::Result positions,
                   pool_.Exec("SELECT topic, partition, \"offset\" FROM ingest.import_positions "
                              "WHERE shop = $1 AND import_id = $2 ORDER BY topic, partition",
                              params));
  for (int r = 0; r < positions.rows(); ++r) {
    kontor::type::v1::LogPosition& position = *import.add_positions();
    position.set_topic(std::string(positions.Text(r, 0)));
    position.set_partition(static_cast<int>(positions.Int64(r, 1)));
    position.set_offset(positions.Int64(r, 2));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::Import>> PostgresImportStore::List(const std::string& shop, const std::string& after,
                                                                  int limit) {
  postgres::Params params;
  params.Text(shop).Text(after).Int64(limit);
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      pool_.Exec(
          absl::StrCat("SELECT ", kColumns, " FROM ingest.imports WHERE shop = $1 AND ($2 = '' OR ",
                       "(created_at, import_id) < (SELECT created_at, import_id FROM ingest.imports ",
                       "WHERE shop = $1 AND import_id = $2)) ", "ORDER BY created_at DESC, import_id DESC LIMIT $3"),
          params));
  std::vector<Import> imports;
  for (int r = 0; r < rows.rows(); ++r) imports.push_back(FromRow(shop, rows, r));
  return imports;
}

absl::StatusOr<v1::Import> PostgresImportStore::Advance(const std::string& shop, const std::string& id,
                                                        int64_t units_before, const ImportProgress& progress,
                                                        absl::Time now) {
  Import import;
  RETURN_IF_ERROR(pool_.Run([&](postgres::Transaction& transaction) -> absl::Status {
    postgres::Params params;
    params.Text(shop).Text(id).Int64(units_before).Int64(progress.committed_units).Int64(progress.rows_read);
    params.Bool(progress.done).Int64(progress.accepted).Int64(progress.duplicates).Int64(progress.refused_events);
    params.Int64(progress.refused_rows).Time(now);
    ASSIGN_OR_RETURN(
        const postgres::Result rows,
        transaction.Exec(
            absl::StrCat("UPDATE ingest.imports SET committed_units = $4, rows_read = $5, done = $6, ",
                         "accepted_events = accepted_events + $7, duplicate_events = duplicate_events + $8, ",
                         "refused_events = refused_events + $9, refused_rows = refused_rows + $10, updated_at = $11 ",
                         "WHERE shop = $1 AND import_id = $2 AND committed_units = $3 AND NOT done RETURNING ",
                         kColumns),
            params));
    if (rows.empty()) {
      return base::Error(absl::StatusCode::kAborted, "IMPORT_ADVANCED_ELSEWHERE",
                         absl::StrCat("import ", id, " was advanced by another client; read it again and go on there"));
    }
    import = FromRow(shop, rows, 0);
    RETURN_IF_ERROR(InsertErrors(transaction, shop, id, progress));
    return UpsertPositions(transaction, shop, id, progress);
  }));
  return import;
}

absl::StatusOr<std::vector<v1::RowError>> PostgresImportStore::Errors(const std::string& shop, const std::string& id,
                                                                      int64_t offset, int limit) {
  postgres::Params params;
  params.Text(shop).Text(id).Int64(offset).Int64(limit);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec("SELECT line, \"column\", reason, description FROM ingest.import_errors "
                              "WHERE shop = $1 AND import_id = $2 ORDER BY line, number OFFSET $3 LIMIT $4",
                              params));
  std::vector<v1::RowError> errors(rows.rows());
  for (int r = 0; r < rows.rows(); ++r) {
    errors[r].set_line(rows.Int64(r, 0));
    errors[r].set_column(std::string(rows.Text(r, 1)));
    errors[r].set_reason(std::string(rows.Text(r, 2)));
    errors[r].set_description(std::string(rows.Text(r, 3)));
  }
  return errors;
}

}  // namespace kontor::ingest
