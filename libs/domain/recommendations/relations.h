#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "libs/domain/recommendations/bits.h"
#include "libs/domain/recommendations/types.h"

namespace kontor::recommendations {

// A relation as seen from one of its two items.
struct Relation {
  ItemId to = 0;
  RelationKind kind = RelationKind::kAccessoryOf;
  bool stated = false;  // by this item of `to`; false: by `to` of this item
  friend auto operator<=>(const Relation&, const Relation&) = default;
};

// What the catalogue's items are to each other. Immutable: a change copies the 256 items around each item that it
// touches and shares the rest; copying a whole object costs a pointer per 256 items. Thread-safe.
class Relations {
 public:
  struct Stated {
    RelationKind kind = RelationKind::kAccessoryOf;
    ItemId to = 0;
  };
  using Change = std::pair<ItemId, std::vector<Stated>>;  // all that an item states, instead of what it stated before

  // These relations with `changes`, of which the last of an item counts. Repeats and relations to oneself are passed
  // over.
  Relations With(absl::Span<const Change> changes) const;

  bool empty() const { return chunks_.empty(); }
  absl::Span<const Relation> Of(ItemId item) const;  // both directions, ascending; empty for unknown items

  // The items that are an accessory of `item`, of which it is one, or that are compatible with it; one bit for each of
  // `items` items.
  Bits CompatibleWith(ItemId item, uint32_t items) const;

 private:
  static constexpr uint32_t kChunk = 256;
  using Chunk = std::vector<std::vector<Relation>>;
  class Editor;
  std::vector<std::shared_ptr<const Chunk>> chunks_;  // null: no item of it has a relation
};

}  // namespace kontor::recommendations
