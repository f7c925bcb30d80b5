#include "libs/domain/analytics/metrics.h"

#include <algorithm>

#include "absl/strings/str_join.h"

namespace kontor::analytics {
namespace {

constexpr uint32_t Bits() { return 0; }
template <typename... Rest>
constexpr uint32_t Bits(Dimension first, Rest... rest) {
  return uint32_t{1} << static_cast<int>(first) | Bits(rest...);
}

// What every event of a person carries.
constexpr uint32_t kPerson = Bits(Dimension::kCountry, Dimension::kChannel, Dimension::kDevice, Dimension::kSource,
                                  Dimension::kCustomer, Dimension::kCustomerKind);
constexpr uint32_t kProductual =
    Bits(Dimension::kProduct, Dimension::kCategory, Dimension::kDepartment, Dimension::kBrand);
constexpr uint32_t kSale =
    kPerson | kProductual | Bits(Dimension::kStore, Dimension::kCurrency, Dimension::kDocumentKind);
constexpr uint32_t kRefusal = Bits(Dimension::kSource, Dimension::kReason);

constexpr DimensionInfo kDimensions[] = {
    {Dimension::kCountry, "country", "Country of the person, as sent."},
    {Dimension::kChannel, "channel", "Sales channel."},
    {Dimension::kStore, "store", "Store or warehouse; empty for online sales."},
    {Dimension::kCurrency, "currency", "Currency of the document (ISO 4217)."},
    {Dimension::kProduct, "product", "Product id."},
    {Dimension::kCategory, "category", "The product's present category, from general to specific, joined by \" > \"."},
    {Dimension::kDepartment, "department", "First level of the product's present category."},
    {Dimension::kBrand, "brand", "The product's present brand."},
    {Dimension::kCustomerKind, "customer_kind", "known when a customer stands on the event, else anonymous."},
    {Dimension::kCustomer, "customer", "Customer token; empty when anonymous."},
    {Dimension::kDevice, "device", "Device class."},
    {Dimension::kDocumentKind, "document_kind", "order, return, adjustment or stock_correction."},
    {Dimension::kSource, "source", "Sender of the events."},
    {Dimension::kReason, "reason", "Why events were refused."},
};

std::vector<MetricInfo> MoneyMetrics() {
  using M = Measure;
  return {
      {"gross_revenue",
       Unit::kMoney,
       true,
       "Amounts of all orders, cancelled ones included, before returns.",
       {{M::kGrossAmount}},
       {},
       kSale},
      {"revenue",
       Unit::kMoney,
       true,
       "Amounts of the orders that are not cancelled, before returns.",
       {{M::kOrderAmount}},
       {},
       kSale},
      {"cancelled_revenue", Unit::kMoney, true, "Amounts of the cancelled orders.", {{M::kCancelledAmount}}, {}, kSale},
      {"returns", Unit::kMoney, true, "Amounts of returns, positive.", {{M::kReturnAmount}}, {}, kSale},
      {"adjustments",
       Unit::kMoney,
       true,
       "Amounts of accounting adjustments, signed.",
       {{M::kAdjustmentAmount}},
       {},
       kSale},
      {"net_revenue",
       Unit::kMoney,
       true,
       "revenue − returns + adjustments.",
       {{M::kOrderAmount}, {M::kReturnAmount, -1}, {M::kAdjustmentAmount}},
       {},
       kSale},
      {"discount", Unit::kMoney, true, "Discounts of the orders that are not cancelled.", {{M::kDiscount}}, {}, kSale},
      {"tax", Unit::kMoney, true, "Tax of the orders that are not cancelled.", {{M::kTax}}, {}, kSale},
      {"cost",
       Unit::kMoney,
       true,
       "Cost of the order lines whose cost is known, cancelled orders left out.",
       {{M::kCost}},
       {},
       kSale},
      {"margin",
       Unit::kMoney,
       true,
       "Amount − cost of the order lines whose cost is known, cancelled orders left out.",
       {{M::kCostedAmount}, {M::kCost, -1}},
       {},
       kSale},
      {"margin_rate",
       Unit::kRatio,
       false,
       "margin divided by the amounts of the same lines.",
       {{M::kCostedAmount}, {M::kCost, -1}},
       {M::kCostedAmount},
       kSale},
      {"aov", Unit::kMoney, false, "Average order value: revenue / orders.", {{M::kOrderAmount}}, {M::kOrders}, kSale},
  };
}

std::vector<MetricInfo> SalesCounts() {
  using M = Measure;
  return {
      {"orders",
       Unit::kCount,
       false,
       "Orders that are not cancelled; split by product: those that hold it.",
       {{M::kOrders}},
       {},
       kSale},
      {"cancelled_orders",
       Unit::kCount,
       false,
       "Cancelled orders, by the time of the order.",
       {{M::kCancelledOrders}},
       {},
       kSale},
      {"lines", Unit::kCount, true, "Lines of the orders that are not cancelled.", {{M::kLines}}, {}, kSale},
      {"paid_lines", Unit::kCount, true, "lines with an amount above 0.", {{M::kPaidLines}}, {}, kSale},
      {"units",
       Unit::kPieces,
       true,
       "Pieces in the orders that are not cancelled; other units are left out.",
       {{M::kUnits}},
       {},
       kSale},
      {"buyers",
       Unit::kCount,
       false,
       "Distinct known customers of the orders that are not cancelled.",
       {{M::kBuyers}},
       {},
       kSale},
      {"return_lines", Unit::kCount, true, "Lines of returns.", {{M::kReturnLines}}, {}, kSale},
      {"adjustment_lines", Unit::kCount, true, "Lines of accounting adjustments.", {{M::kAdjustmentLines}}, {}, kSale},
      {"stock_corrections", Unit::kCount, true, "Lines of stock corrections.", {{M::kStockLines}}, {}, kSale},
  };
}

std::vector<MetricInfo> BehaviorMetrics() {
  using M = Measure;
  constexpr uint32_t kItem = kPerson | kProductual;
  return {
      {"sessions", Unit::kCount, false, "Distinct sessions with any event in the shop.", {{M::kSessions}}, {}, kPerson},
      {"visitors", Unit::kCount, false, "Distinct visitors with any event in the shop.", {{M::kVisitors}}, {}, kPerson},
      {"product_views", Unit::kCount, true, "Product pages opened.", {{M::kProductViews}}, {}, kItem},
      {"impressions", Unit::kCount, true, "Products shown in lists.", {{M::kImpressions}}, {}, kItem},
      {"clicks", Unit::kCount, true, "Clicks on products in lists.", {{M::kClicks}}, {}, kItem},
      {"ctr", Unit::kRatio, false, "clicks / impressions.", {{M::kClicks}}, {M::kImpressions}, kItem},
      {"searches", Unit::kCount, true, "Searches.", {{M::kSearches}}, {}, kPerson},
      {"cart_adds", Unit::kCount, true, "Products put into carts.", {{M::kCartAdds}}, {}, kItem},
      {"conversion",
       Unit::kRatio,
       false,
       "Sessions that ordered / sessions; an order that names no session counts as one of its own. Cancelled orders "
       "are "
       "left out.",
       {{M::kOrderingSessions}},
       {M::kSessions},
       kPerson},
      {"late_events",
       Unit::kCount,
       true,
       "Events in the figures that were received more than an hour after they occurred; imports left out.",
       {{M::kLateEvents}},
       {},
       kPerson},
      {"refused_events",
       Unit::kCount,
       true,
       "Events that intake refused, by the time of receipt, whatever the as-of.",
       {{M::kRefusedEvents}},
       {},
       kRefusal},
  };
}

const std::vector<MetricInfo>& Registry() {
  static const std::vector<MetricInfo>& registry = *new std::vector<MetricInfo>([] {
    std::vector<MetricInfo> all = MoneyMetrics();
    for (const auto& more : {SalesCounts(), BehaviorMetrics()}) all.insert(all.end(), more.begin(), more.end());
    return all;
  }());
  return registry;
}

}  // namespace

absl::Span<const MetricInfo> Metrics() { return Registry(); }

absl::Span<const DimensionInfo> Dimensions() { return kDimensions; }

const MetricInfo* FindMetric(absl::string_view name) {
  const auto all = Metrics();
  const auto at = std::find_if(all.begin(), all.end(), [&](const MetricInfo& metric) { return metric.name == name; });
  return at == all.end() ? nullptr : &*at;
}

const DimensionInfo* FindDimension(absl::string_view name) {
  const auto at = std::find_if(std::begin(kDimensions), std::end(kDimensions),
                               [&](const DimensionInfo& dimension) { return dimension.name == name; });
  return at == std::end(kDimensions) ? nullptr : at;
}

absl::string_view DimensionName(Dimension dimension) { return kDimensions[static_cast<int>(dimension)].name; }

std::string DimensionNames(uint32_t bits) {
  std::vector<absl::string_view> names;
  for (const DimensionInfo& info : kDimensions) {
    if ((bits & Bits(info.dimension)) != 0) names.push_back(info.name);
  }
  return absl::StrJoin(names, ", ");
}

bool IsMoney(Measure measure) { return measure <= Measure::kCostedAmount; }

}  // namespace kontor::analytics
