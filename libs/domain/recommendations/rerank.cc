#include "libs/domain/recommendations/rerank.h"

#include <algorithm>
#include <optional>

#include "absl/container/flat_hash_set.h"
#include "libs/base/random.h"
#include "libs/domain/recommendations/diversity.h"
#include "libs/domain/recommendations/quotas.h"

namespace kontor::recommendations {
namespace {

struct Entry {
  Scored scored;
  float score = 0;  // final
  bool buried = false;
};

bool Better(const Entry& a, const Entry& b) {
  if (a.buried != b.buried) return b.buried;
  return a.score != b.score ? a.score > b.score : a.scored.item < b.scored.item;
}

std::vector<Placed> Best(std::vector<Scored>& scored, int limit) {
  const size_t kept = std::min(static_cast<size_t>(std::max(limit, 0)), scored.size());
  std::partial_sort(
      scored.begin(), scored.begin() + static_cast<int64_t>(kept), scored.end(),
      [](const Scored& a, const Scored& b) { return a.score != b.score ? a.score > b.score : a.item < b.item; });
  std::vector<Placed> out(kept);
  for (size_t i = 0; i < kept; ++i) {
    out[i].item = scored[i].item;
    out[i].score = out[i].final_score = scored[i].score;
    out[i].row = scored[i].row;
  }
  return out;
}

class Reranking {
 public:
  Reranking(absl::Span<const Scored> scored, const RerankOptions& options, std::vector<PassedOver>* passed_over)
      : options_(options), passed_over_(passed_over), quotas_(options), random_(options.seed) {
    places_.resize(static_cast<size_t>(std::max(options.limit, 0)));
    Score(scored);
  }

  std::vector<Placed> Run() {
    Pin();
    const size_t explored = PlacesToExplore();
    Fill(OpenPlaces() - explored);
    Explore(explored);
    Fill(OpenPlaces());
    Spread();
    std::vector<Placed> out;
    for (std::optional<Placed>& place : places_) {
      if (!place.has_value()) continue;
      if (!place->explored) NameScoring(*place);
      std::sort(place->rules.begin(), place->rules.end());
      out.push_back(*std::move(place));
    }
    return out;
  }

 private:
  const CompiledRule& Compiled(uint32_t rule) const { return options_.rules->rules()[rule]; }
  template <typename Action>
  const Action* ActionOf(uint32_t rule) const {
    return std::get_if<Action>(&Compiled(rule).rule.action);
  }

  float SeenFactor(ItemId item) const {
    const auto at = std::lower_bound(options_.seen.begin(), options_.seen.end(), item,
                                     [](const auto& seen, ItemId wanted) { return seen.first < wanted; });
    return at != options_.seen.end() && at->first == item ? at->second : 1;
  }

  void Score(absl::Span<const Scored> scored) {
    entries_.reserve(scored.size());
    for (const Scored& one : scored) entries_.push_back({one, one.score * SeenFactor(one.item), false});
    for (const uint32_t rule : options_.active_rules) {
      const Boost* boost = ActionOf<Boost>(rule);
      const bool bury = ActionOf<Bury>(rule) != nullptr;
      if (boost == nullptr && !bury) continue;
      for (Entry& entry : entries_) {
        if (!TestBit(Compiled(rule).matches, entry.scored.item)) continue;
        if (boost != nullptr) entry.score *= static_cast<float>(boost->factor);
        entry.buried |= bury;
      }
    }
    std::sort(entries_.begin(), entries_.end(), Better);
  }

  void NameScoring(Placed& placed) const {
    for (const uint32_t rule : options_.active_rules) {
      if (ActionOf<Boost>(rule) == nullptr && ActionOf<Bury>(rule) == nullptr) continue;
      if (TestBit(Compiled(rule).matches, placed.item)) placed.rules.push_back(rule);
    }
  }

  bool Free(ItemId item) const {
    return !taken_.contains(item) && (options_.eligible == nullptr || options_.eligible->Allows(item));
  }

  void Put(size_t place, const Entry& entry) {
    Placed placed;
    placed.item = entry.scored.item;
    placed.score = entry.scored.score;
    placed.final_score = entry.score;
    placed.row = entry.scored.row;
    places_[place] = std::move(placed);
    taken_.insert(entry.scored.item);
    quotas_.Count(entry.scored.item, 1);
  }

