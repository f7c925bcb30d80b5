#include "libs/domain/search/facet.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/search/facet_counts.h"

namespace kontor::search {
namespace {

constexpr char kSeparator = '\x1f';
constexpr size_t kShown = 10;  // values of a facet that a user sees

bool HasValues(Property::Kind kind) { return kind <= Property::Kind::kAttribute; }

size_t DepthOf(absl::string_view key) { return static_cast<size_t>(std::count(key.begin(), key.end(), kSeparator)); }

// Whether a value is one that the facet lists.
bool Listed(const FacetSpec& spec, const std::string& path, absl::string_view text) {
  if (spec.property.kind == Property::Kind::kCategory) {
    if (!path.empty()) {
      if (!absl::StartsWith(text, path) || text.size() <= path.size() || text[path.size()] != kSeparator) return false;
      text.remove_prefix(path.size() + 1);
    }
    if (text.find(kSeparator) != absl::string_view::npos) return false;
  }
  return absl::StartsWithIgnoreCase(text, spec.prefix);
}

void SortAndCut(const FacetSpec& spec, std::vector<FacetValue>& values) {
  const auto more = [](const FacetValue& a, const FacetValue& b) {
    return a.count != b.count ? a.count > b.count : a.value < b.value;
  };
  const size_t limit = std::min(spec.limit, values.size());
  std::partial_sort(values.begin(), values.begin() + static_cast<ptrdiff_t>(limit), values.end(), more);
  std::vector<FacetValue> kept(values.begin(), values.begin() + static_cast<ptrdiff_t>(limit));
  for (const std::string& wanted : spec.always) {
    const auto is_wanted = [&](const FacetValue& value) { return value.value == wanted; };
    if (std::any_of(kept.begin(), kept.end(), is_wanted)) continue;
    const auto found = std::find_if(values.begin(), values.end(), is_wanted);
    kept.push_back(found == values.end() ? FacetValue{wanted, 0} : *found);
  }
  values = std::move(kept);
}

}  // namespace

absl::Status Validate(absl::Span<const FacetSpec> facets) {
  base::Violations violations;
  if (facets.size() > kMaxFacets) violations.Add("facets", "TOO_MANY", absl::StrCat("at most ", kMaxFacets));
  for (size_t i = 0; i < facets.size(); ++i) {
    const std::string path = absl::StrCat("facets[", i, "]");
    const Property& property = facets[i].property;
    if (!HasValues(property.kind)) violations.Add(path, "NO_VALUES", "this property has no values to count");
    if (property.kind == Property::Kind::kAttribute && property.name.empty()) {
      violations.Add(path, "NO_NAME", "an attribute needs its name");
    }
    if (facets[i].limit > kMaxFacetValues || facets[i].always.size() > kMaxFacetValues) {
      violations.Add(path, "TOO_MANY", absl::StrCat("at most ", kMaxFacetValues, " values"));
    }
    if (!facets[i].path.empty() && property.kind != Property::Kind::kCategory) {
      violations.Add(path, "NO_PATH", "only categories have a path");
    }
  }
  return violations.ToStatus();
}

namespace {

Facet MakeFacet(const IndexView& view, const FacetSpec& spec, absl::Span<const BitSpan> bits, const ValueCounts& own) {
  Facet facet;
  facet.property = spec.property;
  const std::string path = CategoryKey(spec.path);
  for (const auto& [value, count] : own) {
    const std::string& text = view.values().Text(value);
    if (Listed(spec, path, text)) facet.values.push_back({text, count});
  }
  facet.distinct = facet.values.size();
  facet.documents = CountHaving(view, bits, view.values().FindProperty(spec.property), own);
  SortAndCut(spec, facet.values);
  return facet;
}

ValueCounts Of(const IndexView& view, const ValueCounts& counts, uint32_t property) {
  ValueCounts own;
  for (const auto& count : counts) {
    if (view.values().PropertyOf(count.first) == property) own.push_back(count);
  }
  return own;
}

}  // namespace

std::vector<Facet> CountFacets(const IndexView& view, const MatchSet& set, absl::Span<const FacetSpec> facets) {
  const std::vector<BitSpan> whole = Spans(set);
  std::vector<uint32_t> shared;  // properties that are counted in the set itself
  for (const FacetSpec& spec : facets) {
    if (CountsSet(set, spec.property)) shared.push_back(view.values().FindProperty(spec.property));
  }
  ValueCounts shared_counts;
  if (!shared.empty()) shared_counts = CountValues(view, whole, shared);
  std::vector<Facet> result;
  for (const FacetSpec& spec : facets) {
    const uint32_t property = view.values().FindProperty(spec.property);
    if (CountsSet(set, spec.property)) {
      result.push_back(MakeFacet(view, spec, whole, Of(view, shared_counts, property)));
      continue;
    }
    const std::vector<Bits> bits = FacetBits(set, spec.property);
    const std::vector<BitSpan> spans = Spans(bits);
    result.push_back(MakeFacet(view, spec, spans, Of(view, CountValues(view, spans, {property}), property)));
  }
  return result;
}

namespace {

// Bits of information in the kShown most frequent of the values; 0 of a single one.
double ShownEntropy(std::vector<uint32_t> counts) {
  if (counts.size() < 2) return 0;
  double sum = 0, entropy = 0;
  for (uint32_t count : counts) sum += count;
  std::sort(counts.rbegin(), counts.rend());
  for (size_t i = 0; i < std::min(counts.size(), kShown); ++i) entropy -= counts[i] / sum * std::log2(counts[i] / sum);
  return entropy;
}

}  // namespace

std::vector<FacetUse> UsefulFacets(const IndexView& view, const MatchSet& set, size_t limit) {
  const std::vector<BitSpan> bits = Spans(set);
  // By property and depth: the shallowest level of the categories that tells products apart is the one that counts.
  std::map<std::pair<uint32_t, size_t>, ValueCounts> levels;
  const std::vector<Property> properties = view.values().Properties();
  std::vector<uint32_t> all(properties.size());
  std::iota(all.begin(), all.end(), 0U);
  for (const auto& count : CountValues(view, bits, all)) {
    const uint32_t property = view.values().PropertyOf(count.first);
    levels[{property, DepthOf(view.values().Text(count.first))}].push_back(count);
  }
  std::vector<FacetUse> uses;
  for (const auto& [key, counts] : levels) {
    if (counts.size() < 2 || (!uses.empty() && uses.back().property == properties[key.first])) continue;
    std::vector<uint32_t> numbers;
    for (const auto& [value, count] : counts) numbers.push_back(count);
    FacetUse use;
    use.property = properties[key.first];
    use.distinct = counts.size();
    use.coverage = static_cast<double>(CountHaving(view, bits, key.first, counts)) / static_cast<double>(set.count);
    use.entropy = ShownEntropy(std::move(numbers));
    uses.push_back(std::move(use));
  }
  std::stable_sort(uses.begin(), uses.end(), [](const FacetUse& a, const FacetUse& b) {
    return a.coverage * a.entropy > b.coverage * b.entropy;
  });
  if (uses.size() > limit) uses.resize(limit);
  return uses;
}

}  // namespace kontor::search
