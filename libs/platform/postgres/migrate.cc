#include "libs/platform/postgres/migrate.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"

namespace kontor::postgres {
namespace {

using Applied = std::map<int, std::string>;  // number to checksum

absl::Status CheckNumbers(absl::Span<const Migration> migrations) {
  for (size_t i = 0; i < migrations.size(); ++i) {
    if (migrations[i].number == static_cast<int>(i) + 1) continue;
    return base::Error(absl::StatusCode::kFailedPrecondition, "MIGRATION_GAP",
                       absl::StrCat("migration ", migrations[i].name, " has number ", migrations[i].number, " where ",
                                    i + 1, " was expected"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Applied> ReadApplied(Transaction& transaction, const std::string& table, absl::string_view component) {
  ASSIGN_OR_RETURN(const Result result,
                   transaction.Exec(absl::StrCat("SELECT number, sha256 FROM ", table, " WHERE component = $1"),
                                    Params().Text(component)));
  Applied applied;
  for (int row = 0; row < result.rows(); ++row) {
    applied[static_cast<int>(result.Int64(row, 0))] = std::string(result.Text(row, 1));
  }
  return applied;
}

absl::Status CheckUnchanged(const Applied& applied, absl::Span<const Migration> migrations, absl::string_view schema) {
  for (const Migration& migration : migrations) {
    const auto known = applied.find(migration.number);
    if (known == applied.end() || known->second == base::Sha256Hex(migration.sql)) continue;
    return base::Error(absl::StatusCode::kFailedPrecondition, "MIGRATION_CHANGED",
                       absl::StrCat("migration ", migration.name, " of schema ", schema,
                                    " was applied with another text; write a new migration instead of changing it"));
  }
  return absl::OkStatus();
}

// Serialises migrations of one schema until the end of the transaction, and prepares the table of records.
absl::Status Prepare(Transaction& transaction, absl::string_view schema, const std::string& table) {
  RETURN_IF_ERROR(transaction
                      .Exec("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
                            Params().Text(absl::StrCat("kontor.migrate.", schema)))
                      .status());
  return transaction
      .Exec(absl::StrCat("SET LOCAL client_min_messages = warning; CREATE SCHEMA IF NOT EXISTS ", schema,
                         "; CREATE TABLE IF NOT EXISTS ", table,
                         " (component text NOT NULL, number int NOT NULL, name text NOT NULL, sha256 text NOT NULL,"
                         " applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (component, number))"))
      .status();
}

absl::Status Apply(Transaction& transaction, absl::string_view schema, const std::string& table,
                   absl::string_view component, const Migration& migration) {
  RETURN_IF_ERROR(transaction.Exec(absl::StrCat("SET LOCAL search_path = ", schema, ", public")).status());
  RETURN_IF_ERROR(transaction.Exec(migration.sql).status());
  return transaction
      .Exec(absl::StrCat("INSERT INTO ", table, " (component, number, name, sha256) VALUES ($1, $2, $3, $4)"),
            Params().Text(component).Int64(migration.number).Text(migration.name).Text(base::Sha256Hex(migration.sql)))
      .status();
}

}  // namespace

absl::Status Migrate(Pool& pool, absl::string_view schema, absl::Span<const Migration> migrations,
                     absl::string_view component) {
  if (!IsIdentifier(schema)) return absl::InvalidArgumentError(absl::StrCat("not a schema name: ", schema));
  RETURN_IF_ERROR(CheckNumbers(migrations));
  const std::string table = absl::StrCat(schema, ".migrations");
  // One transaction per migration; the lock is taken anew each time, and what others did meanwhile is seen.
  for (bool done = false; !done;) {
    const absl::Status status = pool.RunRetrying([&](Transaction& transaction) -> absl::Status {
      done = true;
      RETURN_IF_ERROR(Prepare(transaction, schema, table));
      ASSIGN_OR_RETURN(const Applied applied, ReadApplied(transaction, table, component));
      RETURN_IF_ERROR(CheckUnchanged(applied, migrations, schema));
      for (const Migration& migration : migrations) {
        if (applied.contains(migration.number)) continue;
        done = false;
        return base::Annotate(Apply(transaction, schema, table, component, migration),
                              absl::StrCat("migration ", migration.name, " of schema ", schema));
      }
      return absl::OkStatus();
    });
    RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

}  // namespace kontor::postgres
