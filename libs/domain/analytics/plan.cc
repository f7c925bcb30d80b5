#include "libs/domain/analytics/plan.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "absl/container/flat_hash_set.h"
#include "libs/base/status.h"

namespace kontor::analytics {
namespace {

template <typename E>
constexpr uint32_t Bit(E e) {
  return uint32_t{1} << static_cast<int>(e);
}

constexpr uint32_t kAllDocuments = (uint32_t{1} << kDocumentClasses) - 1;
constexpr uint32_t kInTheShop = Bit(BehaviorType::kCampaignTouch) - 1;
constexpr uint32_t kAllBehavior = kInTheShop | Bit(BehaviorType::kCampaignTouch);

const Dictionary& CustomerKinds() {
  static const Dictionary& kinds = *[] {
    auto* dictionary = new Dictionary;
    dictionary->Intern("anonymous");
    dictionary->Intern("known");
    return dictionary;
  }();
  return kinds;
}

DimensionView Direct(const Store& store, Column column) { return {column, {}, &store.dictionary(column)}; }

DimensionView OfProduct(const Store& store, Column attribute, const std::vector<uint32_t>& codes) {
  DimensionView view{Column::kProduct, codes, &store.dictionary(attribute)};
  view.map.resize(store.dictionary(Column::kProduct).size());
  return view;
}

DimensionView CustomerKind(const Store& store) {
  const Dictionary& kinds = CustomerKinds();
  std::vector<uint32_t> map(store.dictionary(Column::kCustomer).size(), *kinds.Find("known"));
  map[0] = *kinds.Find("anonymous");
  return {Column::kCustomer, std::move(map), &kinds};
}

void AddMeasure(Measure measure, Plan& plan) {
  int& slot = plan.slots[static_cast<int>(measure)];
  if (slot >= 0) return;
  slot = static_cast<int>(plan.measures.size());
  plan.measures.push_back(measure);
  plan.document_classes |= DocumentClassesOf(measure);
  plan.behavior_types |= BehaviorTypesOf(measure);
  plan.refusals |= measure == Measure::kRefusedEvents;
  if (IsMoney(measure)) plan.money_classes |= DocumentClassesOf(measure);
}

void AddMetrics(const Query& query, Plan& plan) {
  plan.slots.fill(-1);
  for (const std::string& name : query.metrics) {
    const MetricInfo* metric = FindMetric(name);
    plan.metrics.push_back(metric);
    for (const Term& term : metric->terms) AddMeasure(term.measure, plan);
    for (const Measure divisor : metric->divisor) AddMeasure(divisor, plan);
  }
}

void AddFilter(const Store& store, const Filter& filter, Plan& plan) {
  const DimensionView view = ViewOf(store, FindDimension(filter.dimension)->dimension);
  absl::flat_hash_set<uint32_t> wanted;
  for (const std::string& value : filter.values) {
    if (const auto code = view.dictionary->Find(value)) wanted.insert(*code);
  }
  PassTable table{view.column, std::vector<uint8_t>(store.dictionary(view.column).size())};
  for (uint32_t code = 0; code < table.pass.size(); ++code) {
    table.pass[code] = wanted.contains(view.Code(code)) != filter.exclude ? 1 : 0;
  }
  plan.by_line |= view.column == Column::kProduct;
  plan.filters.push_back(std::move(table));
}

// The time of the sale for returns whose order is known at the as-of, else the document's own.
EffectiveTimes SaleTimes(const Documents& documents, int64_t as_of_us) {
  EffectiveTimes times{documents.rows.occurred_us, documents.rows.hour};
  for (size_t row = 0; row < times.hour.size(); ++row) {
    const uint32_t order = documents.order[row];
    if (documents.revision[order] == kUnknown || documents.rows.occurred_us[order] > as_of_us) continue;
    times.occurred_us[row] = documents.rows.occurred_us[order];
    times.hour[row] = documents.rows.hour[order];
  }
  return times;
}

TimeBuckets BucketsOf(const Store& store, Grain grain) {
  int32_t first = std::numeric_limits<int32_t>::max(), last = std::numeric_limits<int32_t>::min();
  for (const Rows* rows : {&store.documents.rows, &store.behavior.rows, &store.refusals.rows}) {
    for (const int32_t hour : rows->hour) {
      if (hour == kNoHour) continue;
      first = std::min(first, hour);
      last = std::max(last, hour);
    }
  }
  return first <= last ? TimeBuckets(grain, first, last) : TimeBuckets(grain, 0, 0);
}

absl::Status LayOut(Plan& plan) {
  for (auto part = plan.keys.rbegin(); part != plan.keys.rend(); ++part) {
    const uint32_t size = part->view ? part->view->dictionary->size() : plan.buckets->size();
    part->bits = std::max(1, static_cast<int>(std::bit_width(size - 1)));
    part->shift = plan.key_bits;
    plan.key_bits += part->bits;
  }
  if (plan.key_bits <= 128) return absl::OkStatus();
  return base::Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_DIMENSIONS",
                     "the dimensions have too many values together; ask for fewer of them at a time");
}

int64_t MicrosecondsOr(const std::optional<absl::Time>& time, int64_t otherwise) {
  return time ? absl::ToUnixMicros(*time) : otherwise;
}

}  // namespace

