#include "libs/platform/postgres/object_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/postgres/transaction.h"

namespace kontor::postgres {
namespace {

StoredObject ReadRow(const Result& rows, int r) {
  return {std::string(rows.Text(r, 0)), rows.Int64(r, 1), std::string(rows.Bytes(r, 2)), rows.Time(r, 3),
          rows.Time(r, 4)};
}

}  // namespace

absl::StatusOr<std::map<std::string, int64_t>> ObjectStore::Versions() {
  ASSIGN_OR_RETURN(const Result rows, pool_.Exec(absl::StrCat("SELECT shop, version FROM ", options_.versions)));
  std::map<std::string, int64_t> versions;
  for (int r = 0; r < rows.rows(); ++r) versions[std::string(rows.Text(r, 0))] = rows.Int64(r, 1);
  return versions;
}

absl::StatusOr<StoredObjects> ObjectStore::Load(const std::string& shop) {
  Params params;
  params.Text(shop);
  ASSIGN_OR_RETURN(
      const Result rows,  // one statement, so that version and objects are of one moment
      pool_.Exec(absl::StrCat("SELECT o.", options_.id_column, ", o.revision, o.", options_.body_column,
                              ", o.create_time, o.update_time, v.version FROM ", options_.versions, " AS v LEFT JOIN ",
                              options_.objects, " AS o USING (shop) WHERE v.shop = $1 ORDER BY 1"),
                 params));
  StoredObjects stored;
  for (int r = 0; r < rows.rows(); ++r) {
    stored.version = rows.Int64(r, 5);
    if (!rows.IsNull(r, 0)) stored.objects.push_back(ReadRow(rows, r));  // null: all of the shop's are deleted
  }
  return stored;
}

// Takes the shop's turn and tells the version that its change makes.
absl::Status ObjectStore::Lock(Transaction& transaction, const std::string& shop) const {
  Params params;
  params.Text(shop);
  return transaction
      .Exec(absl::StrCat("INSERT INTO ", options_.versions,
                         " AS v (shop, version) VALUES ($1, 1) "
                         "ON CONFLICT (shop) DO UPDATE SET version = v.version + 1"),
            params)
      .status();
}

absl::Status ObjectStore::CheckRoom(Transaction& transaction, const std::string& shop) const {
  Params params;
  params.Text(shop);
  ASSIGN_OR_RETURN(
      const Result rows,
      transaction.Exec(absl::StrCat("SELECT count(*) FROM ", options_.objects, " WHERE shop = $1"), params));
  if (rows.Int64(0, 0) < options_.max_objects) return absl::OkStatus();
  return base::Error(
      absl::StatusCode::kResourceExhausted, options_.too_many_reason,
      absl::StrCat("a shop has at most ", options_.max_objects, " ", options_.what, "; delete some first"));
}

absl::StatusOr<std::optional<StoredObject>> ObjectStore::ReadOne(Transaction& transaction, const std::string& shop,
                                                                 const std::string& id) const {
  Params params;
  params.Text(shop).Text(id);
  ASSIGN_OR_RETURN(const Result rows,
                   transaction.Exec(absl::StrCat("SELECT ", options_.id_column, ", revision, ", options_.body_column,
                                                 ", create_time, update_time FROM ", options_.objects,
                                                 " WHERE shop = $1 AND ", options_.id_column, " = $2"),
                                    params));
  if (rows.empty()) return std::nullopt;
  return ReadRow(rows, 0);
}

absl::Status ObjectStore::Write(Transaction& transaction, const std::string& shop, const std::string& id,
                                const std::string& bytes, absl::Time now) const {
  Params params;
  params.Text(shop).Text(id).Bytes(bytes).Time(now);
  return transaction
      .Exec(absl::StrCat("INSERT INTO ", options_.objects, " (shop, ", options_.id_column, ", revision, ",
                         options_.body_column, ", create_time, update_time) VALUES ($1, $2, (SELECT version FROM ",
                         options_.versions, " WHERE shop = $1), $3, $4, $4) ON CONFLICT (shop, ", options_.id_column,
                         ") DO UPDATE SET (revision, ", options_.body_column,
                         ", update_time) = (excluded.revision, excluded.", options_.body_column,
                         ", excluded.update_time)"),
            params)
      .status();
}

absl::Status ObjectStore::Delete(Transaction& transaction, const std::string& shop, const std::string& id) const {
  Params params;
  params.Text(shop).Text(id);
  return transaction
      .Exec(absl::StrCat("DELETE FROM ", options_.objects, " WHERE shop = $1 AND ", options_.id_column, " = $2"),
            params)
      .status();
}

absl::StatusOr<StoredObject> ObjectStore::Change(const std::string& shop, const std::string& id, absl::Time now,
                                                 ChangeFunction change) {
  StoredObject result;
  RETURN_IF_ERROR(pool_.RunRetrying([&](Transaction& transaction) -> absl::Status {
    RETURN_IF_ERROR(Lock(transaction, shop));
    ASSIGN_OR_RETURN(std::optional<StoredObject> stored, ReadOne(transaction, shop, id));
    ASSIGN_OR_RETURN(const std::optional<std::string> next, change(stored.has_value() ? &*stored : nullptr));
    if (!next.has_value()) {
      if (stored.has_value()) result = *std::move(stored);
      return Delete(transaction, shop, id);
    }
    if (!stored.has_value()) RETURN_IF_ERROR(CheckRoom(transaction, shop));
    RETURN_IF_ERROR(Write(transaction, shop, id, *next, now));
    ASSIGN_OR_RETURN(stored, ReadOne(transaction, shop, id));
    result = *std::move(stored);
    return absl::OkStatus();
  }));
  return result;
}

}  // namespace kontor::postgres
