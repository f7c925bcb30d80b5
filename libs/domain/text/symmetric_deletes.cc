#include "libs/domain/text/symmetric_deletes.h"

#include <algorithm>
#include <array>

namespace kontor::text {
namespace {

uint32_t HashOf(const char32_t* letters, size_t size) {
  uint64_t hash = 0x9E3779B97F4A7C15ULL + size;
  for (size_t i = 0; i < size; ++i) {
    hash = (hash ^ letters[i]) * 0xFF51AFD7ED558CCDULL;
    hash ^= hash >> 29;
  }
  return static_cast<uint32_t>(hash >> 32);
}

// The prefix, the prefix without one letter, without two.
void Forms(absl::Span<const char32_t> word, std::vector<uint32_t>& hashes) {
  const size_t size = std::min(word.size(), SymmetricDeletes::kPrefix);
  hashes.clear();
  hashes.push_back(HashOf(word.data(), size));
  std::array<char32_t, SymmetricDeletes::kPrefix> form{};
  for (size_t a = 0; a < size; ++a) {
    size_t kept = 0;
    for (size_t i = 0; i < size; ++i) {
      if (i != a) form[kept++] = word[i];
    }
    hashes.push_back(HashOf(form.data(), kept));
    for (size_t b = a + 1; b < size; ++b) {
      kept = 0;
      for (size_t i = 0; i < size; ++i) {
        if (i != a && i != b) form[kept++] = word[i];
      }
      hashes.push_back(HashOf(form.data(), kept));
    }
  }
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
}

}  // namespace

SymmetricDeletes::SymmetricDeletes(absl::Span<const std::vector<char32_t>> words, const std::vector<bool>& use) {
  std::vector<uint32_t> hashes;
  for (size_t id = 0; id < words.size(); ++id) {
    if (!use[id]) continue;
    Forms(words[id], hashes);
    for (uint32_t hash : hashes) entries_.push_back(static_cast<uint64_t>(hash) << 32 | id);
  }
  std::sort(entries_.begin(), entries_.end());
  entries_.shrink_to_fit();
  int bits = 1;
  while (bits < 22 && (size_t{1} << bits) < entries_.size() / 2) ++bits;
  shift_ = 32 - bits;
  starts_.assign((size_t{1} << bits) + 1, 0);
  for (uint64_t entry : entries_) ++starts_[(entry >> 32 >> shift_) + 1];
  for (size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];
}

void SymmetricDeletes::Find(absl::Span<const char32_t> word, std::vector<uint32_t>& ids) const {
  if (entries_.empty()) return;
  thread_local std::vector<uint32_t> hashes;
  Forms(word, hashes);
  const size_t before = ids.size();
  for (uint32_t hash : hashes) {
    const uint32_t bucket = hash >> shift_;
    for (uint32_t at = starts_[bucket]; at < starts_[bucket + 1]; ++at) {
      if (entries_[at] >> 32 == hash) ids.push_back(static_cast<uint32_t>(entries_[at]));
    }
  }
  std::sort(ids.begin() + before, ids.end());
  ids.erase(std::unique(ids.begin() + before, ids.end()), ids.end());
}

}  // namespace kontor::text
