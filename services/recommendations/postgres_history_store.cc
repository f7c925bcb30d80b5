#include "services/recommendations/postgres_history_store.h"

#include <memory>
#include <string>
#include <utility>

#include "libs/base/status.h"
#include "services/recommendations/text_list.h"

namespace kontor::recommendations {

absl::StatusOr<FoundHistory> PostgresHistoryStore::Get(absl::string_view shop, absl::string_view subject) {
  postgres::Params params;
  params.Text(shop).Text(subject).Int64(PurchaseHistory::kMaxOrders);
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      pool_.Exec("SELECT order_id, revision, occurred_at, country, store, array_to_string(products, E'\\x1f') "
                 "FROM recommendations.purchases WHERE shop = $1 AND subject = $2 AND subject <> '' AND NOT cancelled "
                 "AND products <> '{}' ORDER BY occurred_at DESC, order_id LIMIT $3",
                 params));
  PurchaseHistoryBuilder builder;
  if (!rows.empty()) builder.SetPlace(rows.Text(0, 3), rows.Text(0, 4));
  for (int r = 0; r < rows.rows(); ++r) {
    builder.Add(rows.Text(r, 0), rows.Int64(r, 1), absl::ToUnixMicros(rows.Time(r, 2)), SplitList(rows.Text(r, 5)));
  }
  postgres::Params person;
  person.Text(shop).Text(subject);
  ASSIGN_OR_RETURN(
      const postgres::Result shown,
      pool_.Exec("SELECT shown FROM recommendations.impressions WHERE shop = $1 AND subject = $2", person));
  if (!shown.empty()) {
    const std::string bytes = shown.Bytes(0, 0);
    base::ByteReader in(bytes);
    Impressions impressions = Impressions::Load(in);
    if (in.status().ok()) builder.SetShown(std::move(impressions));
  }
  return FoundHistory{std::make_shared<const PurchaseHistory>(std::move(builder).Build())};
}

}  // namespace kontor::recommendations
