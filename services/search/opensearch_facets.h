#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/domain/search/facet.h"

// Counts of a result by OpenSearch's aggregations; as facet.h says, but: of a facet the node tells the kToldValues most
// frequent values, of which `distinct` speaks; a bucket of a range counts products, not numbers.
namespace kontor::search {

inline constexpr size_t kToldValues = 2'000;

struct FacetQuestion {
  std::vector<FacetSpec> facets;
  std::vector<RangeSpec> ranges;
  std::vector<Filter> filters;  // of the question; the query that is aggregated over leaves them out
};

// The members of "aggs", without braces; empty for none. Automatic boundaries are asked for as shares of the numbers.
std::string FacetAggregations(const FacetQuestion& question);
// Reads what FacetAggregations asked for out of an answer's "aggregations". INTERNAL for another text. Ranges without
// boundaries have statistics, and, in `boundaries`, what to ask next.
struct FacetAnswer {
  std::vector<Facet> facets;
  std::vector<RangeFacet> ranges;
  std::vector<std::vector<double>> boundaries;  // by range; empty: nothing to ask
};
absl::StatusOr<FacetAnswer> ReadFacets(const FacetQuestion& question, absl::string_view aggregations);

// The filters but those that speak of the property alone, as clauses of a query.
std::vector<std::string> OtherFilters(absl::Span<const Filter> filters, const Property& property);

}  // namespace kontor::search
