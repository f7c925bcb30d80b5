#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/domain/analytics/metrics.h"

// A question and its answer.
namespace kontor::analytics {

enum class Grain { kNone, kHour, kDay, kWeek, kMonth, kQuarter, kYear };  // weeks start on Monday (ISO 8601)

// To which time returns are counted. By kSaleDay the time of their order, once that is known; else their own.
enum class ReturnsBy { kReturnDay, kSaleDay };

// The dimension has one of the values, or none of them. "" is the value of what is unknown.
struct Filter {
  std::string dimension;
  std::vector<std::string> values;
  bool exclude = false;
};

struct OrderBy {
  std::string name;  // a metric or key column of the query ("time" with a grain); empty: by key columns
  bool descending = false;
};

struct Query {
  std::vector<std::string> metrics;  // at least one
  std::vector<std::string> dimensions;
  Grain grain = Grain::kNone;
  std::vector<Filter> filters;      // all must hold
  std::optional<absl::Time> from;   // inclusive
  std::optional<absl::Time> to;     // exclusive
  std::optional<absl::Time> as_of;  // facts that occurred up to then; absent: all
  ReturnsBy returns_by = ReturnsBy::kReturnDay;
  OrderBy order_by;
};

// A column of keys as codes into its sorted distinct values.
struct KeyColumn {
  std::string name;  // "time" first when the query has a grain, then the dimensions as asked
  std::vector<std::string> values;
  std::vector<uint32_t> codes;  // by row
  const std::string& At(size_t row) const { return values[codes[row]]; }
};

struct Value {
  bool is_null = false;    // an average over nothing; a total of several currencies
  absl::int128 exact = 0;  // kMoney, kPieces: nanos; kCount: the count
  double ratio = 0;        // kRatio; never NaN
};

struct MetricColumn {
  std::string name;
  Unit unit;
  std::vector<absl::int128> exact;  // by row; empty for kRatio
  std::vector<double> ratio;        // by row; empty otherwise
  std::vector<bool> is_null;        // by row
  Value total;                      // over all rows: distinct counts are distinct over all
  Value At(size_t row) const {
    return {is_null[row], exact.empty() ? absl::int128(0) : exact[row], ratio.empty() ? 0.0 : ratio[row]};
  }
};

// A row stands for every combination of keys under which a fact falls that a metric of the query reads (an order for
// revenue, a return for returns). Without key columns there is exactly one row, equal to the totals.
// Times are printed by their bucket's first day, 2011-09-05, with T14 behind it by the hour, in the shop's time zone.
// The order of rows is fully determined: order_by (nulls last), then the key columns ascending, byte by byte.
struct QueryResult {
  std::vector<KeyColumn> keys;
  std::vector<MetricColumn> metrics;
  size_t rows = 0;
  // Of all money in the answer; empty when there is none, or when `currency` is a key column (then that names it).
  std::string currency;
  absl::Time as_of;      // as asked, else the newest occurred_at that was applied
  uint64_t version = 0;  // FactTable::version() that it reflects
};

// OK, or INVALID_ARGUMENT with every violation at once, valid names included. Fields are named as in QueryKpisRequest.
absl::Status Validate(const Query& query);

}  // namespace kontor::analytics
