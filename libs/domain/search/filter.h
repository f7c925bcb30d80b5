#pragma once

#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "libs/domain/search/column.h"
#include "libs/domain/search/index_bits.h"
#include "libs/domain/search/segment.h"

// Which products may be in a result. A list of filters is their conjunction; each member is a clause of its own, which
// a facet of the same property leaves out when it is counted (disjunctive facets).
namespace kontor::search {

struct Filter {
  enum class Kind : uint8_t {
    kAnyOf = 0,  // the property has one of `values`
    kRange,      // a number within low … high, both included; an unknown number is in no range, an unknown stock is
                 // infinite
    kHas,        // the property is known
    kAnd,        // of `children`; without any: every product
    kOr,         // without any: no product
    kNot,        // of its one child
  };
  Kind kind = Kind::kAnd;
  Property property;
  std::vector<std::string> values;  // kCategory: as CategoryKey; kPrice and others from there on have ranges only
  double low = -std::numeric_limits<double>::infinity();  // kPrice in micros, kAvailableAt in microseconds
  double high = std::numeric_limits<double>::infinity();
  std::vector<Filter> children;

  static Filter AnyOf(Property property, std::vector<std::string> values);
  static Filter Range(Property property, double low, double high);
  static Filter Not(Filter child);
};

inline constexpr size_t kMaxFilterClauses = 100;  // nodes, of all filters
inline constexpr size_t kMaxFilterValues = 1000;
inline constexpr size_t kMaxFilterDepth = 8;

// INVALID_ARGUMENT with all violations: limits, a range that is empty or not a number, values of a numeric property, a
// range of one without numbers, kNot without exactly one child, a property without its name.
absl::Status Validate(absl::Span<const Filter> filters);

// The same text for filters that mean the same but for the order of values and children.
std::string CanonicalText(const Filter& filter);

// The properties that a filter speaks of, each once.
std::vector<Property> PropertiesOf(const Filter& filter);

// The documents of `within` that pass. `within` has a bit for each document of the segment. Filters of unchanging
// properties are remembered by the segment; deleted documents count as others do.
Bits Evaluate(const Filter& filter, const Segment& segment, const ValueDictionary& values, BitSpan within);

}  // namespace kontor::search
