#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

// The figures that can be asked for and what they can be split and filtered by. Constant tables; thread-safe.
namespace kontor::analytics {

enum class Unit {
  kMoney,   // nanos of the currency
  kCount,   // a whole number
  kPieces,  // nanos of a piece
  kRatio,   // a double
};

enum class Dimension : uint8_t {
  kCountry,
  kChannel,
  kStore,
  kCurrency,
  kProduct,
  kCategory,
  kDepartment,
  kBrand,
  kCustomerKind,
  kCustomer,
  kDevice,
  kDocumentKind,
  kSource,
  kReason,
};
inline constexpr int kDimensionCount = 14;

struct DimensionInfo {
  Dimension dimension;
  absl::string_view name;
  absl::string_view description;
};

// What facts are summed or counted into; metrics are made of them.
enum class Measure : uint8_t {
  kGrossAmount,
  kOrderAmount,
  kCancelledAmount,
  kReturnAmount,
  kAdjustmentAmount,
  kDiscount,
  kTax,
  kCost,
  kCostedAmount,  // order amounts of lines whose cost is known
  kUnits,
  kLines,
  kPaidLines,
  kReturnLines,
  kAdjustmentLines,
  kStockLines,
  kOrders,
  kCancelledOrders,
  kBuyers,
  kOrderingSessions,
  kSessions,
  kVisitors,
  kProductViews,
  kImpressions,
  kClicks,
  kSearches,
  kCartAdds,
  kLateEvents,
  kRefusedEvents,
};
inline constexpr int kMeasureCount = 28;

struct Term {
  Measure measure;
  int sign = 1;
};

// The sum of `terms`, divided by `divisor` where there is one (null when that is 0; money is rounded half away from
// zero to nanos).
struct MetricInfo {
  absl::string_view name;
  Unit unit;
  bool additive;  // rows of a partition sum up to the total (false: distinct counts and ratios)
  absl::string_view description;
  std::vector<Term> terms;
  std::vector<Measure> divisor;  // none or one
  uint32_t dimensions;           // bits by Dimension

  bool Allows(Dimension dimension) const { return (dimensions >> static_cast<int>(dimension) & 1) != 0; }
};

// In a fixed order, for listings.
absl::Span<const MetricInfo> Metrics();
absl::Span<const DimensionInfo> Dimensions();

// Null when there is none of that name.
const MetricInfo* FindMetric(absl::string_view name);
const DimensionInfo* FindDimension(absl::string_view name);
absl::string_view DimensionName(Dimension dimension);

// Names of the dimensions in `bits`, comma-separated.
std::string DimensionNames(uint32_t bits);

// True when the measure is an amount of money.
bool IsMoney(Measure measure);

}  // namespace kontor::analytics
