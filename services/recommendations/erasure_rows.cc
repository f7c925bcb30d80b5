#include "services/recommendations/erasure_rows.h"

#include <algorithm>

#include "libs/base/hash.h"
#include "libs/base/status.h"

namespace kontor::recommendations {
namespace {

// Of the lock in PostgreSQL: writers share it, erasures hold it alone.
constexpr int64_t kLock = 0x6b6f6e746f720005;

struct Step {
  const char* sql;  // $1 shop, $2 tokens
  bool timed;       // $3 until
};

// Every table that names people.
constexpr Step kSteps[] = {
    {"UPDATE recommendations.purchases SET subject = '' WHERE shop = $1 AND subject = ANY($2::text[]) "
     "AND subject <> '' AND occurred_at <= $3",
     true},
    {"DELETE FROM recommendations.impressions WHERE shop = $1 AND subject = ANY($2::text[])", false},
    {"DELETE FROM recommendations.behaviour WHERE shop = $1 AND subject = ANY($2::text[]) AND subject <> '' "
     "AND occurred_at <= $3",
     true},
    {"UPDATE recommendations.outcomes SET subject = '' WHERE shop = $1 AND subject = ANY($2::text[]) "
     "AND subject <> '' AND shown_at <= $3",
     true},
    {"INSERT INTO recommendations.outcome_touches SELECT shop, '', product, answer_id, touched_at, carted "
     "FROM recommendations.outcome_touches WHERE shop = $1 AND subject = ANY($2::text[]) AND touched_at <= $3 "
     "ON CONFLICT DO NOTHING",
     true},
    {"DELETE FROM recommendations.outcome_touches WHERE shop = $1 AND subject = ANY($2::text[]) AND subject <> '' "
     "AND touched_at <= $3",
     true},
    {"UPDATE recommendations.outcome_orders SET (subject, visitor) = ROW ('', '') WHERE shop = $1 "
     "AND subject = ANY($2::text[]) AND subject <> '' AND ordered_at <= $3",
     true},
    {"UPDATE recommendations.outcome_orders SET (subject, visitor) = ROW ('', '') WHERE shop = $1 "
     "AND visitor = ANY($2::text[]) AND visitor <> '' AND visitor <> subject AND ordered_at <= $3",
     true},
    {"DELETE FROM recommendations.identities WHERE shop = $1 AND told_at <= $3 "
     "AND (visitor = ANY($2::text[]) OR customer = ANY($2::text[]))",
     true},
    {"DELETE FROM recommendations.dead_letters WHERE position(convert_to($1, 'UTF8') IN bytes) > 0 AND EXISTS ("
     "SELECT FROM unnest($2::text[]) AS token WHERE position(convert_to(token, 'UTF8') IN bytes) > 0)",
     false},
    {"DELETE FROM recommendations.parked_records WHERE position(convert_to($1, 'UTF8') IN bytes) > 0 AND EXISTS ("
     "SELECT FROM unnest($2::text[]) AS token WHERE position(convert_to(token, 'UTF8') IN bytes) > 0)",
     false},
};

// Everybody who is forgotten with them: who asked, and the visitors that belong to them.
absl::StatusOr<std::vector<std::string>> WithVisitors(postgres::Transaction& transaction, const Erasure& erasure) {
  postgres::Params params;
  params.Text(erasure.shop).TextArray(erasure.subjects);
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      transaction.Exec("SELECT visitor FROM recommendations.identities AS i WHERE shop = $1 "
                       "AND customer = ANY($2::text[]) AND linked "
                       "AND NOT EXISTS (SELECT FROM recommendations.identities AS n WHERE n.shop = i.shop "
                       "AND n.visitor = i.visitor AND n.linked AND (n.told_at, n.customer) > (i.told_at, i.customer))",
                       params));
  std::vector<std::string> everybody = erasure.subjects;
  for (int r = 0; r < rows.rows(); ++r) everybody.emplace_back(rows.Text(r, 0));
  std::sort(everybody.begin(), everybody.end());
  everybody.erase(std::unique(everybody.begin(), everybody.end()), everybody.end());
  return everybody;
}

absl::Status WriteTombstones(postgres::Transaction& transaction, const std::string& shop,
                             const std::vector<std::string>& everybody, absl::Time until) {
  std::vector<int64_t> persons;
  for (const std::string& token : everybody) persons.push_back(static_cast<int64_t>(base::StableHash(token)));
  std::sort(persons.begin(), persons.end());
  postgres::Params params;
  params.Text(shop).Int64Array(persons).Time(until);
  return transaction
      .Exec(
          "INSERT INTO recommendations.erasures AS e (shop, person, erased_at) "
          "SELECT $1, person, $3 FROM unnest($2::int8[]) AS person ON CONFLICT (shop, person) "
          "DO UPDATE SET (erased_at, number) = (greatest(e.erased_at, excluded.erased_at), excluded.number)",
          params)
      .status();
}

// Of a visitor that is forgotten alone the customer too has another history now.
absl::Status AddOwners(postgres::Transaction& transaction, const Erasure& erasure, SubjectSet& changed) {
  postgres::Params params;
  params.Text(erasure.shop).TextArray(erasure.subjects);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   transaction.Exec("SELECT customer FROM recommendations.identities WHERE shop = $1 "
                                    "AND visitor = ANY($2::text[])",
                                    params));
  for (int r = 0; r < rows.rows(); ++r) changed.emplace(erasure.shop, rows.Text(r, 0));
  return absl::OkStatus();
}

}  // namespace

