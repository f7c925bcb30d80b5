#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/base/mutex.h"
#include "libs/base/snapshot.h"
#include "libs/domain/search/index_view.h"
#include "libs/domain/search/segment_builder.h"
#include "libs/domain/text/analyzer.h"

namespace kontor::search {

struct IndexOptions {
  uint32_t largest_batch = 1 << 17;  // products that one commit puts into a segment; more make several
  uint32_t merge_factor = 8;         // >= 2; as many segments of about one size are merged
  double deleted_share = .3;         // a segment with more dead documents is rewritten
  // Products of a merged segment, about: larger ones cost more memory while they are made (as much again) than they
  // save time.
  uint32_t largest_segment = 1 << 18;
};

// A product to be indexed. Without live values it keeps those it has.
struct Upsertion {
  Product product;
  std::optional<LiveValues> live;
};

// The mutable index: changes are gathered, Commit makes them visible at once, Merge keeps the number of segments small.
// Thread-safe: Upsert, Remove and SetLive from any threads, Commit from one at a time, Merge from one at a time beside
// them. Readers take a View and are never blocked.
class Index {
 public:
  // The analyzer must outlive the index.
  Index(const text::Analyzer& analyzer, const IndexOptions& options = {});
  ~Index();

  // INVALID_ARGUMENT with all violations (a product without id, negative popularity, a price below −1, numbers that are
  // none, text over 1 MB); then nothing of the batch is taken. Text is analysed by the calling thread. The last of
  // equal ids counts.
  absl::Status Upsert(absl::Span<const Upsertion> batch);
  void Remove(absl::Span<const std::string> ids);
  // Visible at once for products that are, with their product for those not yet committed. Returns how many ids are
  // unknown. INVALID_ARGUMENT as Upsert; then nothing is taken.
  absl::StatusOr<size_t> SetLive(absl::Span<const LiveUpdate> updates);

  // Publishes what was gathered: upsertions with their older versions' deletion, and removals. False: there was
  // nothing.
  bool Commit();
  // Merges or rewrites the segments that need it most, if any do; returns whether. Takes seconds for a million
  // documents; commits go on meanwhile.
  bool Merge();
  // Merges all segments into one.
  void MergeAll();

  std::shared_ptr<const IndexView> View() const { return view_.Get(); }
  size_t pending() const;  // gathered changes

  // The committed state as bytes; `owner` says whose they are and up to where (positions in a log). Checksums for each
  // part.
  std::string Save(absl::string_view owner) const;
  // Replaces everything by what Save wrote; returns the owner. DATA_LOSS: bytes are wrong; then nothing has changed.
  absl::StatusOr<std::string> Load(absl::string_view bytes);

 private:
  struct Batch;
  using Parts = std::vector<IndexView::Part>;

  std::vector<std::shared_ptr<Segment>> Seal(const Batch& batch, const IndexView& view, ValueDictionary& values,
                                             uint64_t first_sequence, uint32_t& next_row);
  void Publish(Parts parts) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MergeParts(const Parts& sources);
  Parts MergeCandidates(const IndexView& view) const;
  bool ApplyLive(const LiveUpdate& update) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void BeginFlight() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { ++in_flight_; }
  // Brings a new segment's live values up to date with what came since the flight began.
  void CatchUp(Segment& segment, size_t since) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndFlight() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const text::Analyzer& analyzer_;
  const IndexOptions options_;
  base::Mutex commit_mutex_;  // one commit at a time; taken before mutex_
  base::Mutex merge_mutex_;   // one merge at a time; taken before mutex_
  mutable base::Mutex mutex_;
  std::shared_ptr<ValueDictionary> values_ ABSL_GUARDED_BY(mutex_);  // Load replaces it
  std::shared_ptr<Batch> batch_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const Batch> sealing_ ABSL_GUARDED_BY(mutex_);  // null: no commit is under way
  // Live updates since the oldest commit or merge under way began: they are applied to its segment, too.
  std::vector<LiveUpdate> in_flight_updates_ ABSL_GUARDED_BY(mutex_);
  int in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t next_segment_ ABSL_GUARDED_BY(mutex_) = 1;
  uint64_t next_sequence_ ABSL_GUARDED_BY(mutex_) = 1;
  uint32_t next_row_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
  base::Snapshot<IndexView> view_;
};

}  // namespace kontor::search
