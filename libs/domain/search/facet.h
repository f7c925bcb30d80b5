#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "libs/domain/search/match.h"

// Counts of a result by property. Disjunctive: a facet is counted under all filters but the clauses that speak of its
// own property and nothing else.
namespace kontor::search {

inline constexpr size_t kMaxFacets = 64;
inline constexpr size_t kMaxFacetValues = 1000;  // of a facet

struct FacetSpec {
  Property property;   // kBrand, kCategory, kAttribute
  size_t limit = 10;   // values
  std::string prefix;  // only values whose text begins so (ASCII letters of either case); kCategory: the last part
  std::vector<std::string> path;    // kCategory: only the level below this path
  std::vector<std::string> always;  // values that are listed though they do not reach the limit (those selected)
};
struct FacetValue {
  std::string value;  // kCategory: CategoryKey
  uint64_t count = 0;
};
struct Facet {
  Property property;
  std::vector<FacetValue> values;  // most frequent first, then by text
  uint64_t documents = 0;          // that have any value of the property
  uint64_t distinct = 0;           // values with a count, within path and prefix
};

// INVALID_ARGUMENT with all violations.
absl::Status Validate(absl::Span<const FacetSpec> facets);

std::vector<Facet> CountFacets(const IndexView& view, const MatchSet& set, absl::Span<const FacetSpec> facets);

// Numbers of a result: kPrice and the others after it, or a numeric attribute.
struct RangeSpec {
  Property property;
  std::vector<double>
      boundaries;      // ascending; bucket i: boundaries[i] <= x < boundaries[i + 1], before and behind open ones
  size_t buckets = 0;  // without boundaries: as many of about equal count; 0: statistics only
};
struct RangeBucket {
  double low = 0, high = 0;  // low <= x < high; infinite at the ends
  uint64_t count = 0;
};
struct RangeFacet {
  Property property;
  uint64_t count = 0;    // numbers; a document may have several of an attribute
  uint64_t unknown = 0;  // documents without one
  double least = 0, most = 0, sum = 0;
  std::vector<RangeBucket> buckets;  // empty ones are listed where boundaries were given, else left out
};
absl::Status Validate(absl::Span<const RangeSpec> ranges);
std::vector<RangeFacet> CountRanges(const IndexView& view, const MatchSet& set, absl::Span<const RangeSpec> ranges);

// The properties by which this result is best narrowed: coverage (share of documents with a value) times entropy of
// the values in bits, best first; those with a single value are left out.
struct FacetUse {
  Property property;
  double coverage = 0, entropy = 0;
  uint64_t distinct = 0;
};
std::vector<FacetUse> UsefulFacets(const IndexView& view, const MatchSet& set, size_t limit);

}  // namespace kontor::search
