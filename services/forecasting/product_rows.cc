#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "libs/base/status.h"
#include "libs/platform/catalogue/revision_state.h"
#include "libs/platform/postgres/text_list.h"
#include "services/forecasting/rows.h"

namespace kontor::forecasting {
namespace {

using Key = std::tuple<std::string, std::string, std::string>;  // shop, product, what else the key has

template <typename Content>
using States = std::map<Key, catalogue::RevisionState<Content>>;

// Columns of keys, in their order.
struct KeyColumns {
  std::vector<std::string> shops, products, parts;
  std::vector<int64_t> revisions, fingerprints;

  template <typename Content>
  void Add(const Key& key, const catalogue::RevisionState<Content>& state) {
    shops.push_back(std::get<0>(key));
    products.push_back(std::get<1>(key));
    parts.push_back(std::get<2>(key));
    revisions.push_back(state.revision);
    fingerprints.push_back(static_cast<int64_t>(state.fingerprint));
  }
};

// `select`: revision and fingerprint of the row of shop asked.shop, product asked.product and part asked.part.
template <typename Content>
absl::Status LoadStored(postgres::Transaction& transaction, absl::string_view select, States<Content>& states) {
  KeyColumns keys;
  std::vector<catalogue::RevisionState<Content>*> by_place;
  for (auto& [key, state] : states) {
    keys.Add(key, state);
    by_place.push_back(&state);
  }
  postgres::Params params;
  params.TextArray(keys.shops).TextArray(keys.products).TextArray(keys.parts);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   transaction.Exec(absl::StrCat("SELECT asked.place, stored.revision, stored.fingerprint "
                                                 "FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS "
                                                 "asked (shop, product, part, place) CROSS JOIN LATERAL (",
                                                 select, " FOR UPDATE) AS stored"),
                                    params));
  for (int r = 0; r < rows.rows(); ++r) {
    auto& state = *by_place[rows.Int64(r, 0) - 1];
    state.revision = rows.Int64(r, 1);
    state.fingerprint = static_cast<uint64_t>(rows.Int64(r, 2));
  }
  return absl::OkStatus();
}

// Where each key stands after the items; conflicts go to the effects.
template <typename Content, typename PartOf>
absl::StatusOr<States<Content>> Settle(postgres::Transaction& transaction, absl::string_view what,
                                       absl::string_view select, absl::Span<const Item<Content>> items,
                                       const PartOf& part_of, log::Effects& effects) {
  States<Content> states;
  const auto key_of = [&](const Item<Content>& item) -> Key {
    return {item.shop, item.content.product, part_of(item.content)};
  };
  for (const Item<Content>& item : items) states.try_emplace(key_of(item));
  RETURN_IF_ERROR(LoadStored(transaction, select, states));
  for (const Item<Content>& item : items) {
    if (states[key_of(item)].Offer(item.content)) continue;
    effects.DeadLetter(item.offset, catalogue::kReasonRevisionConflict,
                       catalogue::ConflictText(what, item.content.product, item.content.revision));
  }
  return states;
}

}  // namespace

absl::Status WriteProducts(postgres::Transaction& transaction, absl::Span<const Item<catalogue::ProductSnapshot>> items,
                           log::Effects& effects) {
  if (items.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto states,
                   Settle(
                       transaction, "product",
                       "SELECT * FROM forecasting.products AS s WHERE s.shop = asked.shop AND s.product = "
                       "asked.product AND asked.part = ''",
                       items, [](const catalogue::ProductSnapshot&) { return std::string(); }, effects));
  KeyColumns keys;
  std::vector<std::string> titles, paths, brands;
  std::vector<bool> removed;
  for (const auto& [key, state] : states) {
    if (state.winner == nullptr) continue;
    keys.Add(key, state);
    titles.push_back(state.winner->title);
    paths.push_back(postgres::JoinList(state.winner->category_path));
    brands.push_back(state.winner->brand);
    removed.push_back(state.winner->removed);
  }
  if (keys.shops.empty()) return absl::OkStatus();
  postgres::Params params;
  params.TextArray(keys.shops).TextArray(keys.products).Int64Array(keys.revisions).Int64Array(keys.fingerprints);
  params.TextArray(titles).TextArray(paths).TextArray(brands).BoolArray(removed);
  return transaction
      .Exec(
          "INSERT INTO forecasting.products (shop, product, revision, fingerprint, title, category_path, brand, "
          "removed) SELECT shop, product, revision, fingerprint, title, string_to_array(path, E'\\x1f'), brand, "
          "removed FROM unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::text[], $6::text[], $7::text[], "
          "$8::bool[]) AS won (shop, product, revision, fingerprint, title, path, brand, removed) "
          "ON CONFLICT (shop, product) DO UPDATE SET (revision, fingerprint, title, category_path, brand, removed) = "
          "(excluded.revision, excluded.fingerprint, excluded.title, excluded.category_path, excluded.brand, "
          "excluded.removed)",
          params)
      .status();
}

