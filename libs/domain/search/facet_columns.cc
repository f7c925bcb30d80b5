#include "libs/domain/search/facet_columns.h"

#include <algorithm>
#include <map>

#include "libs/domain/search/segment.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace kontor::search {
namespace {

constexpr uint32_t kFewest = 4096;   // documents of a segment that has columns
constexpr size_t kCoverage = 16;     // a column has a value for one document in so many, at least
constexpr size_t kRunLength = 32;    // documents of a run, on average, at least
constexpr size_t kMostBitmaps = 16;  // as large as ordinals
constexpr size_t kMostValues = 1 << 16;

// Costs in nanoseconds, measured on a server of 2023.
constexpr double kPerRow = 12, kPerRowValue = 1.3, kPerRun = 3, kPerWord = .2, kPerOrdinal = 1.1, kPerListed = .9;

struct Assigned {
  std::vector<uint32_t> values{ValueDictionary::kNone};
  size_t documents = 0;
};

using ColumnKey = std::pair<uint32_t, uint32_t>;  // property, level

uint32_t LevelOf(const ValueDictionary& values, uint32_t category, uint32_t value) {
  if (values.PropertyOf(value) != category) return 0;
  const std::string& text = values.Text(value);
  return static_cast<uint32_t>(std::count(text.begin(), text.end(), '\x1f'));
}

// The ordinals of a column, by document.
std::vector<uint16_t> OrdinalsOf(const Segment& segment, const Assigned& assigned, bool& single) {
  std::vector<uint16_t> ordinals(segment.documents, 0);
  single = true;
  for (size_t i = 1; i < assigned.values.size(); ++i) {
    for (uint32_t doc : segment.DocsWith(assigned.values[i])) {
      single &= ordinals[doc] == 0;
      ordinals[doc] = static_cast<uint16_t>(i);
    }
  }
  return ordinals;
}

void Fill(std::vector<uint16_t> ordinals, FacetColumn& column) {
  size_t runs = 1;
  for (size_t doc = 1; doc < ordinals.size(); ++doc) runs += ordinals[doc] != ordinals[doc - 1] ? 1 : 0;
  if (runs * kRunLength <= ordinals.size()) {
    for (uint32_t doc = 0; doc < ordinals.size(); ++doc) {
      if (doc > 0 && ordinals[doc] == ordinals[doc - 1]) continue;
      column.run_begin.push_back(doc);
      column.run_ordinals.push_back(ordinals[doc]);
    }
    column.run_begin.push_back(static_cast<uint32_t>(ordinals.size()));
  } else if (column.values.size() - 1 <= kMostBitmaps) {
    const size_t words = WordsFor(ordinals.size());
    column.bitmaps.assign((column.values.size() - 1) * words, 0);
    for (size_t doc = 0; doc < ordinals.size(); ++doc) {
      if (ordinals[doc] == 0) continue;
      SetBit(absl::MakeSpan(column.bitmaps).subspan((ordinals[doc] - size_t{1}) * words, words), doc);
    }
  } else {
    column.ordinals = std::move(ordinals);
  }
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512vpopcntdq"))) uint64_t CountBothAvx512(BitSpan a, BitSpan b) {
  __m512i sum = _mm512_setzero_si512();
  size_t i = 0;
  for (; i + 8 <= a.size(); i += 8) {
    const __m512i both = _mm512_and_si512(_mm512_loadu_si512(a.data() + i), _mm512_loadu_si512(b.data() + i));
    sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(both));
  }
  alignas(64) uint64_t lanes[8];
  _mm512_store_si512(lanes, sum);
  uint64_t count = 0;
  for (uint64_t lane : lanes) count += lane;
  for (; i < a.size(); ++i) count += static_cast<uint64_t>(__builtin_popcountll(a.data()[i] & b.data()[i]));
  return count;
}
#endif

// Bits before each word.
std::vector<uint32_t> PrefixCounts(BitSpan bits) {
  std::vector<uint32_t> before(bits.size() + 1, 0);
  for (size_t i = 0; i < bits.size(); ++i)
    before[i + 1] = before[i] + static_cast<uint32_t>(__builtin_popcountll(bits[i]));
  return before;
}

void AddRuns(const FacetColumn& column, BitSpan bits, absl::Span<const uint32_t> before,
             absl::Span<uint32_t> counters) {
  const auto rank = [&](uint32_t doc) {
    if (doc % 64 == 0) return before.data()[doc / 64];
    const uint64_t below = bits.data()[doc / 64] & ((uint64_t{1} << (doc % 64)) - 1);
    return before.data()[doc / 64] + static_cast<uint32_t>(__builtin_popcountll(below));
  };
  uint32_t low = 0;
  for (size_t run = 0; run < column.run_ordinals.size(); ++run) {
    const uint32_t high = rank(column.run_begin[run + 1]);
    if (column.run_ordinals[run] != 0) counters[column.values[column.run_ordinals[run]]] += high - low;
    low = high;
  }
}

void AddOrdinals(const FacetColumn& column, BitSpan bits, absl::Span<uint32_t> counters) {
  std::vector<uint32_t> counts(column.values.size(), 0);
  const uint16_t* ordinals = column.ordinals.data();
  ForEachBit(bits, [counts = counts.data(), ordinals](uint32_t doc) { ++counts[ordinals[doc]]; });
  for (size_t i = 1; i < counts.size(); ++i) counters[column.values[i]] += counts[i];
}

