#include "services/analytics/product_rows.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/base/status.h"
#include "services/analytics/array_text.h"
#include "services/analytics/fact_writer.h"
#include "services/analytics/revision_state.h"

namespace kontor::analytics {
namespace {

using Key = std::pair<absl::string_view, absl::string_view>;  // shop, product
using States = std::map<Key, RevisionState<ProductFact>>;

absl::Status LoadStored(postgres::Transaction& transaction, States& states) {
  std::vector<std::string> shops, products;
  std::vector<RevisionState<ProductFact>*> by_place;
  for (auto& [key, state] : states) {
    shops.emplace_back(key.first);
    products.emplace_back(key.second);
    by_place.push_back(&state);
  }
  postgres::Params params;
  params.TextArray(shops).TextArray(products);
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      transaction.Exec("SELECT asked.place, p.revision, p.fingerprint "
                       "FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (shop, product, place) "
                       "CROSS JOIN LATERAL (SELECT * FROM analytics.products AS s "
                       "WHERE s.shop = asked.shop AND s.product = asked.product FOR UPDATE) AS p",
                       params));
  for (int r = 0; r < rows.rows(); ++r) {
    by_place[rows.Int64(r, 0) - 1]->Load(rows.Int64(r, 1), static_cast<uint64_t>(rows.Int64(r, 2)));
  }
  return absl::OkStatus();
}

absl::Status Upsert(postgres::Transaction& transaction, const States& states) {
  std::vector<std::string> shops, products, paths, brands;
  std::vector<int64_t> revisions, fingerprints;
  for (const auto& [key, state] : states) {
    if (state.winner == nullptr) continue;
    shops.emplace_back(key.first);
    products.emplace_back(key.second);
    revisions.push_back(state.revision);
    fingerprints.push_back(static_cast<int64_t>(state.fingerprint));
    paths.push_back(ArrayText(state.winner->category_path));
    brands.push_back(state.winner->brand);
  }
  if (shops.empty()) return absl::OkStatus();
  postgres::Params params;
  params.TextArray(shops).TextArray(products).Int64Array(revisions).Int64Array(fingerprints);
  params.TextArray(paths).TextArray(brands);
  return transaction
      .Exec(
          "INSERT INTO analytics.products (shop, product, revision, fingerprint, category_path, brand) "
          "SELECT shop, product, revision, fingerprint, path::text[], brand "
          "FROM unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::text[], $6::text[]) "
          "AS won (shop, product, revision, fingerprint, path, brand) "
          "ON CONFLICT (shop, product) DO UPDATE SET revision = excluded.revision, "
          "fingerprint = excluded.fingerprint, category_path = excluded.category_path, brand = excluded.brand "
          "WHERE products.revision < excluded.revision",
          params)
      .status();
}

}  // namespace

absl::Status WriteProducts(postgres::Transaction& transaction, absl::Span<const ProductItem> items,
                           log::Effects& effects) {
  if (items.empty()) return absl::OkStatus();
  States states;
  for (const ProductItem& item : items) states.try_emplace({item.shop, item.fact.product});
  RETURN_IF_ERROR(LoadStored(transaction, states));
  for (const ProductItem& item : items) {
    if (states[{item.shop, item.fact.product}].Offer(item.fact) != Outcome::kConflict) continue;
    effects.DeadLetter(item.offset, kReasonRevisionConflict,
                       ConflictText("product", item.fact.product, item.fact.revision));
  }
  return Upsert(transaction, states);
}

}  // namespace kontor::analytics
