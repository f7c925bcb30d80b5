#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/types/span.h"
#include "libs/domain/recommendations/bits.h"
#include "libs/domain/recommendations/rules.h"
#include "libs/domain/recommendations/types.h"

namespace kontor::recommendations {

// Why an item is not in an answer. What keeps it out before anything is ranked comes first.
enum class AbsenceCause : uint8_t {
  kNotSold,         // removed from the catalogue
  kAskedProduct,    // it is what the request is about
  kInBasket,        // or a variant of what is: `other`
  kInCart,          // the same
  kExcluded,        // by the request
  kShownElsewhere,  // in an earlier list of the page
  kBought,          // or a variant of what was: `other`; and bought products are excluded
  kNotBought,       // and only bought products are asked for
  kCategory,        // not of the categories asked for
  kAttribute,       // lacks one that is asked for
  kBudget,          // dearer than asked for, or of unknown price
  kOutOfStock,      // and only what is in stock is asked for
  kNotCompatible,   // with the product that is asked for
  kRuleFilter,      // `rule`
  // Of what may be shown:
  kNotNominated,  // no source proposed it
  kVariantShown,  // `other` is a variant of it and ranks before it
  kCategoryFull,  // the request's limit for a category
  kCapped,        // `rule`
  kRuleRank,      // without `rule`, which moves it or others, it would have been shown
  kSeenOften,     // without the discount for having been seen it would have been shown
  kDiversity,     // without diversity it would have been shown
  kExploration,   // its place went to a product that is being tried
  kRankedBelow,
  kNotListed,  // not among what the placement lists
};

// One cause and what stands behind it.
struct Hindrance {
  AbsenceCause cause = AbsenceCause::kRankedBelow;
  uint32_t rule = kNone;  // of CompiledRules::rules()
  ItemId other = kNone;
};

// Which items one answer may show: what keeps candidates out of it and what tells later why they stayed out are the
// same object. Not thread-safe.
class Eligibility {
 public:
  explicit Eligibility(uint32_t items) : items_(items) {}

  void Exclude(ItemId item, AbsenceCause cause, ItemId other = kNone) {
    named_.push_back({item, {cause, kNone, other}});
    excluded_.push_back(item);
    excluded_set_.insert(item);
  }
  // Only items of `bits` stay in; those of `bits` go out. Borrowed bits outlive this object.
  void Keep(Bits bits, AbsenceCause cause);
  void KeepBorrowed(absl::Span<const uint64_t> bits, AbsenceCause cause) { Mask(bits, true, {cause, kNone, kNone}); }
  void RemoveBorrowed(absl::Span<const uint64_t> bits, AbsenceCause cause, uint32_t rule = kNone) {
    Mask(bits, false, {cause, rule, kNone});
  }

  // For ItemFilter: excluded items in any order; a bit per item, empty when every item is allowed.
  absl::Span<const ItemId> excluded() const { return excluded_; }
  absl::Span<const uint64_t> allowed() const { return allowed_; }
  bool Allows(ItemId item) const {
    return (allowed_.empty() || TestBit(allowed_, item)) && !excluded_set_.contains(item);
  }

  // All that keeps the item out, in the order of the calls.
  std::vector<Hindrance> Causes(ItemId item) const;

 private:
  struct Masked {
    absl::Span<const uint64_t> bits;
    bool keeps;
    Hindrance why;
  };
  void Mask(absl::Span<const uint64_t> bits, bool keeps, const Hindrance& why);

  const uint32_t items_;
  std::vector<std::pair<ItemId, Hindrance>> named_;
  std::vector<ItemId> excluded_;
  absl::flat_hash_set<ItemId> excluded_set_;
  std::vector<Masked> masks_;
  std::vector<std::unique_ptr<const Bits>> owned_;
  Bits allowed_;
};

}  // namespace kontor::recommendations
