#include "libs/domain/search/index_sort.h"

#include <algorithm>
#include <limits>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::search {
namespace {

bool Before(const SortPosition& a, const SortPosition& b, bool descending) {
  if (a.unknown != b.unknown) return b.unknown;
  if (!a.unknown && a.key != b.key) return descending ? a.key > b.key : a.key < b.key;
  return a.sequence < b.sequence;
}

SortPosition PositionOf(const Segment& segment, Property::Kind kind, uint32_t doc) {
  SortPosition position;
  position.sequence = segment.sequence[doc];
  switch (kind) {
    case Property::Kind::kPrice:
      position.key = static_cast<double>(segment.live.Price(doc));
      break;
    case Property::Kind::kStock:
      position.key = segment.live.Stock(doc);
      break;
    case Property::Kind::kPopularity:
      position.key = segment.live.Popularity(doc);
      break;
    case Property::Kind::kMarginShare:
      position.key = segment.live.MarginShare(doc);
      break;
    default:
      position.key = static_cast<double>(segment.available_at_us[doc]);
      break;
  }
  position.unknown = kind == Property::Kind::kAvailableAt   ? position.key == 0
                     : kind == Property::Kind::kMarginShare ? false
                                                            : position.key < 0;
  if (position.unknown) position.key = 0;
  return position;
}

// Visits every document of the set with its place in the order.
void VisitPositions(const IndexView& view, const MatchSet& set, const SortSpec& sort,
                    absl::FunctionRef<void(DocRef, const SortPosition&)> visit) {
  const uint32_t property = view.values().FindProperty(sort.property);
  for (uint32_t part = 0; part < set.parts.size(); ++part) {
    const Segment& segment = view.segment(part);
    if (sort.property.kind != Property::Kind::kAttribute) {
      ForEachBit(set.parts[part].bits, [&](uint32_t doc) {
        visit({part, doc}, PositionOf(segment, sort.property.kind, doc));
      });
      continue;
    }
    Bits rest = set.parts[part].bits;
    if (const NumberColumn* column = segment.Numbers(property)) {
      for (size_t i = 0; i < column->docs.size(); ++i) {
        const uint32_t doc = column->docs[i];  // the smallest number comes first
        if (!TestBit(rest, doc)) continue;
        ClearBit(absl::MakeSpan(rest), doc);
        visit({part, doc}, {column->numbers[i], false, segment.sequence[doc]});
      }
    }
    ForEachBit(rest, [&](uint32_t doc) { visit({part, doc}, {0, true, segment.sequence[doc]}); });
  }
}

constexpr uint64_t kOwnGroup = ~uint64_t{0};

uint64_t GroupOf(const IndexView& view, DocRef doc) {
  const uint32_t group = view.segment(doc.segment).group[doc.doc];
  return group == ValueDictionary::kNone ? kOwnGroup : group;
}

}  // namespace

absl::Status Validate(const SortSpec& sort, size_t page_size) {
  base::Violations violations;
  if (page_size > kMaxPageSize) violations.Add("page_size", "TOO_LARGE", absl::StrCat("at most ", kMaxPageSize));
  if (sort.property.kind < Property::Kind::kPrice && sort.property.kind != Property::Kind::kAttribute) {
    violations.Add("sort.property", "NOT_A_NUMBER", "this property has no numbers");
  }
  if (sort.property.kind == Property::Kind::kAttribute && sort.property.name.empty()) {
    violations.Add("sort.property", "NO_NAME", "an attribute needs its name");
  }
  return violations.ToStatus();
}

std::vector<SortedHit> SortedPage(const IndexView& view, const MatchSet& set, const SortSpec& sort, size_t page_size,
                                  const std::optional<SortPosition>& after) {
  const auto before = [&](const SortedHit& a, const SortedHit& b) {
    return Before(a.position, b.position, sort.descending);
  };
  std::vector<SortedHit> page;  // a heap, the last in front
  VisitPositions(view, set, sort, [&](DocRef doc, const SortPosition& position) {
    if (page_size == 0 || (after.has_value() && !Before(*after, position, sort.descending))) return;
    const SortedHit hit{doc, position};
    if (page.size() == page_size) {
      if (!before(hit, page.front())) return;
      std::pop_heap(page.begin(), page.end(), before);
      page.back() = hit;
    } else {
      page.push_back(hit);
    }
    std::push_heap(page.begin(), page.end(), before);
  });
  std::sort_heap(page.begin(), page.end(), before);
  return page;
}

uint64_t CountGroups(const IndexView& view, const MatchSet& set) {
  Bits seen(WordsFor(view.values().size()), 0);
  uint64_t alone = 0;
  for (uint32_t part = 0; part < set.parts.size(); ++part) {
    const Segment& segment = view.segment(part);
    ForEachBit(set.parts[part].bits, [&](uint32_t doc) {
      if (segment.group[doc] == ValueDictionary::kNone) {
        ++alone;
      } else {
        SetBit(absl::MakeSpan(seen), segment.group[doc]);
      }
    });
  }
  return alone + CountBits(seen);
}

namespace {

// A ranking's hits, each group once, but for those seen already, until there are k: next_page(last, size) gives the
// next hits behind `last`, or the first where it is null.
template <typename H, typename NextPage>
std::vector<H> OnePerGroup(const IndexView& view, size_t k, absl::flat_hash_set<uint64_t> seen, NextPage next_page) {
  std::vector<H> groups;
  size_t size = std::max<size_t>(2 * k, 16);
  for (std::vector<H> page = next_page(nullptr, size); !page.empty();) {
    for (const H& hit : page) {
      if (groups.size() == k) return groups;
      const uint64_t group = GroupOf(view, hit.doc);
      if (group == kOwnGroup || seen.insert(group).second) groups.push_back(hit);
    }
    if (page.size() < size || groups.size() == k) break;
    size *= 2;
    const H last = page.back();
    page = next_page(&last, size);
  }
  return groups;
}

}  // namespace

std::vector<Hit> TopGroups(const PreparedQuery& query, const MatchSet& set, const TopOptions& options) {
  absl::flat_hash_set<uint64_t> seen;
  if (options.after.has_value()) {
    TopOptions all = options;
    all.after = std::nullopt;
    all.k = set.count;
    for (const Hit& hit : Top(query, set, all)) {
      const bool behind =
          hit.score != options.after->score ? hit.score < options.after->score : hit.sequence > options.after->sequence;
      if (behind) break;
      if (const uint64_t group = GroupOf(query.view(), hit.doc); group != kOwnGroup) seen.insert(group);
    }
  }
  return OnePerGroup<Hit>(query.view(), options.k, std::move(seen), [&](const Hit* last, size_t size) {
    TopOptions page = options;
    page.k = size;
    if (last != nullptr) page.after = RankPosition{last->score, last->sequence};
    return Top(query, set, page);
  });
}

std::vector<SortedHit> SortedGroups(const IndexView& view, const MatchSet& set, const SortSpec& sort, size_t page_size,
                                    const std::optional<SortPosition>& after) {
  absl::flat_hash_set<uint64_t> seen;
  if (after.has_value()) {
    VisitPositions(view, set, sort, [&](DocRef doc, const SortPosition& position) {
      if (Before(*after, position, sort.descending)) return;
      if (const uint64_t group = GroupOf(view, doc); group != kOwnGroup) seen.insert(group);
    });
  }
  return OnePerGroup<SortedHit>(view, page_size, std::move(seen), [&](const SortedHit* last, size_t size) {
    return SortedPage(view, set, sort, size, last != nullptr ? std::optional(last->position) : after);
  });
}

}  // namespace kontor::search