uint32_t DocumentClassesOf(Measure measure) {
  switch (measure) {
    case Measure::kGrossAmount:
      return Bit(DocumentClass::kLiveOrder) | Bit(DocumentClass::kCancelledOrder);
    case Measure::kOrderAmount:
    case Measure::kDiscount:
    case Measure::kTax:
    case Measure::kCost:
    case Measure::kCostedAmount:
    case Measure::kUnits:
    case Measure::kLines:
    case Measure::kPaidLines:
    case Measure::kOrders:
    case Measure::kBuyers:
    case Measure::kOrderingSessions:
      return Bit(DocumentClass::kLiveOrder);
    case Measure::kCancelledAmount:
    case Measure::kCancelledOrders:
      return Bit(DocumentClass::kCancelledOrder);
    case Measure::kReturnAmount:
    case Measure::kReturnLines:
      return Bit(DocumentClass::kReturn);
    case Measure::kAdjustmentAmount:
    case Measure::kAdjustmentLines:
      return Bit(DocumentClass::kAdjustment);
    case Measure::kStockLines:
      return Bit(DocumentClass::kStockCorrection);
    case Measure::kLateEvents:
      return kAllDocuments;
    default:
      return 0;
  }
}

uint32_t BehaviorTypesOf(Measure measure) {
  switch (measure) {
    case Measure::kSessions:
    case Measure::kVisitors:
      return kInTheShop;
    case Measure::kProductViews:
      return Bit(BehaviorType::kProductView);
    case Measure::kImpressions:
      return Bit(BehaviorType::kImpression);
    case Measure::kClicks:
      return Bit(BehaviorType::kClick);
    case Measure::kSearches:
      return Bit(BehaviorType::kSearch);
    case Measure::kCartAdds:
      return Bit(BehaviorType::kCartAdd);
    case Measure::kLateEvents:
      return kAllBehavior;
    default:
      return 0;
  }
}

DimensionView ViewOf(const Store& store, Dimension dimension) {
  switch (dimension) {
    case Dimension::kCountry:
      return Direct(store, Column::kCountry);
    case Dimension::kChannel:
      return Direct(store, Column::kChannel);
    case Dimension::kStore:
      return Direct(store, Column::kStore);
    case Dimension::kCurrency:
      return Direct(store, Column::kCurrency);
    case Dimension::kProduct:
      return Direct(store, Column::kProduct);
    case Dimension::kCategory:
      return OfProduct(store, Column::kCategory, store.products.category);
    case Dimension::kDepartment:
      return OfProduct(store, Column::kDepartment, store.products.department);
    case Dimension::kBrand:
      return OfProduct(store, Column::kBrand, store.products.brand);
    case Dimension::kCustomerKind:
      return CustomerKind(store);
    case Dimension::kCustomer:
      return Direct(store, Column::kCustomer);
    case Dimension::kDevice:
      return Direct(store, Column::kDevice);
    case Dimension::kDocumentKind:
      return Direct(store, Column::kDocumentKind);
    case Dimension::kSource:
      return Direct(store, Column::kSource);
    case Dimension::kReason:
      return Direct(store, Column::kReason);
  }
  return Direct(store, Column::kCountry);
}

absl::StatusOr<Plan> MakePlan(const Store& store, const Query& query) {
  Plan plan;
  AddMetrics(query, plan);
  plan.from_us = MicrosecondsOr(query.from, std::numeric_limits<int64_t>::min());
  plan.to_us = MicrosecondsOr(query.to, kNever);
  plan.as_of_us = std::min(MicrosecondsOr(query.as_of, kNever), kNever - 1);
  if (query.returns_by == ReturnsBy::kSaleDay) plan.sale_times = SaleTimes(store.documents, plan.as_of_us);
  if (query.grain != Grain::kNone) {
    plan.buckets = BucketsOf(store, query.grain);
    plan.keys.push_back({"time", std::nullopt});
  }
  for (const std::string& name : query.dimensions) {
    const Dimension dimension = FindDimension(name)->dimension;
    plan.keys.push_back({name, ViewOf(store, dimension)});
    plan.by_line |= plan.keys.back().view->column == Column::kProduct;
    plan.by_currency |= dimension == Dimension::kCurrency;
  }
  for (const Filter& filter : query.filters) AddFilter(store, filter, plan);
  RETURN_IF_ERROR(LayOut(plan));
  return plan;
}

}  // namespace kontor::analytics
