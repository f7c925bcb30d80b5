#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "libs/platform/fleet/fleet.h"
#include "libs/platform/postgres/pool.h"
#include "libs/platform/postgres/text_list.h"

namespace kontor::forecasting {

// Sales that are added up: what is set must hold for all.
struct Selection {
  std::vector<std::string> products;  // any of these
  std::vector<std::string> category;  // the path begins with it
  std::string brand, store, country;
};

// What a day sold. Exact.
struct DaySales {
  absl::int128 units = 0, amount = 0;  // nanos
};

// By day in the shop's time zone; days without a sale are absent.
using DailySales = std::map<absl::CivilDay, DaySales>;

// What sales are told apart by. Categories: their paths down to a depth, with kPathSeparator between levels.
enum class CellDimension { kCountry, kStore, kBrand, kCategory, kProduct };
inline constexpr char kPathSeparator = postgres::kPairSeparator;

struct ProductInfo {
  std::string title, brand;
  std::vector<std::string> category;
  bool removed = false;
};

struct ProductSales {
  DailySales days;
  bool pieces = true;  // all of it was sold by the piece
};

// Reads schema `forecasting`. Errors are the pool's. Thread-safe.
class DemandStore {
 public:
  explicit DemandStore(postgres::Pool& pool) : pool_(pool) {}

  // The day of the newest order; nothing for a shop without orders.
  absl::StatusOr<std::optional<absl::CivilDay>> NewestDay(const fleet::Shop& shop);
  // The currency of most lines; "" without any.
  absl::StatusOr<std::string> MainCurrency(const std::string& shop);

  // Sales up to and with `until`. Amounts are those in `currency`. Units of several products are of those sold by the
  // piece.
  absl::StatusOr<DailySales> Sales(const fleet::Shop& shop, const Selection& selection, const std::string& currency,
                                   absl::CivilDay until);
  // Of each product after `after` in the order of ids, at most `limit` of them: memory for those alone.
  absl::StatusOr<std::map<std::string, ProductSales>> SalesByProduct(const fleet::Shop& shop, const std::string& after,
                                                                     int limit, absl::CivilDay until);
  // Of each category of every depth, by its path (postgres::JoinList); what was sold by the piece.
  absl::StatusOr<std::map<std::string, DailySales>> SalesByCategory(const fleet::Shop& shop, absl::CivilDay until);
  // Of each store that sold the product.
  absl::StatusOr<std::map<std::string, DailySales>> SalesByStore(const fleet::Shop& shop, const std::string& product,
                                                                 absl::CivilDay until);
  // Units of each product from `since` on: what stored forecasts are compared with.
  absl::StatusOr<std::map<std::string, DailySales>> SalesSince(const fleet::Shop& shop, absl::CivilDay since,
                                                               absl::CivilDay until);
  // What the selection sold by cell: one value of each dimension. "" where an order or product has none. At most
  // kMostCells: RESOURCE_EXHAUSTED (TOO_MANY_SERIES).
  absl::StatusOr<std::map<std::vector<std::string>, DailySales>> SalesByCell(
      const fleet::Shop& shop, const Selection& selection, absl::Span<const CellDimension> dimensions,
      int category_depth, const std::string& currency, absl::CivilDay until);
  static constexpr int64_t kMostCells = 2'000;
  absl::StatusOr<int64_t> CountProducts(const fleet::Shop& shop, absl::CivilDay until);

  // Products that have a record, by id.
  absl::StatusOr<absl::flat_hash_map<std::string, ProductInfo>> Products(const std::string& shop);

  // Days on which nothing was free to be sold for some time, ascending, of those of the products whose levels are
  // known.
  absl::StatusOr<absl::flat_hash_map<std::string, std::vector<absl::CivilDay>>> StockedOutDays(
      const fleet::Shop& shop, absl::Span<const std::string> products, absl::CivilDay until);
  // The units of a day and product that only a hundredth of all days with a sale are above: past.h's bulk_units.
  absl::StatusOr<double> BulkUnits(const fleet::Shop& shop, absl::CivilDay until);
  // What the newest run reckoned; 0 without one.
  absl::StatusOr<double> KnownBulkUnits(const std::string& shop);
  // Units free over all locations, at least 0, by product; products without a level are absent.
  absl::StatusOr<absl::flat_hash_map<std::string, double>> Stock(const std::string& shop);
  // What a unit costs the shop, nanos, in `currency`; products without a known cost are absent.
  absl::StatusOr<absl::flat_hash_map<std::string, int64_t>> Costs(const std::string& shop, const std::string& currency);

 private:
  postgres::Pool& pool_;
};

constexpr char kReasonTooManySeries[] = "TOO_MANY_SERIES";

}  // namespace kontor::forecasting
