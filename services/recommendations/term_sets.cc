#include "services/recommendations/term_sets.h"

#include <algorithm>
#include <utility>

namespace kontor::recommendations {

TermSets::TermSets(const ItemFacts& facts, const TermSets* last, absl::Span<const ItemFacts::Change> changed)
    : facts_(facts) {
  if (last == nullptr) return;
  absl::flat_hash_map<Term, std::shared_ptr<const Bits>> sets;
  {
    base::MutexLock lock(last->mutex_);
    sets = last->sets_;
  }
  for (auto& [term, set] : sets) {
    auto bits = std::make_shared<Bits>(*set);
    bits->resize(WordsFor(facts.items()), 0);
    for (const auto& [item, fact] : changed) {
      const absl::Span<const Term> attributes = facts.attributes(item);
      SetBit(*bits, item,
             facts.top_category(item) == term || std::binary_search(attributes.begin(), attributes.end(), term));
    }
    set = std::move(bits);
  }
  base::MutexLock lock(mutex_);
  sets_ = std::move(sets);
}

std::shared_ptr<const Bits> TermSets::Find(Term term, absl::FunctionRef<Bits()> make) const {
  {
    base::MutexLock lock(mutex_);
    if (const auto found = sets_.find(term); found != sets_.end()) return found->second;
  }
  auto set = std::make_shared<const Bits>(make());
  base::MutexLock lock(mutex_);
  if (sets_.size() < kKept) sets_[term] = set;
  return set;
}

std::shared_ptr<const Bits> TermSets::OfCategory(Term category) const {
  return Find(category, [&] { return facts_.WithTopCategory(category); });
}

std::shared_ptr<const Bits> TermSets::WithAttribute(Term attribute) const {
  return Find(attribute, [&] { return facts_.WithAttribute(attribute); });
}

}  // namespace kontor::recommendations
