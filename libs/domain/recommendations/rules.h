#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/domain/recommendations/item_facts.h"

// A shop's own word on what is shown. See CompiledRules for what happens when.
namespace kontor::recommendations {

// The score of the products is multiplied by `factor` > 0.
struct Boost {
  double factor = 1;
};
// The products stand behind all others.
struct Bury {};
// The first of the products that may be shown stands at `position`, the first place being 1: of products named by id
// the first named, else the best ranked.
struct Pin {
  int position = 1;
};
// The products are not shown.
struct ExcludeItems {};
// Of the products, at most `most` of one brand, top category or seller are in an answer; of those without one, so many
// together.
struct Cap {
  enum class Per : uint8_t { kCategory, kBrand, kSeller };
  Per per = Per::kCategory;
  int most = 1;
};
// The dearest product of an answer costs at least 1 + `spread` times the cheapest, where candidates allow; products of
// other currencies, or without a price, count as neither.
struct PriceSpread {
  uint32_t currency = 0;
  double spread = 0;  // > 0
};
// Products whose margin share is known and smaller are not shown.
struct MarginFloor {
  int64_t share_nanos = 0;
};
// Products that cost more, or whose price in the currency is unknown, are not shown.
struct PriceLimit {
  uint32_t currency = 0;
  int64_t most_nanos = 0;
};
// Products without the attribute are not shown.
struct RequireAttribute {
  Term attribute = 0;
};
// Products whose stock is known and not above 0 are not shown.
struct RequireStock {};

using RuleAction = std::variant<Boost, Bury, Pin, ExcludeItems, Cap, PriceSpread, MarginFloor, PriceLimit,
                                RequireAttribute, RequireStock>;

// Which products a rule is about: those that meet every part given, any value within a part.
struct ItemCondition {
  std::vector<std::string> products;  // ids
  std::vector<Term> categories;       // at any level of the path
  std::vector<Term> brands;
  std::vector<Term> sellers;
  std::vector<Term> attributes;
  uint32_t currency = 0;  // of the price range; 0: no range
  int64_t least_nanos = 0, most_nanos = kForEver;
  int64_t newer_than_seconds = 0;  // on sale for less; 0: of any age. An unknown age is not new
  bool dated() const { return newer_than_seconds > 0 || currency != 0; }
};

struct Rule {
  std::string id;                                               // unique in a set
  int priority = 0;                                             // the higher goes first
  std::vector<int> placements;                                  // empty: all
  std::vector<std::string> countries;                           // empty: all, also where none is known
  int64_t start_seconds = std::numeric_limits<int64_t>::min();  // from then on
  int64_t end_seconds = kForEver;                               // and before
  ItemCondition condition;
  RuleAction action;

  // Keeps products out before anything is ranked.
  bool filters() const;
  bool AppliesTo(int placement, absl::string_view country, int64_t now_seconds) const;
};

struct CompiledRule {
  Rule rule;
  std::vector<ItemId> named;  // condition.products in the catalogue's numbers, in their order
  Bits matches;               // the items that meet the condition
  Bits removes;               // of a filter: those it keeps out
};

// Rules against a catalogue. Immutable; thread-safe. Memory: an eighth of a byte for each rule and item, twice for
// filters. In an answer rules act in this order, within a step by priority, then by id:
//   1. filters (ExcludeItems, MarginFloor, PriceLimit, RequireAttribute, RequireStock) keep products out
//   2. boosts multiply scores; several of one product multiply each other
//   3. buried products go behind all others, by score among themselves
//   4. pins take their places; a place that is taken passes a pin on to the next free one. Caps do not move a pinned
//      product, but count it
//   5. the other places are filled best first, or by diversity, passing over what a cap refuses; all caps hold
//   6. a price spread that is not met replaces the last place without a pin by the best candidate that meets it
class CompiledRules {
 public:
  using FindItem = absl::FunctionRef<ItemId(absl::string_view product)>;  // kNone: unknown

  CompiledRules() = default;
  // Cost: about 10 ns for each rule and item. Prices and ages are those at `now_seconds`.
  CompiledRules(std::vector<Rule> rules, const ItemFacts& facts, FindItem find, int64_t now_seconds);
  // The same over facts that differ in `changed` only, which names all items that are new.
  CompiledRules Updated(const ItemFacts& facts, FindItem find, absl::Span<const ItemId> changed,
                        int64_t now_seconds) const;

  absl::Span<const CompiledRule> rules() const { return rules_; }  // by priority, then by id
  bool dated() const;  // the same facts at another time may mean other items

  // The numbers of the rules that apply, ascending.
  std::vector<uint32_t> Active(int placement, absl::string_view country, int64_t now_seconds) const;

 private:
  void Evaluate(const ItemFacts& facts, FindItem find, const std::vector<ItemId>* changed, int64_t now_seconds);
  std::vector<CompiledRule> rules_;
};

}  // namespace kontor::recommendations
