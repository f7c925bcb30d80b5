#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/domain/recommendations/bits.h"
#include "libs/domain/recommendations/types.h"

namespace kontor::recommendations {

// A name as a number: StableHash of its kind and text, the same in every process; 0 is "none". Names are told apart by
// 64 bits: of a million names two share a number with a chance of 1 in 37 million.
using Term = uint64_t;
enum class TermKind : uint8_t { kCategory, kBrand, kSeller, kGroup, kAttribute };
Term TermOf(TermKind kind, absl::string_view text);  // 0 for an empty text
Term AttributeTerm(absl::string_view name, absl::string_view value);

// Three letters as a number.
uint32_t CurrencyNumber(absl::string_view code);

inline constexpr int64_t kUnknownAmount = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kForEver = std::numeric_limits<int64_t>::max();

// In nanos of the currency.
struct ItemPrice {
  uint32_t currency = 0;
  int64_t price = 0;              // >= 0
  int64_t cost = kUnknownAmount;  // >= 0 where known
  int64_t valid_until_seconds = kForEver;
};

// (price - cost) / price, 0 for a price of 0; NaN where the cost is unknown. For ranking and display: comparisons with
// a floor are made in integers (MarginBelow).
double MarginShare(const ItemPrice& price);
// True when the cost is known and (price - cost) / price < floor_nanos / 10^9, exactly. A price of 0 has margin 0.
bool MarginBelow(const ItemPrice& price, int64_t floor_nanos);

// What the shop says about an item.
struct ItemFact {
  bool sold = true;  // false once removed from the catalogue
  Term brand = 0, seller = 0;
  Term group = 0;                                 // variants of one another share it
  std::vector<Term> categories;                   // the path, the most general first
  std::vector<Term> attributes;                   // ascending
  std::vector<ItemPrice> prices;                  // one a currency, ascending by currency
  int64_t stock_nanos = kUnknownAmount;           // free to be sold over all locations; may be negative
  bool shown_enough = false;                      // people have seen it often enough to tell whether they want it
  int64_t available_at_seconds = kUnknownAmount;  // when it went on sale
};

// The facts of a catalogue's items as columns. Immutable: a change copies the 1,024 items around each that changes and
// shares the rest, about 50 us each. Copying a whole object costs a pointer per 1,024 items. Memory: 82 bytes an item
// and 8 for each category level and attribute. Thread-safe.
class ItemFacts {
 public:
  using Change = std::pair<ItemId, ItemFact>;

  // These facts with `changes`, of which the last of an item counts. Items are added up to the largest named; of those
  // in between nothing is known.
  ItemFacts With(absl::Span<const Change> changes) const;

  uint32_t items() const { return items_; }
  // Of items below items(); beyond them nothing is known and nothing is sold.
  bool sold(ItemId item) const { return TestBit(sold_, item); }
  bool shown_enough(ItemId item) const { return TestBit(shown_enough_, item); }
  Term brand(ItemId item) const { return Known(item) ? At(item).brand[Place(item)] : 0; }
  Term seller(ItemId item) const { return Known(item) ? At(item).seller[Place(item)] : 0; }
  Term group(ItemId item) const { return Known(item) ? At(item).group[Place(item)] : 0; }
  Term top_category(ItemId item) const;
  absl::Span<const Term> categories(ItemId item) const;
  absl::Span<const Term> attributes(ItemId item) const;
  absl::Span<const ItemPrice> prices(ItemId item) const;
  // The price in a currency at a time; null where none is known or the known one has ended.
  const ItemPrice* PriceAt(ItemId item, uint32_t currency, int64_t now_seconds) const;
  int64_t stock_nanos(ItemId item) const { return Known(item) ? At(item).stock[Place(item)] : kUnknownAmount; }
  int64_t available_at_seconds(ItemId item) const {
    return Known(item) ? At(item).available[Place(item)] : kUnknownAmount;
  }
  ItemFact Fact(ItemId item) const;

  // Sets of items.
  const Bits& sold_items() const { return sold_; }
  const Bits& out_of_stock() const { return out_of_stock_; }  // stock known and not above 0
  // Below this top category, with this attribute, with … : a scan of the columns, about 1 ns for each item and value.
  Bits WithTopCategory(Term category) const;
  Bits WithAttribute(Term attribute) const;
  // With a price known in the currency at the time and at most `most_nanos`.
  Bits PricedAtMost(uint32_t currency, int64_t most_nanos, int64_t now_seconds) const;

  bool any_group() const { return groups_ != nullptr && !groups_->empty(); }
  // The items of a variant group, ascending; empty for group 0.
  absl::Span<const std::pair<Term, ItemId>> OfGroup(Term group) const;

 private:
  static constexpr uint32_t kChunk = 1024;
  struct Chunk {
    std::vector<Term> brand, seller, group;
    std::vector<int64_t> stock, available;
    std::vector<uint32_t> terms_begin, prices_begin;  // one more marks the end
    std::vector<uint8_t> levels;                      // of the terms, so many are categories
    std::vector<Term> terms;
    std::vector<ItemPrice> prices;
  };
  static std::shared_ptr<const Chunk> MakeChunk(absl::Span<const ItemFact> facts);
  bool Known(ItemId item) const { return item < items_; }
  const Chunk& At(ItemId item) const { return *chunks_[item / kChunk]; }
  static uint32_t Place(ItemId item) { return item % kChunk; }
  void IndexGroups();
  template <typename F>
  Bits Where(F wanted) const;  // wanted(chunk, place)

  uint32_t items_ = 0;
  std::vector<std::shared_ptr<const Chunk>> chunks_;
  Bits sold_, out_of_stock_, shown_enough_;
  std::shared_ptr<const std::vector<std::pair<Term, ItemId>>> groups_;  // ascending
};

// How alike two items are by what the catalogue says, 0 to 1: 1 for variants of one group, else the weighted mean of
// what is known of both: the common part of the category paths (weight .5, common levels over the longer path's), the
// same brand (.2), and Jaccard's overlap of the attributes (.3). 0 where nothing is known of both. About 50 ns.
float FactSimilarity(const ItemFacts& facts, ItemId a, ItemId b);

}  // namespace kontor::recommendations
