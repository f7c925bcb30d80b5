#include <algorithm>
#include <cmath>

#include "libs/domain/search/match.h"

namespace kontor::search {
namespace {

constexpr uint32_t kMassSteps = 63;

// Matching of one segment.
class Matcher {
 public:
  Matcher(const PreparedQuery& query, uint32_t part) {
    const IndexView::Part& of = query.view().parts()[part];
    words = WordsFor(of.segment->documents);
    possible = *of.alive;
    if (query.allowed(part) != nullptr) AndInto(possible, *query.allowed(part));
    for (const auto& slot : query.slots()) {
      Bits& bits = slots.emplace_back();
      for (const auto& choice : slot.choices[part]) {
        if (bits.empty() && choice.list.dense()) {
          bits.assign(choice.list.bitmap.begin(), choice.list.bitmap.end());
        } else {
          bits.resize(words, 0);
          choice.list.OrInto(absl::MakeSpan(bits));
        }
      }
      bits.resize(words, 0);
      if (slot.required) AndInto(possible, bits);
    }
  }

  // Documents that match all slots with a mass.
  Bits All(absl::Span<const uint32_t> masses, bool unknown_too) const {
    Bits bits = possible;
    for (size_t i = 0; i < slots.size(); ++i) {
      if (masses[i] > 0 || unknown_too) AndInto(bits, slots[i]);
    }
    return bits;
  }
  Bits Any() const {
    if (slots.empty()) return possible;
    Bits bits(words, 0);
    for (const Bits& slot : slots) OrInto(absl::MakeSpan(bits), slot);
    AndInto(bits, possible);
    return bits;
  }
  // The matched mass of each document, a plane for each binary digit.
  void Sum(absl::Span<const uint32_t> masses) {
    planes.clear();
    uint32_t sum = 0;
    for (size_t i = 0; i < slots.size(); ++i) {
      if (masses[i] == 0) continue;
      sum += masses[i];
      while (sum >> planes.size() != 0) planes.emplace_back(words, 0);
      ForLanes([&](size_t word, auto lane) { AddLane<decltype(lane)>(slots[i].data() + word, masses[i], word); });
    }
  }
  Bits AtLeast(uint32_t mass) const {
    Bits bits(words);
    ForLanes([&](size_t word, auto lane) { AtLeastLane<decltype(lane)>(mass, word, bits.data() + word); });
    return bits;
  }

 private:
  // Four words at once; the same operations as on one.
  using Four = uint64_t __attribute__((vector_size(32), aligned(8), may_alias));

  template <typename F>
  void ForLanes(F visit) const {
    size_t word = 0;
    for (; word + 4 <= words; word += 4) visit(word, Four{});
    for (; word < words; ++word) visit(word, uint64_t{0});
  }
  template <typename T>
  void AddLane(const uint64_t* slot, uint32_t mass, size_t word) {
    uint64_t any = 0;
    for (size_t i = 0; i < sizeof(T) / sizeof(uint64_t); ++i) any |= slot[i];
    if (any == 0) return;
    const T in = *reinterpret_cast<const T*>(slot);
    T carry{};
    for (size_t plane = 0; plane < planes.size(); ++plane) {
      T& at = *reinterpret_cast<T*>(planes[plane].data() + word);
      const T digit = (mass >> plane & 1) != 0 ? in : T{};
      const T both = at ^ digit, next = (at & digit) | (carry & both);
      at = both ^ carry;
      carry = next;
    }
  }
  template <typename T>
  void AtLeastLane(uint32_t mass, size_t word, uint64_t* out) const {
    T above{}, equal = ~T{};
    for (size_t plane = planes.size(); plane-- > 0;) {
      const T at = *reinterpret_cast<const T*>(planes[plane].data() + word);
      if ((mass >> plane & 1) != 0) {
        equal &= at;
      } else {
        above |= equal & at;
        equal &= ~at;
      }
    }
    *reinterpret_cast<T*>(out) = *reinterpret_cast<const T*>(possible.data() + word) & (above | equal);
  }

