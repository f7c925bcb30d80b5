#include "services/recommendations/postgres_history_store.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/platform/postgres/text_list.h"
#include "services/recommendations/identity_rows.h"

namespace kontor::recommendations {
namespace {

absl::Status AddOrders(postgres::Pool& pool, absl::string_view shop, const std::vector<std::string>& subjects,
                       PurchaseHistoryBuilder& builder) {
  postgres::Params params;
  params.Text(shop).TextArray(subjects).Int64(PurchaseHistory::kMaxOrders);
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      pool.Exec("SELECT order_id, revision, occurred_at, country, store, array_to_string(products, E'\\x1f') "
                "FROM recommendations.purchases WHERE shop = $1 AND subject = ANY($2::text[]) AND subject <> '' "
                "AND NOT cancelled AND products <> '{}' ORDER BY occurred_at DESC, order_id LIMIT $3",
                params));
  if (!rows.empty()) builder.SetPlace(rows.Text(0, 3), rows.Text(0, 4));
  for (int r = 0; r < rows.rows(); ++r) {
    builder.Add(rows.Text(r, 0), rows.Int64(r, 1), absl::ToUnixMicros(rows.Time(r, 2)),
                postgres::SplitList(rows.Text(r, 5)));
  }
  return absl::OkStatus();
}

absl::Status AddShown(postgres::Pool& pool, absl::string_view shop, const std::vector<std::string>& subjects,
                      PurchaseHistoryBuilder& builder) {
  postgres::Params params;
  params.Text(shop).TextArray(subjects);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool.Exec("SELECT shown FROM recommendations.impressions WHERE shop = $1 "
                             "AND subject = ANY($2::text[]) ORDER BY subject",
                             params));
  Impressions all;
  for (int r = 0; r < rows.rows(); ++r) {
    const std::string bytes = rows.Bytes(r, 0);
    base::ByteReader in(bytes);
    const Impressions impressions = Impressions::Load(in);
    if (in.status().ok()) all.Merge(impressions);
  }
  builder.SetShown(std::move(all));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FoundHistory> PostgresHistoryStore::Get(absl::string_view shop, absl::string_view subject) {
  PurchaseHistoryBuilder builder;
  std::vector<std::string> subjects = {std::string(subject)};
  if (absl::StartsWith(subject, "v-")) {
    ASSIGN_OR_RETURN(const std::string owner, ReadOwner(pool_, shop, subject));
    builder.SetOwner(owner.empty() ? 0 : base::StableHash(owner));
  } else {
    ASSIGN_OR_RETURN(std::vector<std::string> visitors, ReadVisitors(pool_, shop, subject));
    subjects.insert(subjects.end(), visitors.begin(), visitors.end());
    builder.SetVisitors(std::move(visitors));
  }
  RETURN_IF_ERROR(AddOrders(pool_, shop, subjects, builder));
  RETURN_IF_ERROR(AddShown(pool_, shop, subjects, builder));
  return FoundHistory{std::make_shared<const PurchaseHistory>(std::move(builder).Build())};
}

}  // namespace kontor::recommendations
