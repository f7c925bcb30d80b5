#include "services/recommendations/fact_rows.h"

#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "libs/base/status.h"
#include "libs/platform/catalogue/revision_state.h"

namespace kontor::recommendations {
namespace {

constexpr int64_t kChunkRows = 20'000;

// How the three tables differ: their names, the third column of their key, the columns behind it.
struct Table {
  const char* name;
  const char* part;
  const char* values;        // the columns behind the revision and its fingerprint
  const char* value_arrays;  // their parameters, from $6
  const char* noun;
};
constexpr Table kPrices{"prices", "currency", "price, cost, valid_until",
                        "$6::numeric[], $7::numeric[], $8::timestamptz[]", "the price of"};
constexpr Table kLevels{"stock_levels", "location", "free, counted_at", "$6::numeric[], $7::timestamptz[]",
                        "the stock of"};
constexpr Table kChanges{"stock_changes", "id", "location, change, changed_at",
                         "$6::text[], $7::numeric[], $8::timestamptz[]", "a stock correction of"};

const std::string& PartOf(const catalogue::PriceSnapshot& price) { return price.currency; }
const std::string& PartOf(const catalogue::StockLevel& level) { return level.location; }
const std::string& PartOf(const catalogue::StockChange& change) { return change.id; }

std::vector<absl::int128> Nanos(const std::vector<int64_t>& values) { return {values.begin(), values.end()}; }

void AddValues(absl::Span<const catalogue::PriceSnapshot* const> winners, postgres::Params& params) {
  std::vector<absl::int128> prices;
  std::vector<std::optional<absl::int128>> costs;
  std::vector<absl::Time> until;
  for (const catalogue::PriceSnapshot* price : winners) {
    prices.emplace_back(price->price.nanos);
    costs.push_back(price->cost.has_value() ? std::optional<absl::int128>(price->cost->nanos) : std::nullopt);
    until.push_back(price->valid_until);
  }
  params.NumericArray(prices).OptionalNumericArray(costs).TimeArray(until);
}

void AddValues(absl::Span<const catalogue::StockLevel* const> winners, postgres::Params& params) {
  std::vector<int64_t> free;
  std::vector<absl::Time> counted;
  for (const catalogue::StockLevel* level : winners) {
    free.push_back(level->free.nanos);
    counted.push_back(level->counted_at);
  }
  params.NumericArray(Nanos(free)).TimeArray(counted);
}

void AddValues(absl::Span<const catalogue::StockChange* const> winners, postgres::Params& params) {
  std::vector<std::string> locations;
  std::vector<int64_t> changes;
  std::vector<absl::Time> changed;
  for (const catalogue::StockChange* change : winners) {
    locations.push_back(change->location);
    changes.push_back(change->change.nanos);
    changed.push_back(change->changed_at);
  }
  params.TextArray(locations).NumericArray(Nanos(changes)).TimeArray(changed);
}

using Key = std::tuple<absl::string_view, absl::string_view, absl::string_view>;  // shop, product, part

// The keys of `states` as the parameters $1 to $3.
template <typename Content>
void AddKeys(const std::map<Key, catalogue::RevisionState<Content>>& states, bool winners_only,
             postgres::Params& params) {
  std::vector<std::string> shops, products, parts;
  for (const auto& [key, state] : states) {
    if (winners_only && state.winner == nullptr) continue;
    shops.emplace_back(std::get<0>(key));
    products.emplace_back(std::get<1>(key));
    parts.emplace_back(std::get<2>(key));
  }
  params.TextArray(shops).TextArray(products).TextArray(parts);
}

template <typename Content>
absl::Status LoadStored(postgres::Transaction& transaction, const Table& table,
                        std::map<Key, catalogue::RevisionState<Content>>& states) {
  postgres::Params params;
  AddKeys(states, false, params);
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      transaction.Exec(absl::StrCat("SELECT asked.place, f.revision, f.fingerprint FROM unnest($1::text[], $2::text[], "
                                    "$3::text[]) WITH ORDINALITY AS asked (shop, product, part, place) "
                                    "CROSS JOIN LATERAL (SELECT * FROM recommendations.",
                                    table.name, " AS s WHERE s.shop = asked.shop AND s.product = asked.product AND s.",
                                    table.part, " = asked.part FOR UPDATE) AS f"),
                       params));
  std::vector<catalogue::RevisionState<Content>*> by_place;
  for (auto& [key, state] : states) by_place.push_back(&state);
  for (int r = 0; r < rows.rows(); ++r) {
    catalogue::RevisionState<Content>& state = *by_place[rows.Int64(r, 0) - 1];
    state.revision = rows.Int64(r, 1);
    state.fingerprint = static_cast<uint64_t>(rows.Int64(r, 2));
  }
  return absl::OkStatus();
}

template <typename Content>
absl::Status Upsert(postgres::Transaction& transaction, const Table& table,
                    const std::map<Key, catalogue::RevisionState<Content>>& states) {
  std::vector<const Content*> winners;
  std::vector<int64_t> revisions, fingerprints;
  for (const auto& [key, state] : states) {
    if (state.winner == nullptr) continue;
    winners.push_back(state.winner);
    revisions.push_back(state.revision);
    fingerprints.push_back(static_cast<int64_t>(state.fingerprint));
  }
  if (winners.empty()) return absl::OkStatus();
  postgres::Params params;
  AddKeys(states, true, params);
  params.Int64Array(revisions).Int64Array(fingerprints);
  AddValues(winners, params);
  const std::string columns = absl::StrCat("revision, fingerprint, ", table.values);
  return transaction
      .Exec(absl::StrCat("INSERT INTO recommendations.", table.name, " (shop, product, ", table.part, ", ", columns,
                         ") SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::int8[], ",
                         table.value_arrays, ") ON CONFLICT (shop, product, ", table.part, ") DO UPDATE SET (", columns,
                         ") = ROW(excluded.", absl::StrReplaceAll(columns, {{", ", ", excluded."}}), ")"),
            params)
      .status();
}

template <typename Content>
absl::Status Write(postgres::Transaction& transaction, const Table& table, absl::Span<const FactItem<Content>> items,
                   log::Effects& effects) {
  if (items.empty()) return absl::OkStatus();
  std::map<Key, catalogue::RevisionState<Content>> states;
  const auto key = [](const FactItem<Content>& item) {
    return Key(item.shop, item.content.product, PartOf(item.content));
  };
  for (const FactItem<Content>& item : items) states.try_emplace(key(item));
  RETURN_IF_ERROR(LoadStored(transaction, table, states));
  for (const FactItem<Content>& item : items) {
    if (states[key(item)].Offer(item.content)) continue;
    effects.DeadLetter(item.offset, catalogue::kReasonRevisionConflict,
                       catalogue::ConflictText(table.noun, item.content.product, item.content.revision));
  }
  return Upsert(transaction, table, states);
}

// Hands every row to `take`, whose columns are shop, product, part, revision, fingerprint and the table's own.
absl::Status Read(postgres::Pool& pool, const Table& table,
                  absl::FunctionRef<void(const postgres::Result& rows, int row)> take) {
  std::string shop, product, part;
  for (;;) {
    postgres::Params params;
    params.Text(shop).Text(product).Text(part).Int64(kChunkRows);
    ASSIGN_OR_RETURN(
        const postgres::Result rows,
        pool.Exec(absl::StrCat("SELECT shop, product, ", table.part, ", revision, fingerprint, ", table.values,
                               " FROM recommendations.", table.name, " WHERE (shop, product, ", table.part,
                               ") > ($1, $2, $3) ORDER BY shop, product, ", table.part, " LIMIT $4"),
                  params));
    for (int r = 0; r < rows.rows(); ++r) take(rows, r);
    if (rows.rows() < kChunkRows) return absl::OkStatus();
    shop = std::string(rows.Text(rows.rows() - 1, 0));
    product = std::string(rows.Text(rows.rows() - 1, 1));
    part = std::string(rows.Text(rows.rows() - 1, 2));
  }
}

base::Decimal DecimalAt(const postgres::Result& rows, int row, int column) {
  return {static_cast<int64_t>(rows.Numeric(row, column))};
}

}  // namespace

