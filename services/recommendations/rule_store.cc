#include "services/recommendations/rule_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"
#include "services/recommendations/convert.h"

namespace kontor::recommendations {
namespace {

constexpr char kColumns[] = "rule_id, revision, rule, create_time, update_time";

absl::StatusOr<v1::Rule> ReadRow(const std::string& shop, const postgres::Result& rows, int r) {
  v1::Rule rule;
  if (!rule.ParseFromString(rows.Bytes(r, 2))) {
    return absl::DataLossError(absl::StrCat("the stored rule ", rows.Text(r, 0), " cannot be read"));
  }
  rule.set_name(RuleName(shop, rows.Text(r, 0)));
  rule.set_etag(absl::StrCat(rows.Int64(r, 1)));
  fleet::SetTime(rows.Time(r, 3), *rule.mutable_create_time());
  fleet::SetTime(rows.Time(r, 4), *rule.mutable_update_time());
  return rule;
}

std::string BytesOf(v1::Rule rule) {
  rule.clear_name();
  rule.clear_etag();
  rule.clear_create_time();
  rule.clear_update_time();
  return rule.SerializeAsString();
}

// Takes the shop's turn and tells the version that its change makes.
absl::Status Lock(postgres::Transaction& transaction, const std::string& shop) {
  postgres::Params params;
  params.Text(shop);
  return transaction
      .Exec(
          "INSERT INTO recommendations.rule_versions AS v (shop, version) VALUES ($1, 1) "
          "ON CONFLICT (shop) DO UPDATE SET version = v.version + 1",
          params)
      .status();
}

absl::Status Write(postgres::Transaction& transaction, const std::string& shop, const std::string& id,
                   const v1::Rule& rule, absl::Time now) {
  postgres::Params params;
  params.Text(shop).Text(id).Bytes(BytesOf(rule)).Time(now);
  return transaction
      .Exec(
          "INSERT INTO recommendations.rules AS r (shop, rule_id, revision, rule, create_time, update_time) "
          "VALUES ($1, $2, (SELECT version FROM recommendations.rule_versions WHERE shop = $1), $3, $4, $4) "
          "ON CONFLICT (shop, rule_id) DO UPDATE SET (revision, rule, update_time) = "
          "(excluded.revision, excluded.rule, excluded.update_time)",
          params)
      .status();
}

absl::Status CheckRoom(postgres::Transaction& transaction, const std::string& shop) {
  postgres::Params params;
  params.Text(shop);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   transaction.Exec("SELECT count(*) FROM recommendations.rules WHERE shop = $1", params));
  if (rows.Int64(0, 0) < RuleStore::kMaxRules) return absl::OkStatus();
  return base::Error(absl::StatusCode::kResourceExhausted, kReasonTooManyRules,
                     absl::StrCat("a shop has at most ", RuleStore::kMaxRules, " rules; delete some first"));
}

absl::StatusOr<std::optional<v1::Rule>> ReadOne(postgres::Transaction& transaction, const std::string& shop,
                                                const std::string& id) {
  postgres::Params params;
  params.Text(shop).Text(id);
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      transaction.Exec(
          absl::StrCat("SELECT ", kColumns, " FROM recommendations.rules WHERE shop = $1 AND rule_id = $2"), params));
  if (rows.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(v1::Rule rule, ReadRow(shop, rows, 0));
  return rule;
}

}  // namespace

absl::StatusOr<std::map<std::string, int64_t>> RuleStore::Versions() {
  ASSIGN_OR_RETURN(const postgres::Result rows, pool_.Exec("SELECT shop, version FROM recommendations.rule_versions"));
  std::map<std::string, int64_t> versions;
  for (int r = 0; r < rows.rows(); ++r) versions[std::string(rows.Text(r, 0))] = rows.Int64(r, 1);
  return versions;
}

absl::StatusOr<StoredRules> RuleStore::Load(const std::string& shop) {
  postgres::Params params;
  params.Text(shop);
  ASSIGN_OR_RETURN(
      const postgres::Result rows,  // one statement, so that version and rules are of one moment
      pool_.Exec("SELECT r.rule_id, r.revision, r.rule, r.create_time, r.update_time, v.version "
                 "FROM recommendations.rule_versions AS v LEFT JOIN recommendations.rules AS r USING (shop) "
                 "WHERE v.shop = $1 ORDER BY r.rule_id",
                 params));
  StoredRules stored;
  for (int r = 0; r < rows.rows(); ++r) {
    stored.version = rows.Int64(r, 5);
    if (rows.IsNull(r, 0)) continue;  // a shop whose rules are all deleted
    ASSIGN_OR_RETURN(v1::Rule rule, ReadRow(shop, rows, r));
    stored.rules.push_back(std::move(rule));
  }
  return stored;
}

absl::StatusOr<v1::Rule> RuleStore::Change(const std::string& shop, const std::string& id, absl::Time now,
                                           ChangeFunction change) {
  v1::Rule result;
  RETURN_IF_ERROR(pool_.RunRetrying([&](postgres::Transaction& transaction) -> absl::Status {
    RETURN_IF_ERROR(Lock(transaction, shop));
    ASSIGN_OR_RETURN(std::optional<v1::Rule> stored, ReadOne(transaction, shop, id));
    ASSIGN_OR_RETURN(const std::optional<v1::Rule> next, change(stored));
    if (!next.has_value()) {
      postgres::Params params;
      params.Text(shop).Text(id);
      if (stored.has_value()) result = *std::move(stored);
      return transaction.Exec("DELETE FROM recommendations.rules WHERE shop = $1 AND rule_id = $2", params).status();
    }
    if (!stored.has_value()) RETURN_IF_ERROR(CheckRoom(transaction, shop));
    RETURN_IF_ERROR(Write(transaction, shop, id, *next, now));
    ASSIGN_OR_RETURN(stored, ReadOne(transaction, shop, id));
    result = *std::move(stored);
    return absl::OkStatus();
  }));
  return result;
}

}  // namespace kontor::recommendations
