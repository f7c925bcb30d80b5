#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/search/facet.h"
#include "libs/domain/search/facet_counts.h"

namespace kontor::search {
namespace {

constexpr size_t kMaxBuckets = 1000;
constexpr size_t kSample = 4096;  // numbers that automatic boundaries are made of

// The number of a document under a property that is no attribute; false: unknown.
bool NumberOf(const Segment& segment, Property::Kind kind, uint32_t doc, double& number) {
  switch (kind) {
    case Property::Kind::kPrice:
      number = static_cast<double>(segment.live.Price(doc));
      return number >= 0;
    case Property::Kind::kStock:
      number = segment.live.Stock(doc);
      return number >= 0;
    case Property::Kind::kPopularity:
      number = segment.live.Popularity(doc);
      return true;
    case Property::Kind::kMarginShare:
      number = segment.live.MarginShare(doc);
      return true;
    default:
      number = static_cast<double>(segment.available_at_us[doc]);
      return number != 0;
  }
}

// Appends the numbers of the documents; returns how many documents have one.
uint64_t TakeNumbers(const Segment& segment, uint32_t property, Property::Kind kind, BitSpan bits,
                     std::vector<double>& numbers) {
  uint64_t having = 0;
  if (kind != Property::Kind::kAttribute) {
    ForEachBit(bits, [&](uint32_t doc) {
      double number = 0;
      if (!NumberOf(segment, kind, doc, number)) return;
      ++having;
      numbers.push_back(number);
    });
    return having;
  }
  const NumberColumn* column = segment.Numbers(property);
  if (column == nullptr) return 0;
  for (size_t i = 0; i < column->docs.size(); ++i) {
    if (!TestBit(bits, column->docs[i])) continue;
    having += i == 0 || column->docs[i - 1] != column->docs[i] ? 1 : 0;
    numbers.push_back(column->numbers[i]);
  }
  return having;
}

// Boundaries that part the numbers into about equal shares, from an even sample of them.
std::vector<double> Quantiles(absl::Span<const double> numbers, size_t buckets) {
  std::vector<double> sample;
  const size_t step = std::max<size_t>(numbers.size() / kSample, 1);
  for (size_t i = 0; i < numbers.size(); i += step) sample.push_back(numbers[i]);
  std::sort(sample.begin(), sample.end());
  std::vector<double> boundaries;
  for (size_t i = 1; i < buckets && !sample.empty(); ++i) {
    const double boundary = sample[i * sample.size() / buckets];
    if (boundaries.empty() || boundary > boundaries.back()) boundaries.push_back(boundary);
  }
  return boundaries;
}

void FillBuckets(absl::Span<const double> numbers, const RangeSpec& spec, RangeFacet& facet) {
  const bool given = !spec.boundaries.empty();
  if (!given && spec.buckets == 0) return;
  const std::vector<double> boundaries = given ? spec.boundaries : Quantiles(numbers, spec.buckets);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i <= boundaries.size(); ++i) {
    facet.buckets.push_back(
        {i == 0 ? -kInfinity : boundaries[i - 1], i == boundaries.size() ? kInfinity : boundaries[i]});
  }
  for (double number : numbers) {
    const auto above = std::upper_bound(boundaries.begin(), boundaries.end(), number);
    ++facet.buckets[static_cast<size_t>(above - boundaries.begin())].count;
  }
  if (given) return;
  facet.buckets.erase(std::remove_if(facet.buckets.begin(), facet.buckets.end(),
                                     [](const RangeBucket& bucket) { return bucket.count == 0; }),
                      facet.buckets.end());
}

RangeFacet CountRange(const IndexView& view, const MatchSet& set, const RangeSpec& spec) {
  RangeFacet facet;
  facet.property = spec.property;
  const uint32_t property = view.values().FindProperty(spec.property);
  const std::vector<Bits> bits = FacetBits(set, spec.property);
  std::vector<double> numbers;
  for (uint32_t part = 0; part < bits.size(); ++part) {
    const uint64_t having = TakeNumbers(view.segment(part), property, spec.property.kind, bits[part], numbers);
    facet.unknown += CountBits(bits[part]) - having;
  }
  facet.count = numbers.size();
  if (!numbers.empty()) {
    const auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
    facet.least = *least;
    facet.most = *most;
    for (double number : numbers) facet.sum += number;
  }
  FillBuckets(numbers, spec, facet);
  return facet;
}

}  // namespace

absl::Status Validate(absl::Span<const RangeSpec> ranges) {
  base::Violations violations;
  if (ranges.size() > kMaxFacets) violations.Add("ranges", "TOO_MANY", absl::StrCat("at most ", kMaxFacets));
  for (size_t i = 0; i < ranges.size(); ++i) {
    const std::string path = absl::StrCat("ranges[", i, "]");
    const RangeSpec& spec = ranges[i];
    if (spec.property.kind < Property::Kind::kPrice && spec.property.kind != Property::Kind::kAttribute) {
      violations.Add(path, "NOT_A_NUMBER", "this property has no numbers");
    }
    if (spec.property.kind == Property::Kind::kAttribute && spec.property.name.empty()) {
      violations.Add(path, "NO_NAME", "an attribute needs its name");
    }
    if (spec.boundaries.size() >= kMaxBuckets || spec.buckets > kMaxBuckets) {
      violations.Add(path, "TOO_MANY", absl::StrCat("at most ", kMaxBuckets, " buckets"));
    }
    for (size_t j = 0; j < spec.boundaries.size(); ++j) {
      const bool rises = j == 0 || spec.boundaries[j] > spec.boundaries[j - 1];
      if (!std::isfinite(spec.boundaries[j]) || !rises) violations.Add(path, "BOUNDARIES", "must be finite and rise");
    }
  }
  return violations.ToStatus();
}

std::vector<RangeFacet> CountRanges(const IndexView& view, const MatchSet& set, absl::Span<const RangeSpec> ranges) {
  std::vector<RangeFacet> facets;
  for (const RangeSpec& spec : ranges) facets.push_back(CountRange(view, set, spec));
  return facets;
}

}  // namespace kontor::search
