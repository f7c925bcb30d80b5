#include "services/recommendations/product_rows.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/catalogue/revision_state.h"
#include "libs/platform/postgres/text_list.h"

namespace kontor::recommendations {
namespace {

constexpr int64_t kChunkRows = 20'000;

using Key = std::pair<absl::string_view, absl::string_view>;  // shop, product
using States = std::map<Key, catalogue::RevisionState<catalogue::ProductSnapshot>>;

absl::Status LoadStored(postgres::Transaction& transaction, States& states) {
  std::vector<std::string> shops, products;
  std::vector<catalogue::RevisionState<catalogue::ProductSnapshot>*> by_place;
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
    catalogue::RevisionState<catalogue::ProductSnapshot>& state = *by_place[rows.Int64(r, 0) - 1];
    state.revision = rows.Int64(r, 1);
    state.fingerprint = static_cast<uint64_t>(rows.Int64(r, 2));
  }
  return absl::OkStatus();
}

// Columns of the winners.
struct Columns {
  std::vector<std::string> shops, products, titles, paths, brands, descriptions, attributes, groups, sellers, relations;
  std::vector<int64_t> revisions, fingerprints;
  std::vector<bool> removed;
  std::vector<std::optional<absl::Time>> available;

  void Add(const Key& key, const catalogue::RevisionState<catalogue::ProductSnapshot>& state) {
    const catalogue::ProductSnapshot& product = *state.winner;
    shops.emplace_back(key.first);
    products.emplace_back(key.second);
    revisions.push_back(state.revision);
    fingerprints.push_back(static_cast<int64_t>(state.fingerprint));
    titles.push_back(product.title);
    paths.push_back(postgres::JoinList(product.category_path));
    brands.push_back(product.brand);
    removed.push_back(product.removed);
    descriptions.push_back(product.description);
    std::vector<std::string> pairs;
    for (const catalogue::ProductAttribute& attribute : product.attributes) {
      pairs.push_back(absl::StrCat(attribute.name, absl::string_view(&postgres::kPairSeparator, 1), attribute.value));
    }
    attributes.push_back(postgres::JoinList(pairs));
    groups.push_back(product.variant_group);
    sellers.push_back(product.seller);
    available.push_back(product.available_at);
    std::vector<std::string> related;
    for (const catalogue::ProductRelation& relation : product.relations) {
      related.push_back(absl::StrCat(static_cast<int>(relation.kind), absl::string_view(&postgres::kPairSeparator, 1),
                                     relation.product));
    }
    relations.push_back(postgres::JoinList(related));
  }
};

absl::Status Upsert(postgres::Transaction& transaction, const States& states) {
  Columns rows;
  for (const auto& [key, state] : states) {
    if (state.winner != nullptr) rows.Add(key, state);
  }
  if (rows.shops.empty()) return absl::OkStatus();
  postgres::Params params;
  params.TextArray(rows.shops).TextArray(rows.products).Int64Array(rows.revisions).Int64Array(rows.fingerprints);
  params.TextArray(rows.titles).TextArray(rows.paths).TextArray(rows.brands).BoolArray(rows.removed);
  params.TextArray(rows.descriptions).TextArray(rows.attributes).TextArray(rows.groups).TextArray(rows.sellers);
  params.OptionalTimeArray(rows.available).TextArray(rows.relations);
  return transaction
      .Exec(
          "INSERT INTO recommendations.products (shop, product, revision, fingerprint, title, category_path, brand, "
          "removed, description, attributes, variant_group, seller, available_at, relations) SELECT shop, product, "
          "revision, "
          "fingerprint, title, string_to_array(path, E'\\x1f'), brand, removed, description, "
          "string_to_array(attributes, E'\\x1f'), variant_group, seller, available_at, "
          "string_to_array(relations, E'\\x1f') "
          "FROM unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::text[], $6::text[], $7::text[], "
          "$8::bool[], $9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::text[]) AS won "
          "(shop, product, "
          "revision, fingerprint, title, path, brand, removed, description, attributes, variant_group, seller, "
          "available_at, relations) ON CONFLICT (shop, product) DO UPDATE SET (revision, fingerprint, title, "
          "category_path, "
          "brand, removed, description, attributes, variant_group, seller, available_at, relations) = "
          "(excluded.revision, "
          "excluded.fingerprint, excluded.title, excluded.category_path, excluded.brand, excluded.removed, "
          "excluded.description, excluded.attributes, excluded.variant_group, excluded.seller, "
          "excluded.available_at, excluded.relations)",
          params)
      .status();
}

catalogue::ProductSnapshot ReadRow(const postgres::Result& rows, int r) {
  catalogue::ProductSnapshot product;
  product.product = std::string(rows.Text(r, 1));
  product.revision = rows.Int64(r, 2);
  product.fingerprint = static_cast<uint64_t>(rows.Int64(r, 3));
  product.title = std::string(rows.Text(r, 4));
  for (const absl::string_view level : postgres::SplitList(rows.Text(r, 5))) product.category_path.emplace_back(level);
  product.brand = std::string(rows.Text(r, 6));
  product.removed = rows.Bool(r, 7);
  for (const absl::string_view pair : postgres::SplitList(rows.Text(r, 8))) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(pair, absl::MaxSplits(postgres::kPairSeparator, 1));
    product.attributes.push_back({std::string(parts.first), std::string(parts.second)});
  }
  product.variant_group = std::string(rows.Text(r, 9));
  product.seller = std::string(rows.Text(r, 10));
  if (!rows.IsNull(r, 11)) product.available_at = rows.Time(r, 11);
  for (const absl::string_view pair : postgres::SplitList(rows.Text(r, 12))) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(pair, absl::MaxSplits(postgres::kPairSeparator, 1));
    int kind = 0;
    if (!absl::SimpleAtoi(parts.first, &kind) || kind < 0 || kind >= static_cast<int>(catalogue::kRelationKinds))
      continue;
    product.relations.push_back({static_cast<catalogue::RelationKind>(kind), std::string(parts.second)});
  }
  return product;
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
    effects.DeadLetter(item.offset, catalogue::kReasonRevisionConflict,
                       catalogue::ConflictText("product", item.content.product, item.content.revision));
  }
  return Upsert(transaction, states);
}

absl::Status ReadProducts(postgres::Pool& pool,
                          absl::FunctionRef<void(const std::string& shop, catalogue::ProductSnapshot product)> take) {
  std::string shop, last;
  for (;;) {
    postgres::Params params;
    params.Text(shop).Text(last).Int64(kChunkRows);
    ASSIGN_OR_RETURN(
        const postgres::Result rows,
        pool.Exec("SELECT shop, product, revision, fingerprint, title, array_to_string(category_path, E'\\x1f'), "
                  "brand, removed, array_to_string(attributes, E'\\x1f'), variant_group, seller, available_at, "
                  "array_to_string(relations, E'\\x1f') FROM recommendations.products WHERE (shop, product) > ($1, $2) "
                  "ORDER BY shop, product LIMIT $3",
                  params));
    for (int r = 0; r < rows.rows(); ++r) {
      shop = std::string(rows.Text(r, 0));
      catalogue::ProductSnapshot product = ReadRow(rows, r);
      last = product.product;
      take(shop, std::move(product));
    }
    if (rows.rows() < kChunkRows) return absl::OkStatus();
  }
}

}  // namespace kontor::recommendations
