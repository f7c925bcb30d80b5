#include "services/recommendations/identity_rows.h"

#include <algorithm>

#include "libs/base/status.h"

namespace kontor::recommendations {

void LinkBatch::Add(const DecodedRecord& record) {
  std::optional<IdentityLink> link = LinkIn(record);
  if (!link) return;
  const Told told{record.occurred_at, link->linked};
  const auto [row, inserted] =
      rows_.try_emplace({record.shop, std::move(link->visitor), std::move(link->customer)}, told);
  if (inserted) return;
  Told& known = row->second;
  if (told.at > known.at || (told.at == known.at && !told.linked)) known = told;
}

absl::StatusOr<SubjectSet> WriteLinks(postgres::Transaction& transaction, const LinkBatch& links,
                                      const Tombstones& tombstones) {
  std::vector<std::string> shops, visitors, customers;
  std::vector<absl::Time> times;
  std::vector<bool> linked;
  for (const auto& [key, told] : links.rows()) {
    const auto& [shop, visitor, customer] = key;
    if (tombstones.Cover(shop, visitor, told.at) || tombstones.Cover(shop, customer, told.at)) continue;
    shops.push_back(shop);
    visitors.push_back(visitor);
    customers.push_back(customer);
    times.push_back(told.at);
    linked.push_back(told.linked);
  }
  SubjectSet changed;
  if (shops.empty()) return changed;
  postgres::Params params;
  params.TextArray(shops).TextArray(visitors).TextArray(customers).TimeArray(times).BoolArray(linked);
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      transaction.Exec("INSERT INTO recommendations.identities AS i (shop, visitor, customer, told_at, linked) "
                       "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::bool[]) "
                       "ON CONFLICT (shop, visitor, customer) DO UPDATE SET (told_at, linked) = "
                       "(excluded.told_at, excluded.linked) WHERE excluded.told_at > i.told_at "
                       "OR (excluded.told_at = i.told_at AND i.linked AND NOT excluded.linked) "
                       "RETURNING i.shop, i.visitor, i.customer",
                       params));
  for (int r = 0; r < rows.rows(); ++r) {
    changed.emplace(rows.Text(r, 0), rows.Text(r, 1));
    changed.emplace(rows.Text(r, 0), rows.Text(r, 2));
  }
  return changed;
}

absl::StatusOr<SubjectSet> EraseLateVisitors(postgres::Transaction& transaction, const LinkBatch& links,
                                             const Tombstones& tombstones) {
  SubjectSet changed;
  for (const auto& [key, told] : links.rows()) {
    const auto& [shop, visitor, customer] = key;
    const absl::Time until = tombstones.Until(shop, customer);
    if (!told.linked || told.at > until || tombstones.Until(shop, visitor) >= until) continue;
    postgres::Params params;
    params.Text(shop).Text(visitor).Time(told.at);
    ASSIGN_OR_RETURN(const postgres::Result newer,
                     transaction.Exec("SELECT 1 FROM recommendations.identities WHERE shop = $1 AND visitor = $2 "
                                      "AND linked AND told_at > $3 LIMIT 1",
                                      params));
    if (!newer.empty()) continue;
    ASSIGN_OR_RETURN(SubjectSet forgotten, Erase(transaction, {shop, {visitor}, until}));
    changed.merge(forgotten);
  }
  return changed;
}

absl::StatusOr<std::vector<std::string>> ReadVisitors(postgres::Pool& pool, absl::string_view shop,
                                                      absl::string_view customer) {
  postgres::Params params;
  params.Text(shop).Text(customer);
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      pool.Exec("SELECT visitor FROM recommendations.identities AS i WHERE shop = $1 AND customer = $2 AND linked "
                "AND NOT EXISTS (SELECT FROM recommendations.identities AS n WHERE n.shop = i.shop "
                "AND n.visitor = i.visitor AND n.linked AND (n.told_at, n.customer) > (i.told_at, i.customer)) "
                "ORDER BY told_at DESC, visitor LIMIT 20",
                params));
  std::vector<std::string> visitors;
  for (int r = 0; r < rows.rows(); ++r) visitors.emplace_back(rows.Text(r, 0));
  std::sort(visitors.begin(), visitors.end());
  return visitors;
}

absl::StatusOr<std::string> ReadOwner(postgres::Pool& pool, absl::string_view shop, absl::string_view visitor) {
  postgres::Params params;
  params.Text(shop).Text(visitor);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool.Exec("SELECT customer FROM recommendations.identities WHERE shop = $1 AND visitor = $2 "
                             "AND linked ORDER BY told_at DESC, customer DESC LIMIT 1",
                             params));
  return rows.empty() ? std::string() : std::string(rows.Text(0, 0));
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ReadOwners(postgres::Pool& pool,
                                                                            absl::string_view shop) {
  constexpr int64_t kChunk = 20'000;
  std::vector<std::pair<std::string, std::string>> owners;
  std::string last;
  for (bool more = true; more;) {
    postgres::Params params;
    params.Text(shop).Text(last).Int64(kChunk);
    ASSIGN_OR_RETURN(const postgres::Result rows,
                     pool.Exec("SELECT DISTINCT ON (visitor) visitor, customer FROM recommendations.identities "
                               "WHERE shop = $1 AND visitor > $2 AND linked "
                               "ORDER BY visitor, told_at DESC, customer DESC LIMIT $3",
                               params));
    for (int r = 0; r < rows.rows(); ++r) owners.emplace_back(rows.Text(r, 0), rows.Text(r, 1));
    more = rows.rows() == kChunk;
    if (more) last = owners.back().first;
  }
  return owners;
}

}  // namespace kontor::recommendations