absl::Status WritePrices(postgres::Transaction& transaction, absl::Span<const Item<catalogue::PriceSnapshot>> items,
                         log::Effects& effects) {
  if (items.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto states,
                   Settle(
                       transaction, "price",
                       "SELECT * FROM forecasting.prices AS s WHERE s.shop = asked.shop AND "
                       "s.product = asked.product AND s.currency = asked.part",
                       items, [](const catalogue::PriceSnapshot& price) { return price.currency; }, effects));
  KeyColumns keys;
  std::vector<std::optional<absl::int128>> costs;
  for (const auto& [key, state] : states) {
    if (state.winner == nullptr) continue;
    keys.Add(key, state);
    costs.push_back(state.winner->cost ? std::optional<absl::int128>(state.winner->cost->nanos) : std::nullopt);
  }
  if (keys.shops.empty()) return absl::OkStatus();
  postgres::Params params;
  params.TextArray(keys.shops).TextArray(keys.products).TextArray(keys.parts).Int64Array(keys.revisions);
  params.Int64Array(keys.fingerprints).OptionalNumericArray(costs);
  return transaction
      .Exec(
          "INSERT INTO forecasting.prices (shop, product, currency, revision, fingerprint, cost) SELECT * FROM "
          "unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::int8[], $6::numeric[]) "
          "ON CONFLICT (shop, product, currency) DO UPDATE SET (revision, fingerprint, cost) = "
          "(excluded.revision, excluded.fingerprint, excluded.cost)",
          params)
      .status();
}

absl::Status WriteStockLevels(postgres::Transaction& transaction, absl::Span<const Item<catalogue::StockLevel>> items,
                              log::Effects& effects) {
  if (items.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      const auto states,
      Settle(
          transaction, "stock level",
          "SELECT * FROM forecasting.stock_levels AS s WHERE s.shop = asked.shop AND s.product = asked.product AND "
          "s.location || E'\\x1f' || s.revision = asked.part",
          items,
          [](const catalogue::StockLevel& level) {
            return absl::StrCat(level.location, absl::string_view(&postgres::kListSeparator, 1), level.revision);
          },
          effects));
  KeyColumns keys;
  std::vector<std::string> locations;
  std::vector<absl::int128> free;
  std::vector<absl::Time> counted;
  for (const auto& [key, state] : states) {
    if (state.winner == nullptr) continue;
    keys.Add(key, state);
    locations.push_back(state.winner->location);
    free.push_back(state.winner->free.nanos);
    counted.push_back(state.winner->counted_at);
  }
  if (keys.shops.empty()) return absl::OkStatus();
  postgres::Params params;
  params.TextArray(keys.shops).TextArray(keys.products).TextArray(locations).Int64Array(keys.revisions);
  params.Int64Array(keys.fingerprints).NumericArray(free).TimeArray(counted);
  return transaction
      .Exec(
          "INSERT INTO forecasting.stock_levels (shop, product, location, revision, fingerprint, free, counted_at) "
          "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::int8[], $6::numeric[], "
          "$7::timestamptz[])",
          params)
      .status();
}

}  // namespace kontor::forecasting