absl::Time Tombstones::Until(absl::string_view shop, absl::string_view token) const {
  if (by_person_.empty() || token.empty()) return absl::InfinitePast();
  const auto found = by_person_.find({std::string(shop), base::StableHash(token)});
  return found == by_person_.end() ? absl::InfinitePast() : found->second;
}

absl::StatusOr<Tombstones> ReadTombstones(postgres::Transaction& transaction, const SubjectSet& subjects) {
  Tombstones tombstones;
  if (subjects.empty()) return tombstones;
  RETURN_IF_ERROR(
      transaction.Exec("SELECT pg_advisory_xact_lock_shared($1::int8)", postgres::Params().Int64(kLock)).status());
  std::vector<std::string> shops;
  std::vector<int64_t> persons;
  for (const auto& [shop, token] : subjects) {
    shops.push_back(shop);
    persons.push_back(static_cast<int64_t>(base::StableHash(token)));
  }
  postgres::Params params;
  params.TextArray(shops).Int64Array(persons);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   transaction.Exec("SELECT shop, person, erased_at FROM recommendations.erasures "
                                    "JOIN unnest($1::text[], $2::int8[]) AS asked (shop, person) USING (shop, person)",
                                    params));
  for (int r = 0; r < rows.rows(); ++r) {
    tombstones.Add(rows.Text(r, 0), static_cast<uint64_t>(rows.Int64(r, 1)), rows.Time(r, 2));
  }
  return tombstones;
}

absl::StatusOr<SubjectSet> Erase(postgres::Transaction& transaction, const Erasure& erasure) {
  RETURN_IF_ERROR(transaction.Exec("SELECT pg_advisory_xact_lock($1::int8)", postgres::Params().Int64(kLock)).status());
  ASSIGN_OR_RETURN(const std::vector<std::string> everybody, WithVisitors(transaction, erasure));
  SubjectSet changed;
  for (const std::string& token : everybody) changed.emplace(erasure.shop, token);
  RETURN_IF_ERROR(AddOwners(transaction, erasure, changed));
  for (const Step& step : kSteps) {
    postgres::Params params;
    params.Text(erasure.shop).TextArray(everybody);
    if (step.timed) params.Time(erasure.until);
    RETURN_IF_ERROR(transaction.Exec(step.sql, params).status());
  }
  RETURN_IF_ERROR(WriteTombstones(transaction, erasure.shop, everybody, erasure.until));
  return changed;
}

absl::StatusOr<std::vector<StoredTombstone>> ReadTombstonesAfter(postgres::Pool& pool, int64_t after) {
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool.Exec("SELECT shop, person, erased_at, number FROM recommendations.erasures "
                             "WHERE number > $1 ORDER BY number",
                             postgres::Params().Int64(after)));
  std::vector<StoredTombstone> tombstones;
  for (int r = 0; r < rows.rows(); ++r) {
    tombstones.push_back(
        {std::string(rows.Text(r, 0)), static_cast<uint64_t>(rows.Int64(r, 1)), rows.Time(r, 2), rows.Int64(r, 3)});
  }
  return tombstones;
}

absl::StatusOr<int64_t> NewestErasure(postgres::Pool& pool, absl::string_view shop) {
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool.Exec("SELECT coalesce(max(number), 0)::int8 FROM recommendations.erasures WHERE shop = $1",
                             postgres::Params().Text(shop)));
  return rows.Int64(0, 0);
}

}  // namespace kontor::recommendations
