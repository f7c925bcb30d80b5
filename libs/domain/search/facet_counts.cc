#include "libs/domain/search/facet_counts.h"

namespace kontor::search {
namespace {

bool IsOwn(const Filter& filter, const Property& property) {
  const std::vector<Property> properties = PropertiesOf(filter);
  return properties.size() == 1 && properties.front() == property;
}

// Counters of all values, all zero between uses.
std::vector<uint32_t>& Counters(size_t values) {
  static thread_local std::vector<uint32_t> counters;
  if (counters.size() < values) counters.resize(values, 0);
  return counters;
}

}  // namespace

bool CountsSet(const MatchSet& set, const Property& property) {
  for (const Filter& filter : set.filters) {
    if (IsOwn(filter, property)) return false;
  }
  return true;
}

std::vector<Bits> FacetBits(const MatchSet& set, const Property& property) {
  std::vector<Bits> bits;
  for (const MatchSet::Part& part : set.parts) {
    Bits& of = bits.emplace_back(part.base);
    for (size_t i = 0; i < set.filters.size(); ++i) {
      if (!IsOwn(set.filters[i], property)) AndInto(of, part.clauses[i]);
    }
  }
  return bits;
}

ValueCounts CountValues(const IndexView& view, absl::Span<const BitSpan> bits, absl::Span<const uint32_t> properties) {
  uint64_t documents = 0;
  for (BitSpan part : bits) documents += CountBits(part);
  const uint32_t size = view.values().size();
  std::vector<uint32_t>& counters = Counters(size);
  ValueCounts counts;
  if (documents < size / 32) {  // few: keep a list of what was counted rather than look through all values
    std::vector<uint32_t> seen;
    for (uint32_t part = 0; part < bits.size(); ++part) {
      const Segment& segment = view.segment(part);
      ForEachBit(bits[part], [&](uint32_t doc) {
        for (uint32_t value : segment.ValuesOf(doc)) {
          if (counters[value]++ == 0) seen.push_back(value);
        }
      });
    }
    for (uint32_t value : seen) counts.emplace_back(value, std::exchange(counters[value], 0));
    return counts;
  }
  for (uint32_t part = 0; part < bits.size(); ++part) {
    AddCounts(view.segment(part), bits[part], CountBits(bits[part]), properties, absl::MakeSpan(counters));
  }
  for (uint32_t value = 0; value < size; ++value) {
    if (counters[value] != 0) counts.emplace_back(value, std::exchange(counters[value], 0));
  }
  return counts;
}

uint64_t CountHaving(const IndexView& view, absl::Span<const BitSpan> bits, uint32_t property,
                     absl::Span<const std::pair<uint32_t, uint32_t>> counted) {
  uint64_t documents = 0;
  for (uint32_t part = 0; part < bits.size(); ++part) {
    const Segment& segment = view.segment(part);
    if (const auto found = segment.having.find(property); found != segment.having.end()) {
      documents += CountBoth(bits[part], found->second);
      continue;
    }
    Bits having(WordsFor(segment.documents), 0);
    for (const auto& [value, count] : counted) {
      for (uint32_t doc : segment.DocsWith(value)) SetBit(absl::MakeSpan(having), doc);
    }
    AndInto(having, bits[part]);
    documents += CountBits(having);
  }
  return documents;
}

std::vector<BitSpan> Spans(const MatchSet& set) {
  std::vector<BitSpan> spans;
  for (const MatchSet::Part& part : set.parts) spans.emplace_back(part.bits);
  return spans;
}

std::vector<BitSpan> Spans(const std::vector<Bits>& bits) { return {bits.begin(), bits.end()}; }

}  // namespace kontor::search
