#include "services/forecasting/demand_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "libs/base/status.h"
#include "libs/platform/postgres/text_list.h"
#include "services/forecasting/calendar.h"

namespace kontor::forecasting {
namespace {

// $1 the shop, $2 its time zone: the day of a sale as its number from 1970-01-01 on.
constexpr char kDay[] = "(s.occurred_at AT TIME ZONE $2)::date - DATE '1970-01-01'";

postgres::Params ShopParams(const fleet::Shop& shop) {
  postgres::Params params;
  params.Text(shop.id).Text(shop.time_zone.name());
  return params;
}

absl::Time EndOf(absl::CivilDay day, const fleet::Shop& shop) { return absl::FromCivil(day + 1, shop.time_zone); }

// Sales of $1 before $4 that a selection ($5 to $9) names; $3 the currency, $10 whether units of any kind count.
constexpr char kSelected[] =
    "WHERE s.shop = $1 AND s.occurred_at < $4 AND ($5::text = '' OR s.store = $5) "
    "AND ($6::text = '' OR s.country = $6) "
    "AND (cardinality($7::text[]) = 0 OR s.product = ANY ($7::text[])) "
    "AND ($8::text = '' AND $9::text = '' OR s.product IN (SELECT p.product FROM "
    "forecasting.products AS p WHERE p.shop = $1 AND ($9::text = '' OR p.brand = $9) "
    "AND ($8::text = '' OR p.category_path[1:cardinality(string_to_array($8, E'\\x1f'))] = "
    "string_to_array($8, E'\\x1f')))) ";
constexpr char kSums[] =
    "coalesce(sum(s.units) FILTER (WHERE s.pieces OR $10::bool), 0), "
    "coalesce(sum(s.amount) FILTER (WHERE s.currency = $3), 0) ";

postgres::Params SelectedParams(const fleet::Shop& shop, const Selection& selection, const std::string& currency,
                                absl::CivilDay until) {
  postgres::Params params = ShopParams(shop);
  params.Text(currency).Time(EndOf(until, shop)).Text(selection.store).Text(selection.country);
  params.TextArray(selection.products).Text(postgres::JoinList(selection.category)).Text(selection.brand);
  params.Bool(selection.products.size() == 1);
  return params;
}

// Of a sale s and its product p.
std::string ColumnOf(CellDimension dimension, int category_depth) {
  switch (dimension) {
    case CellDimension::kCountry:
      return "s.country";
    case CellDimension::kStore:
      return "s.store";
    case CellDimension::kBrand:
      return "coalesce(p.brand, '')";
    case CellDimension::kCategory:
      return absl::StrCat("coalesce(array_to_string(p.category_path[1:", category_depth, "], E'\\x1e'), '')");
    case CellDimension::kProduct:
      break;
  }
  return "s.product";
}

DaySales SalesAt(const postgres::Result& rows, int r, int column) {
  return {rows.Numeric(r, column), rows.Numeric(r, column + 1)};
}

// Rows of (key, day, units, amount).
std::map<std::string, DailySales> ByKey(const postgres::Result& rows) {
  std::map<std::string, DailySales> out;
  for (int r = 0; r < rows.rows(); ++r) {
    out[std::string(rows.Text(r, 0))][kEpoch + rows.Int64(r, 1)] = SalesAt(rows, r, 2);
  }
  return out;
}

// The days on which no location had anything, from counts in the order of time.
class StockedOut {
 public:
  explicit StockedOut(absl::CivilDay until) : until_(until) {}

  void Count(const std::string& location, absl::int128 free, absl::CivilDay day) {
    levels_[location] = free;
    const bool empty = std::all_of(levels_.begin(), levels_.end(), [](const auto& level) { return level.second <= 0; });
    if (empty && !empty_) since_ = day;
    if (!empty && empty_) Close(day);
    empty_ = empty;
  }
  std::vector<absl::CivilDay> Finish() && {
    if (empty_) Close(until_);
    return std::move(days_);
  }

