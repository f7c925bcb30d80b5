#include "libs/domain/search/index_ranker.h"

#include <algorithm>
#include <numeric>

namespace kontor::search {
namespace {

bool Better(const Hit& a, const Hit& b) { return a.score != b.score ? a.score > b.score : a.sequence < b.sequence; }

}  // namespace

void BestHits::Offer(const Hit& hit) {
  if (after_.has_value() && !Better({{}, after_->score, after_->sequence}, hit)) return;
  if (k_ == 0 || (full() && !Better(hit, hits_.front()))) return;
  if (full()) {
    std::pop_heap(hits_.begin(), hits_.end(), Better);
    hits_.back() = hit;
  } else {
    hits_.push_back(hit);
  }
  std::push_heap(hits_.begin(), hits_.end(), Better);
}

std::vector<Hit> BestHits::Take() && {
  std::sort_heap(hits_.begin(), hits_.end(), Better);
  return std::move(hits_);
}

Ranker::Ranker(const PreparedQuery& query, const TopOptions& options)
    : query_(query),
      options_(options),
      table_(query.view(), options.bm25f),
      largest_boost_(LargestBoost(options.boosts)),
      base_(query.slots().empty() ? 1 : 0),
      order_(query.slots().size()) {
  std::iota(order_.begin(), order_.end(), size_t{0});
  std::vector<float> greatest;
  for (const auto& slot : query.slots()) {
    float weight = 0;
    for (const auto& choices : slot.choices) {
      for (const auto& choice : choices) weight = std::max(weight, choice.weight);
    }
    greatest.push_back(SlotFactor(options.bm25f, slot.weight, slot.idf) * weight);
  }
  std::stable_sort(order_.begin(), order_.end(), [&](size_t a, size_t b) { return greatest[a] > greatest[b]; });
}

void Ranker::Open(uint32_t part) {
  part_ = part;
  segment_ = &query_.view().segment(part);
  slots_.clear();
  for (size_t i : order_) {
    const PreparedQuery::PreparedSlot& from = query_.slots()[i];
    if (from.choices[part].empty()) continue;
    Slot& slot = slots_.emplace_back();
    const float factor = SlotFactor(options_.bm25f, from.weight, from.idf);
    for (const auto& choice : from.choices[part]) {
      const Term& term = slot.terms.emplace_back(Term{choice.list, factor * choice.weight});
      slot.bound = std::max(slot.bound, term.factor * table_.Bound(choice.list.all) * kSlack);
    }
  }
  rest_.assign(slots_.size() + 1, 0);
  for (size_t i = slots_.size(); i-- > 0;) rest_[i] = rest_[i + 1] + slots_[i].bound;
  others_.assign(slots_.size(), 0);
  for (size_t i = 0; i < slots_.size(); ++i) {
    for (size_t j = 0; j < slots_.size(); ++j) others_[i] += i == j ? 0 : static_cast<double>(slots_[j].bound);
  }
}

void Ranker::SetFloor(const BestHits& best) {
  floor_ = best.floor() / largest_boost_;
  essential_ = slots_.size();
  while (essential_ > 0 && rest_[essential_ - 1] * kSlack < floor_) --essential_;
}

// Finds the window's postings of the first `slots` slots; false: there are none.
bool Ranker::PlaceTerms(uint32_t first, size_t slots) {
  bool any = false;
  for (size_t i = 0; i < slots; ++i) {
    for (Term& term : slots_[i].terms) {
      term.begin = term.list.LowerBound(first, term.begin);
      term.end = term.list.LowerBound(first + kWindow, term.begin);
      any |= term.begin < term.end;
    }
  }
  return any;
}

void Ranker::Rank(uint32_t part, const Bits* set, BestHits& best) {
  Open(part);
  const Bits& alive = *query_.view().parts()[part].alive;
  const BitSpan all = set != nullptr ? BitSpan(*set) : BitSpan(alive);
  for (uint32_t first = 0; first < segment_->documents; first += kWindow) {
    SetFloor(best);
    if (essential_ == 0 && floor_ > base_ * kSlack) return;
    const BitSpan within = all.subspan(first / 64, kWords);
    RankWindow(first, within, set != nullptr, best);
  }
}

void Ranker::RankWindow(uint32_t first, BitSpan within, bool listed, BestHits& best) {
  // While anything may get in, documents of a set that no slot matches count, too.
  bool by_list = listed && floor_ <= base_ * kSlack;
  if (listed) {
    const uint64_t count = CountBits(within);
    if (count == 0) return;
    const bool any = PlaceTerms(first, essential_);
    if (!by_list && !any) return;
    uint64_t postings = 0;
    for (size_t i = 0; i < essential_; ++i) {
      for (const Term& term : slots_[i].terms) postings += term.end - term.begin;
    }
    by_list |= count < postings;
  } else if (!PlaceTerms(first, essential_)) {
    return;
  }
  if (by_list) {
    TakeAll(first, within);
  } else {
    AccumulateEssential(first);
    TakeTouched(first, within);
  }
  for (size_t i = by_list ? 0 : essential_; i < slots_.size() && !docs_.empty(); ++i) {
    for (Term& term : slots_[i].terms) term.begin = term.list.LowerBound(first, term.begin);
    AddSlot(slots_[i]);
    Prune(rest_[i + 1]);
  }
  const bool boosted = options_.boosts.any();
  for (size_t i = 0; i < docs_.size(); ++i) {
    const float score = boosted ? totals_[i] * BoostOf(options_.boosts, *segment_, docs_[i]) : totals_[i];
    if (score >= best.floor()) best.Offer({{part_, docs_[i]}, score, segment_->sequence[docs_[i]]});
  }
}

void Ranker::AccumulateEssential(uint32_t first) {
  for (size_t i = 0; i < essential_; ++i) {
    const Slot& slot = slots_[i];
    const double others = others_[i];
    if (slot.terms.size() == 1) {
      AccumulateTerm(slot.terms.front(), others, first, true);
      continue;
    }
    for (const Term& term : slot.terms) AccumulateTerm(term, others, first, false);
    for (const Term& term : slot.terms) {
      for (size_t at = term.begin; at < term.end; ++at) {
        const uint32_t place = term.list.docs[at] - first;
        sums_[place] += best_of_slot_[place];
        best_of_slot_[place] = 0;
      }
    }
  }
}

// Adds a term of a window to the sums, or, when it is not its slot's only one, to the best of the slot. Blocks that no
// document gets in from are left out.
void Ranker::AccumulateTerm(const Term& term, double others, uint32_t first, bool only) {
  for (size_t at = term.begin; at < term.end;) {
    const size_t block = at / kBlockPostings;
    const size_t end = std::min(term.end, (block + 1) * kBlockPostings);
    if ((others + term.factor * table_.Bound(term.list.blocks[block])) * kSlack >= floor_) {
      const absl::Span<const uint32_t> docs = term.list.docs.subspan(at, end - at);
      table_.Score(docs, term.list.frequencies.data() + at, segment_->lengths.data(), term.factor, scores_.data());
      const uint32_t* doc = docs.data();
      for (size_t i = 0, size = docs.size(); i < size; ++i) {
        const uint32_t place = doc[i] - first;
        if (only) {
          sums_[place] += scores_[i];
        } else {
          best_of_slot_[place] = std::max(best_of_slot_[place], scores_[i]);
        }
        touched_[place / 64] |= uint64_t{1} << (place % 64);
      }
    }
    at = end;
  }
}

void Ranker::TakeTouched(uint32_t first, BitSpan within) {
  docs_.clear();
  totals_.clear();
  const float least = floor_ - rest_[essential_] * kSlack;
  for (size_t word = 0; word < kWords; ++word) {
    const uint64_t allowed = word < within.size() ? within[word] : 0;
    for (uint64_t rest = touched_[word]; rest != 0; rest &= rest - 1) {
      const size_t place = 64 * word + static_cast<size_t>(__builtin_ctzll(rest));
      const float sum = sums_[place];
      sums_[place] = 0;
      if (sum * kSlack < least || (allowed & rest & (~rest + 1)) == 0) continue;
      docs_.push_back(first + static_cast<uint32_t>(place));
      totals_.push_back(sum);
    }
    touched_[word] = 0;
  }
}

void Ranker::TakeAll(uint32_t first, BitSpan within) {
  docs_.clear();
  ForEachBit(within, [&](uint32_t place) { docs_.push_back(first + place); });
  totals_.assign(docs_.size(), base_);
}

// Adds a slot to the candidates.
void Ranker::AddSlot(const Slot& slot) {
  parts_.assign(docs_.size(), 0);
  for (const Term& term : slot.terms) AddTerm(term);
  for (size_t i = 0; i < docs_.size(); ++i) totals_[i] += parts_[i];
}

void Ranker::AddTerm(const Term& term) {
  if (found_.size() < docs_.size()) {
    found_.resize(docs_.size());
    found_docs_.resize(docs_.size());
    found_frequencies_.resize(docs_.size());
    found_scores_.resize(docs_.size());
  }
  const uint32_t* listed = term.list.docs.data();
  const Frequencies* frequencies = term.list.frequencies.data();
  size_t count = 0;
  const auto find = [&](uint32_t i, size_t at) {
    found_[count] = i;
    found_docs_[count] = docs_[i];
    found_frequencies_[count++] = frequencies[at];
  };
  const auto size = static_cast<uint32_t>(docs_.size());
  if (term.list.dense()) {
    for (uint32_t i = 0; i < size; ++i) {
      if (TestBit(term.list.bitmap, docs_[i])) find(i, term.list.Rank(docs_[i]));
    }
  } else {
    size_t at = term.begin;
    for (uint32_t i = 0; i < size; ++i) {
      at = term.list.LowerBound(docs_[i], at);
      if (at == term.list.docs.size()) break;
      if (listed[at] == docs_[i]) find(i, at);
    }
  }
  table_.Score({found_docs_.data(), count}, found_frequencies_.data(), segment_->lengths.data(), term.factor,
               found_scores_.data());
  for (size_t i = 0; i < count; ++i) parts_[found_[i]] = std::max(parts_[found_[i]], found_scores_[i]);
}

// Leaves out candidates that `rest` more does not bring in.
void Ranker::Prune(float rest) {
  size_t kept = 0;
  for (size_t i = 0; i < docs_.size(); ++i) {
    if ((totals_[i] + rest) * kSlack < floor_) continue;
    docs_[kept] = docs_[i];
    totals_[kept++] = totals_[i];
  }
  docs_.resize(kept);
  totals_.resize(kept);
}

}  // namespace kontor::search