  // The product that a pin shows; nothing when none may be shown.
  std::optional<Entry> PinnedBy(const CompiledRule& pin) const {
    const auto ranked = [&](ItemId item) {
      return std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.scored.item == item; });
    };
    for (const ItemId item : pin.named) {
      if (!TestBit(pin.matches, item) || !Free(item)) continue;
      const auto found = ranked(item);
      return found != entries_.end() ? *found : Entry{{item, 0, kNone}, 0, false};
    }
    if (!pin.rule.condition.products.empty()) return std::nullopt;
    for (const Entry& entry : entries_) {
      if (TestBit(pin.matches, entry.scored.item) && Free(entry.scored.item)) return entry;
    }
    std::optional<Entry> first;
    ForEachBit(pin.matches, [&](ItemId item) {
      if (!first.has_value() && Free(item)) first = Entry{{item, 0, kNone}, 0, false};
    });
    return first;
  }

  void Pin() {
    for (const uint32_t rule : options_.active_rules) {
      const auto* pin = ActionOf<recommendations::Pin>(rule);
      if (pin == nullptr) continue;
      auto place = static_cast<size_t>(std::max(pin->position, 1) - 1);
      while (place < places_.size() && places_[place].has_value()) ++place;
      if (place >= places_.size()) continue;
      const std::optional<Entry> entry = PinnedBy(Compiled(rule));
      if (!entry.has_value()) continue;
      Put(place, *entry);
      places_[place]->rules.push_back(rule);
      pinned_.insert(entry->scored.item);
    }
  }

  size_t OpenPlaces() const { return static_cast<size_t>(std::count(places_.begin(), places_.end(), std::nullopt)); }

  // Draws how many of the open places are for exploration, and what that makes of the ranked products' propensities.
  size_t PlacesToExplore() {
    if (!(options_.exploration.share > 0)) return 0;
    absl::flat_hash_set<ItemId> ranked;
    for (const Entry& entry : entries_) ranked.insert(entry.scored.item);
    for (const ItemId item : options_.exploration.pool) {
      if (Free(item) && !ranked.contains(item)) pool_.push_back(item);
    }
    const double expected = std::min(1.0, options_.exploration.share) * static_cast<double>(places_.size());
    const auto sure = static_cast<size_t>(expected);
    const double extra = expected - static_cast<double>(sure);
    const size_t open = OpenPlaces();
    const size_t least = std::min({sure, pool_.size(), open}), most = std::min({sure + 1, pool_.size(), open});
    if (most > least && extra > 0) {
      contested_ = open - most;
      contested_propensity_ = 1 - extra;
    }
    expected_explored_ = (1 - extra) * static_cast<double>(least) + extra * static_cast<double>(most);
    return random_.Chance(extra) ? most : least;
  }

  // Draws the products; those that do not fit beside what is ranked were not in the pool.
  void Explore(size_t count) {
    pool_.erase(
        std::remove_if(pool_.begin(), pool_.end(), [this](ItemId item) { return quotas_.Refusal(item).has_value(); }),
        pool_.end());
    const double propensity = pool_.empty() ? 0 : expected_explored_ / static_cast<double>(pool_.size());
    size_t place = 0;
    while (count > 0 && !pool_.empty()) {
      std::swap(pool_[random_.Below(pool_.size())], pool_.back());
      const ItemId item = pool_.back();
      pool_.pop_back();
      if (quotas_.Refusal(item).has_value()) continue;
      while (places_[place].has_value()) ++place;
      Put(place, {{item, 0, kNone}, 0, false});
      places_[place]->explored = true;
      places_[place]->propensity = std::min(1.0, propensity);
      --count;
    }
  }

  // Fills so many open places with the next candidates.
  void Fill(size_t count) {
    if (count == 0) return;
    size_t place = 0;
    Walk([&](const Entry& entry) {
      if (taken_.contains(entry.scored.item)) return true;
      if (const auto refusal = quotas_.Refusal(entry.scored.item)) {
        if (passed_over_ != nullptr) passed_over_->push_back({entry.scored.item, *refusal});
        return true;
      }
      while (places_[place].has_value()) ++place;
      Put(place, entry);
      if (ranked_++ >= contested_) places_[place]->propensity = contested_propensity_;
      return --count > 0;
    });
  }

