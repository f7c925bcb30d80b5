#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "libs/domain/analytics/distinct.h"
#include "libs/domain/analytics/group_index.h"
#include "libs/domain/analytics/plan.h"
#include "libs/domain/analytics/store.h"

namespace kontor::analytics {

// One pass over the rows that a plan needs: measures summed by group. Key is uint64_t or absl::uint128, wide enough for
// plan.key_bits. Construct, Run once, read. Not thread-safe.
template <typename Key>
class Scan {
 public:
  Scan(const Store& store, const Plan& plan);
  void Run();

  const std::vector<Key>& groups() const { return index_.keys(); }
  // measures.size() sums by group, side by side, in slot order.
  const absl::int128* sums(uint32_t group) const { return sums_.data() + group * width_; }
  const std::vector<absl::int128>& totals() const { return totals_; }
  // 1 by code of each currency in which there is money in the sums.
  const std::vector<uint8_t>& currencies() const { return currencies_; }

 private:
  // By row: does it pass the filters on its columns and times, and its part of the key.
  struct Selection {
    std::vector<uint8_t> pass;
    std::vector<Key> key;
  };
  struct KeyTable {
    Column column;
    std::vector<Key> key;  // by code, in place
  };
  void MakeTables();
  std::optional<DistinctCounter> MakeDistinct(Measure measure, Column column) const;
  Selection Select(const Rows& rows, const std::vector<int64_t>& occurred_us, const std::vector<int32_t>& hours) const;

  void ScanDocuments();
  DocumentClass ClassOf(size_t row) const;
  void AddWhole(size_t row, Key key);
  void AddRunsByLine(std::vector<std::pair<Key, uint32_t>>& documents);
  void PrefetchLines(const std::vector<std::pair<Key, uint32_t>>& documents, size_t at) const;
  void AddByLine(size_t row, Key key);
  bool SelectLines(size_t row, Key key);
  // The document falls into the group: what is counted once a document.
  void CountDocument(size_t row, DocumentClass document_class, uint32_t group);
  void CountDocumentInTotals(size_t row, DocumentClass document_class);
  void ScanBehavior();
  void ScanRefusals();
  void SumTotals();

  uint32_t Group(Key key) { return WithSums(index_.Group(key)); }
  uint32_t WithSums(uint32_t group) {
    if ((group + size_t{1}) * width_ > sums_.size()) sums_.resize((group + size_t{1}) * width_);
    return group;
  }
  void Add(uint32_t group, Measure measure, absl::int128 value) {
    if (const int slot = plan_.Slot(measure); slot >= 0) sums_[group * width_ + slot] += value;
  }
  void AddToTotal(Measure measure, absl::int128 value) {
    if (const int slot = plan_.Slot(measure); slot >= 0) totals_[slot] += value;
  }
  // Id 0 is nobody.
  static void AddDistinct(std::optional<DistinctCounter>& distinct, uint32_t group, uint32_t id) {
    if (distinct && id != 0) distinct->Add(group, id);
  }
  void SumDistinct(std::optional<DistinctCounter>& distinct, Measure measure);

  const Store& store_;
  const Plan& plan_;
  const size_t width_;
  GroupIndex<Key> index_;
  std::vector<absl::int128> sums_, totals_;
  std::vector<uint8_t> currencies_;
  std::optional<DistinctCounter> buyers_, ordering_sessions_, sessions_, visitors_;
  std::vector<KeyTable> key_tables_;
  std::vector<uint8_t> product_pass_;                // by product code
  std::vector<uint32_t> product_part_;               // by product code: number of its part of the key
  std::vector<Key> part_keys_;                       // by that number
  std::vector<std::vector<Measure>> line_measures_;  // by DocumentClass
  bool counts_documents_ = false;                    // a needed measure counts documents
  bool appends_ = false;                             // documents alone make groups, in order of their part of the key

  // Of the run of documents with the same part of the key: group + 1 by part, 0: none yet, and the parts that have one.
  std::vector<uint32_t> run_groups_, run_parts_;
  std::vector<uint32_t> last_document_;                     // by group: the last document counted there
  std::vector<uint32_t> selected_lines_, selected_groups_;  // of the present document
};

extern template class Scan<uint64_t>;
extern template class Scan<absl::uint128>;

}  // namespace kontor::analytics
