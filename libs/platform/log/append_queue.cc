#include "libs/platform/log/append_queue.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::log {

absl::StatusOr<std::vector<int64_t>> AppendQueue::Append(absl::Span<const NewRecord> records,
                                                         absl::Span<const int64_t> partition_ids) {
  const std::vector<std::unique_ptr<Piece>> pieces = Cut(records, partition_ids);
  int64_t bytes = 0;
  for (const auto& piece : pieces) bytes += piece->bytes;

  base::MutexLock lock(mutex_);
  if (bytes_in_flight_ > 0 && bytes_in_flight_ + bytes > limits_.bytes_in_flight_max) {
    return base::Error(
        absl::StatusCode::kResourceExhausted, kReasonLogBusy,
        absl::StrCat("the log has ", bytes_in_flight_, " bytes waiting to be appended; send more slowly"));
  }
  bytes_in_flight_ += bytes;
  for (const auto& piece : pieces) lines_[piece->partition_id].waiting.push_back(piece.get());
  for (const auto& piece : pieces) AwaitPiece(*piece);
  bytes_in_flight_ -= bytes;

  std::vector<int64_t> offsets(records.size());
  for (const auto& piece : pieces) {
    if (!piece->first_offset.ok()) return piece->first_offset.status();
    for (size_t i = 0; i < piece->places.size(); ++i) {
      offsets[piece->places[i]] = *piece->first_offset + static_cast<int64_t>(i);
    }
  }
  return offsets;
}

std::vector<std::unique_ptr<AppendQueue::Piece>> AppendQueue::Cut(absl::Span<const NewRecord> records,
                                                                  absl::Span<const int64_t> partition_ids) const {
  std::vector<std::unique_ptr<Piece>> pieces;
  std::map<int64_t, Piece*> open;
  for (size_t i = 0; i < records.size(); ++i) {
    Piece*& piece = open[partition_ids[i]];
    const int64_t bytes = static_cast<int64_t>(records[i].bytes.size());
    if (piece == nullptr || piece->records.size() >= static_cast<size_t>(limits_.write_records) ||
        piece->bytes + bytes > limits_.write_bytes) {
      piece = pieces.emplace_back(std::make_unique<Piece>()).get();
      piece->partition_id = partition_ids[i];
    }
    piece->records.push_back(&records[i]);
    piece->places.push_back(i);
    piece->bytes += bytes;
  }
  return pieces;
}

void AppendQueue::AwaitPiece(Piece& piece) {
  Line& line = lines_[piece.partition_id];
  while (!piece.done) {
    if (line.led) {
      written_.Wait(mutex_);
    } else {
      Lead(line);
    }
  }
}

void AppendQueue::Lead(Line& line) {
  line.led = true;
  const std::vector<Piece*> group = TakeGroup(line);
  std::vector<const NewRecord*> records;
  for (const Piece* piece : group) records.insert(records.end(), piece->records.begin(), piece->records.end());
  const int64_t partition_id = group.front()->partition_id;
  mutex_.Unlock();
  absl::StatusOr<int64_t> first = write_(partition_id, records);
  mutex_.Lock();
  int64_t offset = first.value_or(0);
  for (Piece* piece : group) {
    if (first.ok()) {
      piece->first_offset = offset;
      offset += static_cast<int64_t>(piece->records.size());
    } else {
      piece->first_offset = first.status();
    }
    piece->done = true;
  }
  line.led = false;
  written_.NotifyAll();
}

// The first piece, and further ones as long as they stay within a group.
std::vector<AppendQueue::Piece*> AppendQueue::TakeGroup(Line& line) const {
  std::vector<Piece*> group = {line.waiting.front()};
  line.waiting.pop_front();
  size_t records = group[0]->records.size();
  int64_t bytes = group[0]->bytes;
  while (!line.waiting.empty()) {
    Piece* next = line.waiting.front();
    records += next->records.size();
    bytes += next->bytes;
    if (records > static_cast<size_t>(limits_.group_records) || bytes > limits_.write_bytes) break;
    group.push_back(next);
    line.waiting.pop_front();
  }
  return group;
}

}  // namespace kontor::log