 private:
  void Close(absl::CivilDay last) {
    for (absl::CivilDay day = since_; day <= last; ++day) {
      if (days_.empty() || days_.back() < day) days_.push_back(day);
    }
  }

  const absl::CivilDay until_;
  std::map<std::string, absl::int128> levels_;
  std::vector<absl::CivilDay> days_;
  bool empty_ = false;
  absl::CivilDay since_;
};

}  // namespace

absl::StatusOr<std::optional<absl::CivilDay>> DemandStore::NewestDay(const fleet::Shop& shop) {
  postgres::Params params;
  params.Text(shop.id);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec("SELECT max(occurred_at) FROM forecasting.newest_orders WHERE shop = $1", params));
  if (rows.IsNull(0, 0)) return std::optional<absl::CivilDay>();
  return absl::ToCivilDay(rows.Time(0, 0), shop.time_zone);
}

absl::StatusOr<std::string> DemandStore::MainCurrency(const std::string& shop) {
  postgres::Params params;
  params.Text(shop);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec("SELECT currency FROM forecasting.sales WHERE shop = $1 GROUP BY currency "
                              "ORDER BY count(*) DESC, currency LIMIT 1",
                              params));
  return rows.empty() ? std::string() : std::string(rows.Text(0, 0));
}

absl::StatusOr<DailySales> DemandStore::Sales(const fleet::Shop& shop, const Selection& selection,
                                              const std::string& currency, absl::CivilDay until) {
  const postgres::Params params = SelectedParams(shop, selection, currency, until);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec(absl::StrCat("SELECT ", kDay, " AS day, ", kSums, "FROM forecasting.sales AS s ",
                                           kSelected, "GROUP BY 1"),
                              params));
  DailySales out;
  for (int r = 0; r < rows.rows(); ++r) out[kEpoch + rows.Int64(r, 0)] = SalesAt(rows, r, 1);
  return out;
}

absl::StatusOr<std::map<std::string, ProductSales>> DemandStore::SalesByProduct(const fleet::Shop& shop,
                                                                                const std::string& after, int limit,
                                                                                absl::CivilDay until) {
  postgres::Params params = ShopParams(shop);
  params.Text(after).Int64(limit).Time(EndOf(until, shop));
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec(absl::StrCat("SELECT s.product, ", kDay,
                                           ", sum(s.units), sum(s.amount), bool_and(s.pieces) FROM forecasting.sales "
                                           "AS s WHERE s.shop = $1 AND s.occurred_at < $5 AND s.product > $3 "
                                           "AND s.product <= (SELECT max(product) FROM (SELECT DISTINCT product FROM "
                                           "forecasting.sales WHERE shop = $1 AND product > $3 AND occurred_at < $5 "
                                           "ORDER BY product LIMIT $4) AS next) GROUP BY 1, 2"),
                              params));
  std::map<std::string, ProductSales> out;
  for (int r = 0; r < rows.rows(); ++r) {
    ProductSales& product = out[std::string(rows.Text(r, 0))];
    product.days[kEpoch + rows.Int64(r, 1)] = SalesAt(rows, r, 2);
    product.pieces = product.pieces && rows.Bool(r, 4);
  }
  return out;
}

absl::StatusOr<std::map<std::string, DailySales>> DemandStore::SalesByCategory(const fleet::Shop& shop,
                                                                               absl::CivilDay until) {
  postgres::Params params = ShopParams(shop);
  params.Time(EndOf(until, shop));
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      pool_.Exec(
          absl::StrCat("SELECT array_to_string(p.category_path[1:depth], E'\\x1f'), ", kDay,
                       ", sum(s.units), sum(s.amount) FROM forecasting.sales AS s JOIN forecasting.products AS p "
                       "ON p.shop = s.shop AND p.product = s.product CROSS JOIN LATERAL "
                       "generate_series(1, cardinality(p.category_path)) AS depth WHERE s.shop = $1 AND "
                       "s.occurred_at < $3 AND s.pieces GROUP BY 1, 2"),
          params));
  return ByKey(rows);
}

