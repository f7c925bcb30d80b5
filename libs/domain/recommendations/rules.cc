#include "libs/domain/recommendations/rules.h"

#include <algorithm>

namespace kontor::recommendations {
namespace {

template <typename T, typename Range>
bool AnyOf(const std::vector<T>& wanted, const Range& have) {
  return std::any_of(have.begin(), have.end(),
                     [&](const T& one) { return std::find(wanted.begin(), wanted.end(), one) != wanted.end(); });
}

bool Has(const std::vector<Term>& wanted, Term term) {
  return wanted.empty() || (term != 0 && std::find(wanted.begin(), wanted.end(), term) != wanted.end());
}

// What of a condition does not name products.
bool Meets(const ItemCondition& condition, const ItemFacts& facts, ItemId item, int64_t now) {
  if (!Has(condition.brands, facts.brand(item)) || !Has(condition.sellers, facts.seller(item))) return false;
  if (!condition.categories.empty() && !AnyOf(condition.categories, facts.categories(item))) return false;
  if (!condition.attributes.empty() && !AnyOf(condition.attributes, facts.attributes(item))) return false;
  if (condition.currency != 0) {
    const ItemPrice* price = facts.PriceAt(item, condition.currency, now);
    if (price == nullptr || price->price < condition.least_nanos || price->price > condition.most_nanos) return false;
  }
  if (condition.newer_than_seconds == 0) return true;
  const int64_t since = facts.available_at_seconds(item);
  return since != kUnknownAmount && since <= now && now - since < condition.newer_than_seconds;
}

bool BelowFloor(const MarginFloor& floor, const ItemFacts& facts, ItemId item, int64_t now) {
  for (const ItemPrice& price : facts.prices(item)) {
    if (now < price.valid_until_seconds && MarginBelow(price, floor.share_nanos)) return true;
  }
  return false;
}

// Of an item that meets the condition.
bool KeepsOut(const RuleAction& action, const ItemFacts& facts, ItemId item, int64_t now) {
  if (std::holds_alternative<ExcludeItems>(action)) return true;
  if (const auto* floor = std::get_if<MarginFloor>(&action)) return BelowFloor(*floor, facts, item, now);
  if (const auto* limit = std::get_if<PriceLimit>(&action)) {
    const ItemPrice* price = facts.PriceAt(item, limit->currency, now);
    return price == nullptr || price->price > limit->most_nanos;
  }
  if (const auto* required = std::get_if<RequireAttribute>(&action)) {
    const absl::Span<const Term> of = facts.attributes(item);
    return !std::binary_search(of.begin(), of.end(), required->attribute);
  }
  return std::holds_alternative<RequireStock>(action) && TestBit(facts.out_of_stock(), item);
}

}  // namespace

bool Rule::filters() const {
  return std::holds_alternative<ExcludeItems>(action) || std::holds_alternative<MarginFloor>(action) ||
         std::holds_alternative<PriceLimit>(action) || std::holds_alternative<RequireAttribute>(action) ||
         std::holds_alternative<RequireStock>(action);
}

bool Rule::AppliesTo(int placement, absl::string_view country, int64_t now_seconds) const {
  if (now_seconds < start_seconds || now_seconds >= end_seconds) return false;
  if (!placements.empty() && std::find(placements.begin(), placements.end(), placement) == placements.end()) {
    return false;
  }
  return countries.empty() || std::find(countries.begin(), countries.end(), country) != countries.end();
}

CompiledRules::CompiledRules(std::vector<Rule> rules, const ItemFacts& facts, FindItem find, int64_t now_seconds) {
  std::sort(rules.begin(), rules.end(), [](const Rule& a, const Rule& b) {
    return a.priority != b.priority ? a.priority > b.priority : a.id < b.id;
  });
  for (Rule& rule : rules) rules_.push_back({std::move(rule), {}, {}, {}});
  Evaluate(facts, find, nullptr, now_seconds);
}

CompiledRules CompiledRules::Updated(const ItemFacts& facts, FindItem find, absl::Span<const ItemId> changed,
                                     int64_t now_seconds) const {
  CompiledRules next = *this;
  const std::vector<ItemId> items(changed.begin(), changed.end());
  next.Evaluate(facts, find, &items, now_seconds);
  return next;
}

void CompiledRules::Evaluate(const ItemFacts& facts, FindItem find, const std::vector<ItemId>* changed,
                             int64_t now_seconds) {
  for (CompiledRule& compiled : rules_) {
    const Rule& rule = compiled.rule;
    compiled.named.clear();
    for (const std::string& product : rule.condition.products) {
      if (const ItemId item = find(product); item != kNone) compiled.named.push_back(item);
    }
    std::vector<ItemId> sorted = compiled.named;
    std::sort(sorted.begin(), sorted.end());
    compiled.matches.resize(WordsFor(facts.items()), 0);
    if (rule.filters()) compiled.removes.resize(WordsFor(facts.items()), 0);
    const auto evaluate = [&](ItemId item) {
      const bool named = rule.condition.products.empty() || std::binary_search(sorted.begin(), sorted.end(), item);
      const bool matches = named && Meets(rule.condition, facts, item, now_seconds);
      SetBit(compiled.matches, item, matches);
      if (rule.filters()) {
        SetBit(compiled.removes, item, matches && KeepsOut(rule.action, facts, item, now_seconds));
      }
    };
    if (changed != nullptr) {
      for (const ItemId item : *changed) evaluate(item);
    } else {
      for (ItemId item = 0; item < facts.items(); ++item) evaluate(item);
    }
  }
}

bool CompiledRules::dated() const {
  return std::any_of(rules_.begin(), rules_.end(), [](const CompiledRule& compiled) {
    return compiled.rule.condition.dated() || std::holds_alternative<MarginFloor>(compiled.rule.action) ||
           std::holds_alternative<PriceLimit>(compiled.rule.action);
  });
}

std::vector<uint32_t> CompiledRules::Active(int placement, absl::string_view country, int64_t now_seconds) const {
  std::vector<uint32_t> active;
  for (uint32_t i = 0; i < rules_.size(); ++i) {
    if (rules_[i].rule.AppliesTo(placement, country, now_seconds)) active.push_back(i);
  }
  return active;
}

}  // namespace kontor::recommendations
