#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "libs/base/mutex.h"
#include "libs/domain/search/meaning.h"

namespace kontor::search {

// An encoder that remembers the vectors of the texts that were asked for last: shoppers ask the same over and over.
// Texts that are written alike are taken to have the same terms. Thread-safe; callers who ask for one new text at once
// may both have it encoded. Memory: `most` vectors and texts.
class RememberedTexts : public TextEncoder {
 public:
  RememberedTexts(std::shared_ptr<const TextEncoder> encoder, size_t most);

  size_t dimensions() const override { return encoder_->dimensions(); }
  absl::Status Encode(absl::Span<const TextToEncode> texts, absl::Span<float> out) const override;

  uint64_t hits() const { return hits_; }
  uint64_t misses() const { return misses_; }

 private:
  static constexpr size_t kShards = 16;
  using Entry = std::pair<std::string, std::vector<float>>;
  struct Shard {
    base::Mutex mutex;
    std::list<Entry> entries ABSL_GUARDED_BY(mutex);  // the last that was asked for in front
    absl::flat_hash_map<absl::string_view, std::list<Entry>::iterator> places ABSL_GUARDED_BY(mutex);
  };

  Shard& ShardOf(absl::string_view text) const;
  bool Find(absl::string_view text, absl::Span<float> out) const;
  void Keep(absl::string_view text, absl::Span<const float> vector) const;

  const std::shared_ptr<const TextEncoder> encoder_;
  const size_t most_;  // in a shard
  mutable std::array<Shard, kShards> shards_;
  mutable std::atomic<uint64_t> hits_{0}, misses_{0};
};

}  // namespace kontor::search