absl::StatusOr<std::map<std::string, DailySales>> DemandStore::SalesByStore(const fleet::Shop& shop,
                                                                            const std::string& product,
                                                                            absl::CivilDay until) {
  postgres::Params params = ShopParams(shop);
  params.Text(product).Time(EndOf(until, shop));
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec(absl::StrCat("SELECT s.store, ", kDay,
                                           ", sum(s.units), sum(s.amount) FROM forecasting.sales AS s WHERE "
                                           "s.shop = $1 AND s.product = $3 AND s.occurred_at < $4 GROUP BY 1, 2"),
                              params));
  return ByKey(rows);
}

absl::StatusOr<std::map<std::string, DailySales>> DemandStore::SalesSince(const fleet::Shop& shop, absl::CivilDay since,
                                                                          absl::CivilDay until) {
  postgres::Params params = ShopParams(shop);
  params.Time(absl::FromCivil(since, shop.time_zone)).Time(EndOf(until, shop));
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec(absl::StrCat("SELECT s.product, ", kDay,
                                           ", sum(s.units), sum(s.amount) FROM forecasting.sales AS s WHERE "
                                           "s.shop = $1 AND s.occurred_at >= $3 AND s.occurred_at < $4 GROUP BY 1, 2"),
                              params));
  return ByKey(rows);
}

absl::StatusOr<std::map<std::vector<std::string>, DailySales>> DemandStore::SalesByCell(
    const fleet::Shop& shop, const Selection& selection, absl::Span<const CellDimension> dimensions, int category_depth,
    const std::string& currency, absl::CivilDay until) {
  std::vector<std::string> columns;
  for (const CellDimension dimension : dimensions) columns.push_back(ColumnOf(dimension, category_depth));
  const std::string cell = absl::StrCat("array_to_string(ARRAY[", absl::StrJoin(columns, ", "), "], E'\\x1f')");
  const std::string sales = absl::StrCat(
      "SELECT ", cell, " AS cell, ", kDay, " AS day, ", kSums,
      "FROM forecasting.sales AS s LEFT JOIN forecasting.products AS p ON p.shop = s.shop AND p.product = s.product ",
      kSelected, "GROUP BY 1, 2");
  const postgres::Params params = SelectedParams(shop, selection, currency, until);
  ASSIGN_OR_RETURN(const postgres::Result count,
                   pool_.Exec(absl::StrCat("SELECT count(DISTINCT cell) FROM (", sales, ") AS all_cells"), params));
  if (count.Int64(0, 0) > kMostCells) {
    return base::Error(absl::StatusCode::kResourceExhausted, kReasonTooManySeries,
                       absl::StrCat(count.Int64(0, 0), " series are below these dimensions, at most ", kMostCells,
                                    " can be forecast together; select fewer or leave a dimension out"));
  }
  ASSIGN_OR_RETURN(const postgres::Result rows, pool_.Exec(sales, params));
  std::map<std::vector<std::string>, DailySales> out;
  for (int r = 0; r < rows.rows(); ++r) {
    const std::vector<std::string> values = absl::StrSplit(rows.Text(r, 0), postgres::kListSeparator);
    out[values][kEpoch + rows.Int64(r, 1)] = SalesAt(rows, r, 2);
  }
  return out;
}

absl::StatusOr<int64_t> DemandStore::CountProducts(const fleet::Shop& shop, absl::CivilDay until) {
  postgres::Params params;
  params.Text(shop.id).Time(EndOf(until, shop));
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec("SELECT count(DISTINCT product) FROM forecasting.sales WHERE shop = $1 AND "
                              "occurred_at < $2",
                              params));
  return rows.Int64(0, 0);
}