  size_t words = 0;
  Bits possible;
  std::vector<Bits> slots, planes;
};

// Fills clauses and bits from base; the documents that pass.
uint64_t ApplyFilters(const Segment& segment, const ValueDictionary& values, absl::Span<const Filter> filters,
                      MatchSet::Part& part) {
  part.clauses.clear();
  part.bits = part.base;
  for (const Filter& filter : filters) {
    part.clauses.push_back(Evaluate(filter, segment, values, part.base));
    AndInto(part.bits, part.clauses.back());
  }
  return CountBits(part.bits);
}

class Levels {
 public:
  Levels(const PreparedQuery& query, absl::Span<const Filter> filters, MatchSet& set)
      : query_(query), filters_(filters), set_(set), masses_(SlotMasses(query.slots())) {
    for (uint32_t part = 0; part < query.view().parts().size(); ++part) matchers_.emplace_back(query, part);
    set_.parts.resize(matchers_.size());
    for (uint32_t mass : masses_) total_ += mass;
    for (uint32_t mass : masses_) known_ += mass > 0 ? 1 : 0;
  }

  void TakeAll(bool unknown_too) {
    unknown_too |= known_ == 0;
    for (size_t i = 0; i < matchers_.size(); ++i) set_.parts[i].base = matchers_[i].All(masses_, unknown_too);
    Filter();
    set_.count_all = set_.count;
    set_.level = 0;
  }
  void TakeAny() {
    for (size_t i = 0; i < matchers_.size(); ++i) set_.parts[i].base = matchers_[i].Any();
    Filter();
    set_.level = known_ > 0 ? known_ - 1 : 0;
  }
  void TakeMost(uint64_t enough) {
    TakeAll(false);
    if (set_.count >= enough || known_ < 2) return;
    if (known_ > 2) {
      for (Matcher& matcher : matchers_) matcher.Sum(masses_);
    }
    for (uint32_t level = 1; level + 1 < known_ && set_.count < enough; ++level) {
      const uint32_t least = total_ - total_ * level / known_;
      for (size_t i = 0; i < matchers_.size(); ++i) set_.parts[i].base = matchers_[i].AtLeast(least);
      Filter();
      set_.level = level;
    }
    if (set_.count < enough) TakeAny();
  }

 private:
  void Filter() {
    set_.count = 0;
    for (uint32_t part = 0; part < set_.parts.size(); ++part) {
      set_.count += ApplyFilters(query_.view().segment(part), query_.view().values(), filters_, set_.parts[part]);
    }
  }

  const PreparedQuery& query_;
  absl::Span<const search::Filter> filters_;
  MatchSet& set_;
  std::vector<uint32_t> masses_;
  std::vector<Matcher> matchers_;
  uint32_t total_ = 0, known_ = 0;
};

}  // namespace

std::vector<uint32_t> SlotMasses(absl::Span<const PreparedQuery::PreparedSlot> slots) {
  double most = 0;
  for (const auto& slot : slots) {
    if (slot.document_frequency > 0) most = std::max(most, static_cast<double>(slot.weight) * slot.idf);
  }
  std::vector<uint32_t> masses;
  for (const auto& slot : slots) {
    const double share = most > 0 ? static_cast<double>(slot.weight) * slot.idf / most : 1;
    const auto steps = static_cast<uint32_t>(std::lround(share * kMassSteps));
    masses.push_back(slot.document_frequency == 0 ? 0 : std::max(steps, 1U));
  }
  return masses;
}

MatchSet Match(const PreparedQuery& query, absl::Span<const Filter> filters, const MatchOptions& options) {
  MatchSet set;
  set.filters.assign(filters.begin(), filters.end());
  Levels levels(query, filters, set);
  switch (options.policy) {
    case MatchPolicy::kAll:
      levels.TakeAll(true);
      break;
    case MatchPolicy::kMost:
      levels.TakeMost(options.enough);
      break;
    case MatchPolicy::kAny:
      levels.TakeAll(false);
      levels.TakeAny();
      break;
  }
  return set;
}

MatchSet MatchSet::All(const IndexView& view) {
  MatchSet set;
  for (const IndexView::Part& part : view.parts()) {
    set.parts.push_back({*part.alive, {}, *part.alive});
    set.count += CountBits(*part.alive);
  }
  set.count_all = set.count;
  return set;
}

void MatchSet::Include(const PreparedQuery& query, absl::Span<const DocRef> docs) {
  const IndexView& view = query.view();
  for (const DocRef& doc : docs) {
    const Bits* allowed = query.allowed(doc.segment);
    if (!TestBit(*view.parts()[doc.segment].alive, doc.doc)) continue;
    if (allowed != nullptr && !TestBit(*allowed, doc.doc)) continue;
    SetBit(absl::MakeSpan(parts[doc.segment].base), doc.doc);
  }
  count = 0;
  for (uint32_t part = 0; part < parts.size(); ++part) {
    count += ApplyFilters(view.segment(part), view.values(), filters, parts[part]);
  }
}

}  // namespace kontor::search