absl::Status WritePrices(postgres::Transaction& transaction, absl::Span<const FactItem<catalogue::PriceSnapshot>> items,
                         log::Effects& effects) {
  return Write(transaction, kPrices, items, effects);
}

absl::Status WriteStockLevels(postgres::Transaction& transaction,
                              absl::Span<const FactItem<catalogue::StockLevel>> items, log::Effects& effects) {
  return Write(transaction, kLevels, items, effects);
}

absl::Status WriteStockChanges(postgres::Transaction& transaction,
                               absl::Span<const FactItem<catalogue::StockChange>> items, log::Effects& effects) {
  return Write(transaction, kChanges, items, effects);
}

absl::Status ReadPrices(postgres::Pool& pool,
                        absl::FunctionRef<void(const std::string& shop, catalogue::PriceSnapshot price)> take) {
  return Read(pool, kPrices, [&](const postgres::Result& rows, int r) {
    catalogue::PriceSnapshot price;
    price.product = std::string(rows.Text(r, 1));
    price.currency = std::string(rows.Text(r, 2));
    price.revision = rows.Int64(r, 3);
    price.fingerprint = static_cast<uint64_t>(rows.Int64(r, 4));
    price.price = DecimalAt(rows, r, 5);
    if (!rows.IsNull(r, 6)) price.cost = DecimalAt(rows, r, 6);
    price.valid_until = rows.Time(r, 7);
    take(std::string(rows.Text(r, 0)), std::move(price));
  });
}

absl::Status ReadStockLevels(postgres::Pool& pool,
                             absl::FunctionRef<void(const std::string& shop, catalogue::StockLevel level)> take) {
  return Read(pool, kLevels, [&](const postgres::Result& rows, int r) {
    catalogue::StockLevel level;
    level.product = std::string(rows.Text(r, 1));
    level.location = std::string(rows.Text(r, 2));
    level.revision = rows.Int64(r, 3);
    level.fingerprint = static_cast<uint64_t>(rows.Int64(r, 4));
    level.free = DecimalAt(rows, r, 5);
    level.counted_at = rows.Time(r, 6);
    take(std::string(rows.Text(r, 0)), std::move(level));
  });
}

absl::Status ReadStockChanges(postgres::Pool& pool,
                              absl::FunctionRef<void(const std::string& shop, catalogue::StockChange change)> take) {
  return Read(pool, kChanges, [&](const postgres::Result& rows, int r) {
    catalogue::StockChange change;
    change.product = std::string(rows.Text(r, 1));
    change.id = std::string(rows.Text(r, 2));
    change.revision = rows.Int64(r, 3);
    change.fingerprint = static_cast<uint64_t>(rows.Int64(r, 4));
    change.location = std::string(rows.Text(r, 5));
    change.change = DecimalAt(rows, r, 6);
    change.changed_at = rows.Time(r, 7);
    take(std::string(rows.Text(r, 0)), std::move(change));
  });
}

}  // namespace kontor::recommendations