absl::StatusOr<absl::flat_hash_map<std::string, ProductInfo>> DemandStore::Products(const std::string& shop) {
  postgres::Params params;
  params.Text(shop);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec("SELECT product, title, brand, array_to_string(category_path, E'\\x1f'), removed FROM "
                              "forecasting.products WHERE shop = $1",
                              params));
  absl::flat_hash_map<std::string, ProductInfo> out;
  for (int r = 0; r < rows.rows(); ++r) {
    ProductInfo& info = out[std::string(rows.Text(r, 0))];
    info.title = std::string(rows.Text(r, 1));
    info.brand = std::string(rows.Text(r, 2));
    for (const absl::string_view level : postgres::SplitList(rows.Text(r, 3))) info.category.emplace_back(level);
    info.removed = rows.Bool(r, 4);
  }
  return out;
}

absl::StatusOr<absl::flat_hash_map<std::string, std::vector<absl::CivilDay>>> DemandStore::StockedOutDays(
    const fleet::Shop& shop, absl::Span<const std::string> products, absl::CivilDay until) {
  postgres::Params params;
  params.Text(shop.id).TextArray(products).Time(EndOf(until, shop));
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      pool_.Exec("SELECT product, location, free, counted_at FROM forecasting.stock_levels WHERE shop = $1 AND "
                 "product = ANY ($2::text[]) AND counted_at < $3 ORDER BY product, counted_at, revision",
                 params));
  absl::flat_hash_map<std::string, std::vector<absl::CivilDay>> out;
  for (int r = 0; r < rows.rows();) {
    const absl::string_view product = rows.Text(r, 0);
    StockedOut days(until);
    for (; r < rows.rows() && rows.Text(r, 0) == product; ++r) {
      days.Count(std::string(rows.Text(r, 1)), rows.Numeric(r, 2), absl::ToCivilDay(rows.Time(r, 3), shop.time_zone));
    }
    std::vector<absl::CivilDay> found = std::move(days).Finish();
    if (!found.empty()) out.emplace(product, std::move(found));
  }
  return out;
}

absl::StatusOr<double> DemandStore::BulkUnits(const fleet::Shop& shop, absl::CivilDay until) {
  postgres::Params params = ShopParams(shop);
  params.Time(EndOf(until, shop));
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec(absl::StrCat("SELECT coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY units), 0) "
                                           "FROM (SELECT sum(s.units) AS units FROM forecasting.sales AS s WHERE "
                                           "s.shop = $1 AND s.occurred_at < $3 GROUP BY s.product, ",
                                           kDay, ") AS days"),
                              params));
  return rows.Double(0, 0);
}

absl::StatusOr<double> DemandStore::KnownBulkUnits(const std::string& shop) {
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec("SELECT bulk_units FROM forecasting.runs WHERE shop = $1 ORDER BY run DESC LIMIT 1",
                              postgres::Params().Text(shop)));
  return rows.empty() ? 0 : rows.Double(0, 0);
}

absl::StatusOr<absl::flat_hash_map<std::string, double>> DemandStore::Stock(const std::string& shop) {
  postgres::Params params;
  params.Text(shop);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec("SELECT product, sum(greatest(free, 0)) FROM (SELECT DISTINCT ON (product, location) "
                              "product, free FROM forecasting.stock_levels WHERE shop = $1 "
                              "ORDER BY product, location, revision DESC) AS newest GROUP BY product",
                              params));
  absl::flat_hash_map<std::string, double> out;
  for (int r = 0; r < rows.rows(); ++r) out.emplace(rows.Text(r, 0), rows.Double(r, 1));
  return out;
}

absl::StatusOr<absl::flat_hash_map<std::string, int64_t>> DemandStore::Costs(const std::string& shop,
                                                                             const std::string& currency) {
  postgres::Params params;
  params.Text(shop).Text(currency);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec("SELECT product, cost FROM forecasting.prices WHERE shop = $1 AND currency = $2 AND "
                              "cost IS NOT NULL",
                              params));
  absl::flat_hash_map<std::string, int64_t> out;
  for (int r = 0; r < rows.rows(); ++r) {
    out[std::string(rows.Text(r, 0))] = static_cast<int64_t>(rows.Numeric(r, 1));
  }
  return out;
}

}  // namespace kontor::forecasting
