#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "libs/base/bytes.h"
#include "libs/domain/search/vector_rows.h"

namespace kontor::search {

struct GraphOptions {
  uint32_t links = 16;         // of a row on the upper levels, twice as many on the lowest; 4 … 64
  uint32_t build_width = 100;  // candidates that are kept when a row is linked; at least `links`
  uint64_t seed = 1;           // of the rows' levels
};

struct GraphHit {
  float score = 0;
  uint32_t row = 0;
};

// A hierarchical navigable small world over the rows of a VectorRows (Malkov and Yashunin 2018). Rows are linked in
// batches in two steps: Plan only reads, so that searches go on beside it and the threads share nothing; Apply writes
// what was planned and copies lists only. Not thread-safe otherwise. The result does not depend on the threads.
class VectorGraph {
 public:
  explicit VectorGraph(const GraphOptions& options) : options_(options) {}

  bool Has(uint32_t row) const { return row < linked_.size() && linked_[row]; }
  size_t size() const { return size_; }

  // Lists that are to be written.
  struct Change {
    uint32_t row = 0;
    uint8_t level = 0;
    std::vector<uint32_t> links;
  };
  struct Plan {
    std::vector<uint32_t> rows;   // that become linked
    std::vector<Change> changes;  // in order
  };
  // For distinct rows that `vectors` holds, linked before or not; a row sees those before it in the batch.
  Plan PlanLinks(const VectorRows& vectors, absl::Span<const uint32_t> rows, int threads) const;
  // Right after its plan: nothing may have been applied in between.
  void Apply(const Plan& plan);

  // The best `width` rows that are accepted, best first, equal ones by row; rows that are not are passed through.
  std::vector<GraphHit> Search(const VectorRows& vectors, const VectorRows::Query& query, size_t width,
                               absl::FunctionRef<bool(uint32_t)> accepts) const;

  size_t MemoryBytes() const;
  void Save(base::ByteWriter& out) const;
  // Replaces all; `rows` is that of the vectors beside it.
  void Load(base::ByteReader& in, uint32_t rows);

 private:
  static constexpr uint32_t kBlockRows = 4'096;
  static constexpr int kMaxLevel = 16;
  // Per level above the lowest.
  using Upper = std::vector<std::vector<uint32_t>>;
  struct Planned {  // of one row, by level, best first
    std::vector<std::vector<GraphHit>> links;
  };

  int LevelOf(uint32_t row) const;
  size_t Room(int level) const { return level == 0 ? 2 * options_.links : options_.links; }
  absl::Span<const uint32_t> Links(uint32_t row, int level) const;
  void Write(const Change& change);
  void Grow(uint32_t rows);
  template <typename Score>
  uint32_t Descend(Score score, int down_to) const;
  template <typename Score>
  void SearchLevel(Score score, const VectorRows& vectors, uint32_t entry, size_t width, int level,
                   absl::FunctionRef<bool(uint32_t)> accepts, std::vector<GraphHit>& hits) const;
  Planned PlanRow(const VectorRows& vectors, absl::Span<const uint32_t> rows, size_t index) const;
  // Malkov and Yashunin's heuristic: a candidate is kept when it is nearer to the row than to all kept before it.
  std::vector<GraphHit> Select(const VectorRows& vectors, const std::vector<GraphHit>& candidates, size_t most) const;
  // What a row's list becomes by rows that link to it.
  void Join(const VectorRows& vectors, absl::Span<const uint32_t> added, Change& change) const;

  GraphOptions options_;
  std::vector<std::unique_ptr<uint32_t[]>> lowest_;  // blocks of lists: their number, then 2 * links rows
  absl::flat_hash_map<uint32_t, Upper> upper_;
  std::vector<bool> linked_;
  size_t size_ = 0;
  uint32_t entry_ = 0;
  int top_ = -1;  // the entry's level; -1: empty
};

}  // namespace kontor::search
