#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "libs/base/mutex.h"
#include "libs/platform/log/event_log.h"

namespace kontor::log {

// Inside this library only: group commit. Callers queue their records by partition; of those that wait at a partition
// one leads: it writes the records of several callers with one call of `write` while the next callers gather behind it.
// No thread and no timer of its own. Thread-safe.
class AppendQueue {
 public:
  struct Limits {
    int group_records = 200;   // of several callers in one write
    int write_records = 5000;  // of one caller in one write
    int64_t write_bytes = 4 << 20;
    int64_t bytes_in_flight_max = 256 << 20;
  };
  // Writes the records to the partition as one statement; returns the offset of the first, the others follow densely.
  using Write = std::function<absl::StatusOr<int64_t>(int64_t partition_id, absl::Span<const NewRecord* const>)>;

  AppendQueue(Limits limits, Write write) : limits_(limits), write_(std::move(write)) {}

  // Appends records[i] to the partition partition_ids[i]; returns their offsets in that order.
  absl::StatusOr<std::vector<int64_t>> Append(absl::Span<const NewRecord> records,
                                              absl::Span<const int64_t> partition_ids);

 private:
  // One caller's records for one partition, at most one write's worth.
  struct Piece {
    int64_t partition_id = 0;
    std::vector<const NewRecord*> records;
    std::vector<size_t> places;  // of the records in the caller's list
    int64_t bytes = 0;
    bool done = false;
    absl::StatusOr<int64_t> first_offset = int64_t{0};
  };
  struct Line {
    std::deque<Piece*> waiting;
    bool led = false;
  };

  std::vector<std::unique_ptr<Piece>> Cut(absl::Span<const NewRecord> records,
                                          absl::Span<const int64_t> partition_ids) const;
  void AwaitPiece(Piece& piece) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Lead(Line& line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<Piece*> TakeGroup(Line& line) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Limits limits_;
  const Write write_;
  base::Mutex mutex_;
  base::CondVar written_;
  std::map<int64_t, Line> lines_ ABSL_GUARDED_BY(mutex_);
  int64_t bytes_in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kontor::log
