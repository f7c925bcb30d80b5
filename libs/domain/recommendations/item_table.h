#pragma once

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "libs/base/bytes.h"
#include "libs/domain/recommendations/candidates.h"
#include "libs/domain/recommendations/types.h"

namespace kontor::recommendations {

// A sparse matrix of items by items: what one item of a person adds to the score of others. Every weight is above 0, no
// diagonal is needed. Items beyond rows() have empty rows. 8 bytes an entry.
class ItemTable {
 public:
  struct Entry {
    ItemId item = 0;
    float weight = 0;
  };

  // Appends the next row, distinct items in any order; entries that are not above 0 are passed over.
  void AppendRow(std::vector<Entry> row);
  // `by_candidate`, whose row j holds what each item adds to j, the other way round; of every row the `limit` heaviest.
  static ItemTable Transpose(const ItemTable& by_candidate, size_t limit);

  uint32_t rows() const { return static_cast<uint32_t>(offsets_.size() - 1); }
  size_t size() const { return items_.size(); }
  absl::Span<const ItemId> ItemsOf(ItemId row) const;  // ascending
  absl::Span<const float> WeightsOf(ItemId row) const;
  float At(ItemId row, ItemId item) const;  // 0 where there is no entry

  void AddRow(ItemId row, float factor, ScoreVector& out) const { out.AddAll(ItemsOf(row), WeightsOf(row), factor); }
  // Asks for a row to be in the cache by when it is added: reading rows costs more than adding them.
  void Prefetch(ItemId row) const;

  void Save(base::ByteWriter& out) const;
  // At most `item_count` rows of items below it.
  static ItemTable Load(base::ByteReader& in, uint32_t item_count);

 private:
  std::vector<uint64_t> offsets_ = {0};
  std::vector<ItemId> items_;
  std::vector<float> weights_;
};

// Keeps the `limit` heaviest, smaller items first among equals, in no order.
void KeepHeaviest(size_t limit, std::vector<ItemTable::Entry>& row);

// The rows 0 to items - 1 of a table, learned by `threads` threads: `train(item, scratch)` returns an item's row and
// depends on no other row, so that the result does not depend on the threads. Each thread has its own scratch, cleared
// before every row.
ItemTable TrainRows(uint32_t items, int threads,
                    absl::FunctionRef<std::vector<ItemTable::Entry>(ItemId item, ScoreVector& scratch)> train);

}  // namespace kontor::recommendations
