#pragma once

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "libs/domain/search/index_top.h"
#include "libs/domain/search/match.h"

// Pages of a result in another order than by score, and one product for each group of variants.
namespace kontor::search {

inline constexpr size_t kMaxPageSize = 1000;

struct SortSpec {
  Property property;  // a number: kPrice, kStock, kPopularity, kMarginShare, kAvailableAt, or a numeric attribute (its
                      // smallest value)
  bool descending = false;  // unknown ones are last either way
};

// A place in a sorted result.
struct SortPosition {
  double key = 0;
  bool unknown = false;
  uint64_t sequence = 0;
};

struct SortedHit {
  DocRef doc;
  SortPosition position;
};

absl::Status Validate(const SortSpec& sort, size_t page_size);

// The next page of the set; ties: the earlier inserted first. Pages neither repeat nor skip while nothing changes.
std::vector<SortedHit> SortedPage(const IndexView& view, const MatchSet& set, const SortSpec& sort, size_t page_size,
                                  const std::optional<SortPosition>& after);

// Groups with a member in the set, exactly.
uint64_t CountGroups(const IndexView& view, const MatchSet& set);

// The best k groups, each by its best member; options.k and .after are of groups: `after` is the position of the last
// shown member, and groups whose best member ranks before it do not come again.
std::vector<Hit> TopGroups(const PreparedQuery& query, const MatchSet& set, const TopOptions& options);
std::vector<SortedHit> SortedGroups(const IndexView& view, const MatchSet& set, const SortSpec& sort, size_t page_size,
                                    const std::optional<SortPosition>& after);

}  // namespace kontor::search