  // Hands entries to `take` in the order of the places until it says false.
  void Walk(absl::FunctionRef<bool(const Entry&)> take) {
    size_t begin = 0;
    if (options_.diversity > 0 && options_.facts != nullptr) {
      const size_t pool = std::max<size_t>(50, 5 * places_.size());
      size_t end = 0;
      while (end < std::min(pool, entries_.size()) && !entries_[end].buried) ++end;
      if (!WalkDiverse(end, take)) return;
      begin = end;
    }
    for (; begin < entries_.size(); ++begin) {
      if (!take(entries_[begin])) return;
    }
  }

  bool WalkDiverse(size_t end, absl::FunctionRef<bool(const Entry&)> take) {
    const float top = end > 0 && entries_[0].score > 0 ? entries_[0].score : 1;
    std::vector<MarginalRelevance::Candidate> pool;
    for (size_t i = 0; i < end; ++i) pool.push_back({entries_[i].scored.item, entries_[i].score / top});
    MarginalRelevance relevance(*options_.facts, options_.diversity, std::move(pool));
    for (const ItemId item : pinned_) relevance.Place(item);
    for (size_t next = relevance.Next(); next < end; next = relevance.Next()) {
      const size_t before = taken_.size();
      if (!take(entries_[next])) return false;
      if (taken_.size() > before) relevance.Place(entries_[next].scored.item);
    }
    return true;
  }

  struct Range {
    int64_t least = kForEver, most = 0;
    bool known() const { return least <= most; }
    bool Meets(double spread) const {
      return !known() || static_cast<double>(most) >= (1 + spread) * static_cast<double>(least);
    }
  };
  // Of the places without `without`, and of `with`.
  Range PricesOf(uint32_t currency, std::optional<size_t> without, ItemId with) const {
    Range range;
    const auto add = [&](ItemId item) {
      for (const ItemPrice& price : options_.facts->prices(item)) {
        if (price.currency != currency) continue;
        range.least = std::min(range.least, price.price);
        range.most = std::max(range.most, price.price);
      }
    };
    for (size_t place = 0; place < places_.size(); ++place) {
      if (places_[place].has_value() && place != without) add(places_[place]->item);
    }
    if (with != kNone) add(with);
    return range;
  }

  void Spread() {
    if (options_.facts == nullptr) return;
    for (const uint32_t rule : options_.active_rules) {
      if (const auto* spread = ActionOf<PriceSpread>(rule)) SpreadBy(rule, *spread);
    }
  }

  void SpreadBy(uint32_t rule, const PriceSpread& spread) {
    if (PricesOf(spread.currency, std::nullopt, kNone).Meets(spread.spread)) return;
    size_t last = places_.size();
    for (size_t place = 0; place < places_.size(); ++place) {
      const auto& placed = places_[place];
      if (placed.has_value() && !placed->explored && !pinned_.contains(placed->item)) last = place;
    }
    if (last == places_.size()) return;
    const ItemId leaving = places_[last]->item;
    quotas_.Count(leaving, -1);
    for (const Entry& entry : entries_) {
      const ItemId item = entry.scored.item;
      if (taken_.contains(item) || !TestBit(Compiled(rule).matches, item) || quotas_.Refusal(item)) continue;
      if (!PricesOf(spread.currency, last, item).Meets(spread.spread)) continue;
      Put(last, entry);
      places_[last]->rules.push_back(rule);
      if (passed_over_ != nullptr) passed_over_->push_back({leaving, {AbsenceCause::kRuleRank, rule, item}});
      return;
    }
    quotas_.Count(leaving, 1);
  }

  const RerankOptions& options_;
  std::vector<PassedOver>* passed_over_;
  Quotas quotas_;
  base::Random random_;
  std::vector<Entry> entries_;
  std::vector<std::optional<Placed>> places_;
  absl::flat_hash_set<ItemId> taken_, pinned_;
  std::vector<ItemId> pool_;  // to explore
  double expected_explored_ = 0;
  size_t ranked_ = 0;                   // placed by their rank
  size_t contested_ = size_t{1} << 32;  // from this rank on a place may go to exploration
  double contested_propensity_ = 1;
};

}  // namespace

bool RerankOptions::plain() const {
  return max_per_category <= 0 && !one_per_group && !(diversity > 0) && active_rules.empty() && seen.empty() &&
         !(exploration.share > 0);
}

std::vector<Placed> Rerank(std::vector<Scored>& scored, const RerankOptions& options,
                           std::vector<PassedOver>* passed_over) {
  if (options.plain()) return Best(scored, options.limit);
  return Reranking(scored, options, passed_over).Run();
}

}  // namespace kontor::recommendations
