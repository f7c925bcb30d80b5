#include "services/recommendations/product_rows.h"

#include <map>
#include <utility>
#include <vector>

#include "libs/base/status.h"
#include "services/recommendations/revision_state.h"
#include "services/recommendations/text_list.h"

namespace kontor::recommendations {
namespace {

constexpr int64_t kChunkRows = 20'000;

using Key = std::pair<absl::string_view, absl::string_view>;  // shop, product
using States = std::map<Key, RevisionState<ProductSnapshot>>;

absl::Status LoadStored(postgres::Transaction& transaction, States& states) {
  std::vector<std::string> shops, products;
  std::vector<RevisionState<ProductSnapshot>*> by_place;
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
                       "CROSS JOIN LATERAL (SELECT * FROM recommendations.products AS s "
                       "WHERE s.shop = asked.shop AND s.product = asked.product FOR UPDATE) AS p",
                       params));
  for (int r = 0; r < rows.rows(); ++r) {
    RevisionState<ProductSnapshot>& state = *by_place[rows.Int64(r, 0) - 1];
    state.revision = rows.Int64(r, 1);
    state.fingerprint = static_cast<uint64_t>(rows.Int64(r, 2));
  }
  return absl::OkStatus();
}

absl::Status Upsert(postgres::Transaction& transaction, const States& states) {
  std::vector<std::string> shops, products, titles, paths, brands;
  std::vector<int64_t> revisions, fingerprints;
  std::vector<bool> removed;
  for (const auto& [key, state] : states) {
    if (state.winner == nullptr) continue;
    shops.emplace_back(key.first);
    products.emplace_back(key.second);
    revisions.push_back(state.revision);
    fingerprints.push_back(static_cast<int64_t>(state.fingerprint));
    titles.push_back(state.winner->title);
    paths.push_back(JoinList(state.winner->category_path));
    brands.push_back(state.winner->brand);
    removed.push_back(state.winner->removed);
  }
  if (shops.empty()) return absl::OkStatus();
  postgres::Params params;
  params.TextArray(shops).TextArray(products).Int64Array(revisions).Int64Array(fingerprints).TextArray(titles);
  params.TextArray(paths).TextArray(brands).BoolArray(removed);
  return transaction
      .Exec(
          "INSERT INTO recommendations.products (shop, product, revision, fingerprint, title, category_path, brand, "
          "removed) SELECT shop, product, revision, fingerprint, title, string_to_array(path, E'\\x1f'), brand, "
          "removed FROM unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::text[], $6::text[], $7::text[], "
          "$8::bool[]) AS won (shop, product, revision, fingerprint, title, path, brand, removed) "
          "ON CONFLICT (shop, product) DO UPDATE SET (revision, fingerprint, title, category_path, brand, removed) = "
          "(excluded.revision, excluded.fingerprint, excluded.title, excluded.category_path, excluded.brand, "
          "excluded.removed)",
          params)
      .status();
}

}  // namespace

absl::Status WriteProducts(postgres::Transaction& transaction, absl::Span<const ProductItem> items,
                           log::Effects& effects) {
  if (items.empty()) return absl::OkStatus();
  States states;
  for (const ProductItem& item : items) states.try_emplace({item.shop, item.content.product});
  RETURN_IF_ERROR(LoadStored(transaction, states));
  for (const ProductItem& item : items) {
    if (states[{item.shop, item.content.product}].Offer(item.content)) continue;
    effects.DeadLetter(item.offset, kReasonRevisionConflict,
                       ConflictText("product", item.content.product, item.content.revision));
  }
  return Upsert(transaction, states);
}

absl::Status ReadProducts(postgres::Pool& pool,
                          absl::FunctionRef<void(const std::string& shop, ProductSnapshot product)> take) {
  std::string shop, last;
  for (;;) {
    postgres::Params params;
    params.Text(shop).Text(last).Int64(kChunkRows);
    ASSIGN_OR_RETURN(
        const postgres::Result rows,
        pool.Exec("SELECT shop, product, revision, fingerprint, title, array_to_string(category_path, E'\\x1f'), "
                  "brand, removed FROM recommendations.products WHERE (shop, product) > ($1, $2) "
                  "ORDER BY shop, product LIMIT $3",
                  params));
    for (int r = 0; r < rows.rows(); ++r) {
      shop = std::string(rows.Text(r, 0));
      last = std::string(rows.Text(r, 1));
      ProductSnapshot product{last,
                              rows.Int64(r, 2),
                              static_cast<uint64_t>(rows.Int64(r, 3)),
                              std::string(rows.Text(r, 4)),
                              {},
                              std::string(rows.Text(r, 6)),
                              rows.Bool(r, 7)};
      for (const absl::string_view level : SplitList(rows.Text(r, 5))) product.category_path.emplace_back(level);
      take(shop, std::move(product));
    }
    if (rows.rows() < kChunkRows) return absl::OkStatus();
  }
}

}  // namespace kontor::recommendations
