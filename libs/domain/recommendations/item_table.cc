#include "libs/domain/recommendations/item_table.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

namespace kontor::recommendations {
namespace {

constexpr uint32_t kBlock = 256;  // rows that a thread takes at a time

}  // namespace

void KeepHeaviest(size_t limit, std::vector<ItemTable::Entry>& row) {
  if (row.size() <= limit) return;
  std::nth_element(row.begin(), row.begin() + static_cast<int64_t>(limit), row.end(),
                   [](const ItemTable::Entry& a, const ItemTable::Entry& b) {
                     return a.weight != b.weight ? a.weight > b.weight : a.item < b.item;
                   });
  row.resize(limit);
}

void ItemTable::AppendRow(std::vector<Entry> row) {
  std::sort(row.begin(), row.end(), [](const Entry& a, const Entry& b) { return a.item < b.item; });
  for (const Entry& entry : row) {
    if (!(entry.weight > 0)) continue;
    items_.push_back(entry.item);
    weights_.push_back(entry.weight);
  }
  offsets_.push_back(items_.size());
}

ItemTable ItemTable::Transpose(const ItemTable& by_candidate, size_t limit) {
  std::vector<std::vector<Entry>> rows(by_candidate.rows());
  for (ItemId candidate = 0; candidate < by_candidate.rows(); ++candidate) {
    const absl::Span<const float> weights = by_candidate.WeightsOf(candidate);
    size_t i = 0;
    for (const ItemId item : by_candidate.ItemsOf(candidate)) rows[item].push_back({candidate, weights[i++]});
  }
  ItemTable out;
  for (std::vector<Entry>& row : rows) {
    KeepHeaviest(limit, row);
    out.AppendRow(std::move(row));
  }
  return out;
}

absl::Span<const ItemId> ItemTable::ItemsOf(ItemId row) const {
  if (row >= rows()) return {};
  return absl::MakeConstSpan(items_).subspan(offsets_[row], offsets_[row + 1] - offsets_[row]);
}

absl::Span<const float> ItemTable::WeightsOf(ItemId row) const {
  if (row >= rows()) return {};
  return absl::MakeConstSpan(weights_).subspan(offsets_[row], offsets_[row + 1] - offsets_[row]);
}

void ItemTable::Prefetch(ItemId row) const {
  constexpr uint64_t kLine = 16, kMost = 32 * kLine;  // entries
  if (row >= rows()) return;
  const uint64_t end = std::min(offsets_[row + 1], offsets_[row] + kMost);
  for (uint64_t i = offsets_[row]; i < end; i += kLine) {
    __builtin_prefetch(items_.data() + i);
    __builtin_prefetch(weights_.data() + i);
  }
}

float ItemTable::At(ItemId row, ItemId item) const {
  const absl::Span<const ItemId> items = ItemsOf(row);
  const auto it = std::lower_bound(items.begin(), items.end(), item);
  if (it == items.end() || *it != item) return 0;
  return WeightsOf(row)[static_cast<size_t>(it - items.begin())];
}

void ItemTable::Save(base::ByteWriter& out) const {
  out.Array(offsets_);
  out.Array(items_);
  out.Array(weights_);
}

ItemTable ItemTable::Load(base::ByteReader& in, uint32_t item_count) {
  ItemTable out;
  out.offsets_ = in.Array<uint64_t>();
  out.items_ = in.Array<ItemId>();
  out.weights_ = in.Array<float>();
  in.Require(!out.offsets_.empty() && out.offsets_.size() <= item_count + uint64_t{1},
             "a table has more rows than there are products");
  if (!in.status().ok()) return ItemTable();
  in.Require(out.items_.size() == out.weights_.size(), "a table has columns of unequal length");
  in.RequireOffsets(out.offsets_, out.offsets_.size() - 1, out.items_.size());
  in.RequireBelow(out.items_, item_count);
  in.RequireWeights(out.weights_);
  return out;
}

ItemTable TrainRows(uint32_t items, int threads,
                    absl::FunctionRef<std::vector<ItemTable::Entry>(ItemId item, ScoreVector& scratch)> train) {
  std::vector<std::vector<ItemTable::Entry>> rows(items);
  std::atomic<uint32_t> next{0};
  const auto work = [&] {
    ScoreVector scratch;
    scratch.Resize(items);
    for (uint32_t begin = next.fetch_add(kBlock); begin < items; begin = next.fetch_add(kBlock)) {
      for (ItemId item = begin; item < std::min(items, begin + kBlock); ++item) {
        scratch.Clear();
        rows[item] = train(item, scratch);
        rows[item].shrink_to_fit();  // a row is cut from one that may be as long as the catalogue
      }
    }
  };
  std::vector<std::thread> helpers;
  for (int i = 1; i < threads; ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  ItemTable out;
  for (std::vector<ItemTable::Entry>& row : rows) out.AppendRow(std::exchange(row, {}));
  return out;
}

}  // namespace kontor::recommendations
