#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/base/mutex.h"
#include "libs/domain/search/vector_graph.h"
#include "libs/domain/search/vector_rows.h"

// Nearest products by the inner product of vectors.
namespace kontor::search {

struct VectorOptions {
  uint32_t dimensions = 384;     // 1 … 4,096
  size_t exact_below = 300'000;  // rows up to which everything is scanned and no graph is kept
  GraphOptions graph;
  // How many candidates a search of the graph keeps; more find more. Never below 2 k + 32.
  uint32_t search_width = 96;
  // A filter that leaves at most this many rows is scanned; the graph serves wider ones, passing through what they
  // refuse.
  size_t scan_filtered = 60'000;
};

struct VectorHit {
  uint32_t row = 0;
  float score = 0;  // the inner product, off by what int8 costs: about .002 for vectors of length 1
};

// Vectors in int8 with a scale a row. Rows are numbered by the caller, from 0 and densely: memory is that of the
// largest row. Below `exact_below` rows every search is a scan and exact over the stored vectors; above, it goes
// through a graph (HNSW, Malkov and Yashunin 2018) into which LinkPending puts rows; rows that are not yet in it are
// scanned, so that a row is found as soon as Set returns. Thread-safe: searches go on while rows are set and linked.
// Memory: dimensions + 4 bytes a row, with the graph 8 * links + 12 more.
class VectorIndex {
 public:
  // INVALID_ARGUMENT: options out of range.
  static absl::StatusOr<std::unique_ptr<VectorIndex>> Create(const VectorOptions& options);

  // Adds or replaces a row. INVALID_ARGUMENT: another number of dimensions, numbers that are not finite, a row beyond
  // 2^31. A vector of zeros is kept and meets everything with 0.
  absl::Status Set(uint32_t row, absl::Span<const float> vector);
  void Remove(uint32_t row);  // nothing for a row that is not there

  // Puts up to `most` waiting rows into the graph, which begins with the first call at exact_below rows; returns how
  // many are left. One caller at a time (others wait); searches and Set go on meanwhile. The result does not depend on
  // `threads`. About .4 ms a row at a million.
  size_t LinkPending(size_t most, int threads);

  // The best k of the allowed rows, best first, equal ones by row. `allowed`: bit i % 64 of word i / 64 is row i, rows
  // beyond the last word are refused; nullptr allows all. INVALID_ARGUMENT for another number of dimensions, numbers
  // that are not finite or k > 10,000.
  absl::StatusOr<std::vector<VectorHit>> Nearest(absl::Span<const float> query, size_t k,
                                                 const std::vector<uint64_t>* allowed = nullptr) const;
  // Of every row that is there, regardless of `exact_below`: what Nearest is measured by.
  absl::StatusOr<std::vector<VectorHit>> NearestExact(absl::Span<const float> query, size_t k,
                                                      const std::vector<uint64_t>* allowed = nullptr) const;

  // Inner products with these rows, 0 for rows that are not there. Same errors.
  absl::Status Score(absl::Span<const float> query, absl::Span<const uint32_t> rows, absl::Span<float> scores) const;

  size_t size() const;     // rows that are there
  size_t pending() const;  // of them, not yet in the graph where there is one
  bool has_graph() const;
  size_t MemoryBytes() const;

  // Bytes with a checksum. Load: INVALID_ARGUMENT for other bytes or another number of dimensions; DATA_LOSS when they
  // were cut or changed.
  std::string Save() const;
  static absl::StatusOr<std::unique_ptr<VectorIndex>> Load(absl::string_view bytes, const VectorOptions& options);

 private:
  explicit VectorIndex(const VectorOptions& options);

  std::vector<uint32_t> NextBatch(size_t most);
  absl::StatusOr<std::vector<VectorHit>> Find(absl::Span<const float> query, size_t k,
                                              const std::vector<uint64_t>* filter, bool exact) const;
  std::vector<VectorHit> SearchGraph(const VectorRows::Query& query, size_t k,
                                     const std::vector<uint64_t>* filter) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  const VectorOptions options_;
  base::Mutex linking_ ABSL_ACQUIRED_BEFORE(mutex_);  // one LinkPending at a time
  mutable base::SharedMutex mutex_;
  VectorRows rows_ ABSL_GUARDED_BY(mutex_);
  VectorGraph graph_ ABSL_GUARDED_BY(mutex_);
  absl::btree_set<uint32_t> pending_ ABSL_GUARDED_BY(mutex_);  // rows to be linked
  // Of them, those that a plan is being made for and that nobody has set since.
  absl::flat_hash_set<uint32_t> planned_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kontor::search
