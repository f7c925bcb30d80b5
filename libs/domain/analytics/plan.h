#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/analytics/metrics.h"
#include "libs/domain/analytics/query.h"
#include "libs/domain/analytics/store.h"
#include "libs/domain/analytics/time_buckets.h"

// What a query needs of a store, worked out before any row is read.
namespace kontor::analytics {

// What a document is at the query's as-of.
enum class DocumentClass : uint8_t { kLiveOrder, kCancelledOrder, kReturn, kAdjustment, kStockCorrection };
inline constexpr int kDocumentClasses = 5;

// Bits by DocumentClass of the documents, and by BehaviorType of the events, that a measure reads.
uint32_t DocumentClassesOf(Measure measure);
uint32_t BehaviorTypesOf(Measure measure);

// How a dimension is read: codes of `column`, through `map` when there is one, into `dictionary`.
struct DimensionView {
  Column column;
  std::vector<uint32_t> map;  // by code of `column`; empty: the codes themselves
  const Dictionary* dictionary;

  uint32_t Code(uint32_t column_code) const { return map.empty() ? column_code : map[column_code]; }
};
DimensionView ViewOf(const Store& store, Dimension dimension);

// A key column's place in the packed key.
struct KeyPart {
  std::string name;
  std::optional<DimensionView> view;  // none: the time
  int shift = 0, bits = 0;
};

// Which codes of a column pass a filter.
struct PassTable {
  Column column;
  std::vector<uint8_t> pass;
};

// Times by document when returns count on the day of their sale; else the documents' own.
struct EffectiveTimes {
  std::vector<int64_t> occurred_us;
  std::vector<int32_t> hour;
};

struct Plan {
  std::vector<const MetricInfo*> metrics;
  std::vector<Measure> measures;         // in slot order
  std::array<int, kMeasureCount> slots;  // by Measure; -1: not needed
  uint32_t document_classes = 0, money_classes = 0, behavior_types = 0;
  bool refusals = false;

  std::vector<KeyPart> keys;  // the first one most significant
  int key_bits = 0;
  std::vector<PassTable> filters;
  bool by_line = false;  // products are looked at, so that a document falls into several groups
  bool by_currency = false;
  std::optional<TimeBuckets> buckets;
  std::optional<EffectiveTimes> sale_times;
  int64_t from_us = 0, to_us = 0, as_of_us = 0;

  int Slot(Measure measure) const { return slots[static_cast<int>(measure)]; }
  bool Needs(Measure measure) const { return Slot(measure) >= 0; }
};

// The query must have passed Validate. RESOURCE_EXHAUSTED when the key does not fit 128 bits.
absl::StatusOr<Plan> MakePlan(const Store& store, const Query& query);

}  // namespace kontor::analytics
