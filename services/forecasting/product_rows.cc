#include <optional>
#include <utility>
#include <vector>

#include "libs/base/status.h"
#include "libs/platform/postgres/text_list.h"
#include "services/forecasting/rows.h"
#include "services/forecasting/settle.h"

namespace kontor::forecasting {
absl::Status WriteProducts(postgres::Transaction& transaction, absl::Span<const Item<catalogue::ProductSnapshot>> items,
                           log::Effects& effects) {
  if (items.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      const auto states,
      Settle(
          transaction, "product",
          "SELECT * FROM forecasting.products AS s WHERE s.shop = asked.shop AND s.product = "
          "asked.id AND asked.part = ''",
          items, [](const catalogue::ProductSnapshot& product) { return std::pair(product.product, std::string()); },
          effects));
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
  params.TextArray(keys.shops).TextArray(keys.ids).Int64Array(keys.revisions).Int64Array(keys.fingerprints);
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
  ASSIGN_OR_RETURN(
      const auto states,
      Settle(
          transaction, "price",
          "SELECT * FROM forecasting.prices AS s WHERE s.shop = asked.shop AND "
          "s.product = asked.id AND s.currency = asked.part",
          items, [](const catalogue::PriceSnapshot& price) { return std::pair(price.product, price.currency); },
          effects));
  KeyColumns keys;
  std::vector<std::optional<absl::int128>> costs;
  for (const auto& [key, state] : states) {
    if (state.winner == nullptr) continue;
    keys.Add(key, state);
    costs.push_back(state.winner->cost ? std::optional<absl::int128>(state.winner->cost->nanos) : std::nullopt);
  }
  if (keys.shops.empty()) return absl::OkStatus();
  postgres::Params params;
  params.TextArray(keys.shops).TextArray(keys.ids).TextArray(keys.parts).Int64Array(keys.revisions);
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
          "SELECT * FROM forecasting.stock_levels AS s WHERE s.shop = asked.shop AND s.product = asked.id AND "
          "s.revision = split_part(asked.part, ' ', 1)::int8 AND "
          "s.location = substr(asked.part, strpos(asked.part, ' ') + 1)",
          items,
          [](const catalogue::StockLevel& level) {
            return std::pair(level.product, absl::StrCat(level.revision, " ", level.location));
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
  params.TextArray(keys.shops).TextArray(keys.ids).TextArray(locations).Int64Array(keys.revisions);
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
