#include "libs/domain/search/remembered_texts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"

namespace kontor::search {

RememberedTexts::RememberedTexts(std::shared_ptr<const TextEncoder> encoder, size_t most)
    : encoder_(std::move(encoder)), most_((most + kShards - 1) / kShards) {}

RememberedTexts::Shard& RememberedTexts::ShardOf(absl::string_view text) const {
  return shards_[base::StableHash(text) % kShards];
}

bool RememberedTexts::Find(absl::string_view text, absl::Span<float> out) const {
  Shard& shard = ShardOf(text);
  base::MutexLock lock(shard.mutex);
  const auto found = shard.places.find(text);
  if (found == shard.places.end()) return false;
  shard.entries.splice(shard.entries.begin(), shard.entries, found->second);
  std::copy(found->second->second.begin(), found->second->second.end(), out.begin());
  return true;
}

void RememberedTexts::Keep(absl::string_view text, absl::Span<const float> vector) const {
  Shard& shard = ShardOf(text);
  base::MutexLock lock(shard.mutex);
  if (most_ == 0 || shard.places.contains(text)) return;
  if (shard.entries.size() == most_) {
    shard.places.erase(shard.entries.back().first);
    shard.entries.pop_back();
  }
  shard.entries.emplace_front(std::string(text), std::vector<float>(vector.begin(), vector.end()));
  shard.places.emplace(shard.entries.front().first, shard.entries.begin());
}

absl::Status RememberedTexts::Encode(absl::Span<const TextToEncode> texts, absl::Span<float> out) const {
  const size_t size = dimensions();
  if (out.size() != texts.size() * size) {
    return absl::InvalidArgumentError(absl::StrCat("give ", texts.size() * size, " numbers to write"));
  }
  std::vector<TextToEncode> fresh;
  std::vector<size_t> places;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (Find(texts[i].text, out.subspan(i * size, size))) continue;
    fresh.push_back(texts[i]);
    places.push_back(i);
  }
  hits_ += texts.size() - fresh.size();
  misses_ += fresh.size();
  if (fresh.empty()) return absl::OkStatus();
  std::vector<float> vectors(fresh.size() * size);
  RETURN_IF_ERROR(encoder_->Encode(fresh, absl::MakeSpan(vectors)));
  for (size_t i = 0; i < fresh.size(); ++i) {
    const auto vector = absl::MakeConstSpan(vectors).subspan(i * size, size);
    std::copy(vector.begin(), vector.end(), out.begin() + static_cast<ptrdiff_t>(places[i] * size));
    Keep(fresh[i].text, vector);
  }
  return absl::OkStatus();
}

}  // namespace kontor::search