double CostOf(const FacetColumn& column, size_t words, uint64_t documents) {
  if (!column.run_begin.empty()) return kPerRun * static_cast<double>(column.run_begin.size());
  if (!column.bitmaps.empty()) return kPerWord * static_cast<double>(words * (column.values.size() - 1));
  return kPerOrdinal * static_cast<double>(documents) + static_cast<double>(column.values.size());
}

double CostOfLists(const Segment& segment, absl::Span<const uint32_t> values) {
  size_t postings = 0;
  for (uint32_t value : values) postings += segment.DocsWith(value).size();
  return kPerListed * static_cast<double>(postings);
}

}  // namespace

size_t FacetColumns::Bytes() const {
  size_t bytes = 0;
  for (const FacetColumn& column : columns) {
    bytes += column.values.capacity() * 4 + column.run_begin.capacity() * 4 + column.run_ordinals.capacity() * 2 +
             column.bitmaps.capacity() * 8 + column.ordinals.capacity() * 2;
  }
  for (const auto& [property, values] : lists) bytes += values.capacity() * 4 + 32;
  return bytes;
}

FacetColumns MakeFacetColumns(const ValueDictionary& values, const Segment& segment) {
  FacetColumns made;
  if (segment.documents < kFewest) return made;
  const uint32_t category = values.FindProperty({Property::Kind::kCategory, ""});
  std::map<ColumnKey, Assigned> assigned;
  absl::flat_hash_map<uint32_t, bool> whole;  // property → all its levels are columns
  for (uint32_t value : segment.values) {
    const uint32_t property = values.PropertyOf(value);
    Assigned& of = assigned[{property, LevelOf(values, category, value)}];
    of.documents += segment.DocsWith(value).size();
    of.values.push_back(value);
    whole[property] = true;
  }
  for (const auto& [key, of] : assigned) {
    FacetColumn column;
    column.property = key.first;
    bool single = false;
    if (of.values.size() <= kMostValues && of.documents * kCoverage >= segment.documents) {
      std::vector<uint16_t> ordinals = OrdinalsOf(segment, of, single);
      if (single) {
        column.values = of.values;
        Fill(std::move(ordinals), column);
        made.columns.push_back(std::move(column));
      }
    }
    whole[key.first] &= single;
  }
  const auto in_lists = [&](const FacetColumn& column) { return !whole[column.property]; };
  made.columns.erase(std::remove_if(made.columns.begin(), made.columns.end(), in_lists), made.columns.end());
  for (uint32_t value : segment.values) {
    const uint32_t property = values.PropertyOf(value);
    if (!whole[property]) made.lists[property].push_back(value);
  }
  return made;
}

void AddCounts(const Segment& segment, BitSpan bits, uint64_t documents, absl::Span<const uint32_t> properties,
               absl::Span<uint32_t> counters) {
  const FacetColumns& facets = segment.facets;
  const auto wanted = [&](uint32_t property) {
    return std::find(properties.begin(), properties.end(), property) != properties.end();
  };
  const double values_a_row = static_cast<double>(segment.doc_values.size()) / std::max(segment.documents, 1U);
  double by_row = static_cast<double>(documents) * (kPerRow + kPerRowValue * values_a_row), by_column = 0;
  for (const FacetColumn& column : facets.columns) {
    if (wanted(column.property)) by_column += CostOf(column, bits.size(), documents);
  }
  for (const auto& [property, values] : facets.lists) {
    if (by_column < by_row && wanted(property)) by_column += CostOfLists(segment, values);
  }
  if (segment.documents < kFewest || by_row <= by_column) {
    ForEachBit(bits, [&](uint32_t doc) {
      for (uint32_t value : segment.ValuesOf(doc)) ++counters[value];
    });
    return;
  }
  std::vector<uint32_t> before;
  for (const FacetColumn& column : facets.columns) {
    if (!wanted(column.property)) continue;
    if (!column.run_begin.empty()) {
      if (before.empty()) before = PrefixCounts(bits);
      AddRuns(column, bits, before, counters);
    } else if (!column.bitmaps.empty()) {
      for (size_t i = 1; i < column.values.size(); ++i) {
        const BitSpan of = absl::MakeConstSpan(column.bitmaps).subspan((i - 1) * bits.size(), bits.size());
        counters[column.values[i]] += static_cast<uint32_t>(CountBoth(bits, of));
      }
    } else {
      AddOrdinals(column, bits, counters);
    }
  }
  for (const auto& [property, values] : facets.lists) {
    if (!wanted(property)) continue;
    for (uint32_t value : values) {
      for (uint32_t doc : segment.DocsWith(value)) counters[value] += TestBit(bits, doc) ? 1 : 0;
    }
  }
}

uint64_t CountBoth(BitSpan a, BitSpan b) {
#if defined(__x86_64__)
  static const bool fast = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vpopcntdq");
  if (fast) return CountBothAvx512(a, b);
#endif
  uint64_t count = 0;
  for (size_t i = 0; i < a.size(); ++i) count += static_cast<uint64_t>(__builtin_popcountll(a.data()[i] & b.data()[i]));
  return count;
}

}  // namespace kontor::search
