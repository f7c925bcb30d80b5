#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace kontor::search {

enum class SuggestionKind : uint8_t { kQuery = 0, kCategory, kBrand, kProduct };
inline constexpr size_t kSuggestionKinds = 4;

struct SuggestionEntry {
  SuggestionKind kind = SuggestionKind::kQuery;
  std::string text;  // as shown
  std::string id;    // of the category, brand or product; empty: none
  float weight = 0;  // popularity, >= 0
  float trend = 0;   // how much it is asked now; the order for an empty prefix
};

struct SuggestOptions {
  size_t limit = 10;                                            // 1 … 50
  std::array<size_t, kSuggestionKinds> quotas = {10, 3, 3, 5};  // at most so many of a kind
  bool typos = true;
};

struct Suggestion {
  SuggestionKind kind = SuggestionKind::kQuery;
  std::string text;
  std::string id;
  float weight = 0;
  bool corrected = false;                                 // found by mending a typo
  std::vector<std::pair<uint32_t, uint32_t>> highlights;  // bytes of text that the customer has typed
};

// Completion as one types. An entry matches if its normal form (text::NormalForm), cut at the beginning of one of its
// first kStartsMax words, begins with the prefix's normal form; a blank at the prefix's end ends its last word. Order:
// weight, halved where the match does not begin at the first word; ties by kind, then normal form. Of entries with the
// same normal form the heaviest counts within a kind, the first in this order among kinds. Where fewer than the limit
// match, misspelt words are mended: one edit (optimal string alignment) from four letters, two from eight, never in the
// first letter; words that some entry has stay, but for the last one where all are known. The kMendingsMax likeliest
// mendings count; what they match stands behind all exact matches. Sorted arrays with a range-minimum table of ranks
// per kind: time grows with log(entries) and the limit, not with the matches. Immutable; thread-safe. Built aside, in
// the background, in seconds for a million entries.
class SuggestIndex {
 public:
  static constexpr size_t kStartsMax = 6;
  static constexpr size_t kPrefixBytesMax = 128;  // of a prefix; the rest is ignored
  static constexpr size_t kEntryBytesMax = 512;   // of a normal form; the rest is not found
  static constexpr size_t kMendingsMax = 8;
  static constexpr size_t kMendedWordsMax = 3;  // of one prefix; with more misspelt words none is mended

  ~SuggestIndex();
  // Entries without words are left out. INVALID_ARGUMENT: a weight or trend that is negative or not finite.
  static absl::StatusOr<std::shared_ptr<const SuggestIndex>> Build(std::vector<SuggestionEntry> entries);

  // A prefix without words gives the queries with the highest trend above 0. Limits above 50 count as 50.
  std::vector<Suggestion> Suggest(absl::string_view prefix, const SuggestOptions& options = {}) const;

  size_t size() const;
  size_t memory_bytes() const;

 private:
  struct Impl;
  explicit SuggestIndex(std::unique_ptr<const Impl> impl);
  const std::unique_ptr<const Impl> impl_;
};

}  // namespace kontor::search
