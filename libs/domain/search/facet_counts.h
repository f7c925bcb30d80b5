#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "libs/domain/search/match.h"

namespace kontor::search {

// The documents that a facet of the property counts, by segment: under all filters but the clauses that speak of it
// alone.
std::vector<Bits> FacetBits(const MatchSet& set, const Property& property);
// Whether those are the set itself.
bool CountsSet(const MatchSet& set, const Property& property);

// How often each value of the properties occurs among some documents. Those with a count, in no order; others may be
// among them.
using ValueCounts = std::vector<std::pair<uint32_t, uint32_t>>;
ValueCounts CountValues(const IndexView& view, absl::Span<const BitSpan> bits, absl::Span<const uint32_t> properties);

// Documents with any value of the property among some; `counted` are the property's values with a count.
uint64_t CountHaving(const IndexView& view, absl::Span<const BitSpan> bits, uint32_t property,
                     absl::Span<const std::pair<uint32_t, uint32_t>> counted);

std::vector<BitSpan> Spans(const MatchSet& set);
std::vector<BitSpan> Spans(const std::vector<Bits>& bits);

}  // namespace kontor::search
