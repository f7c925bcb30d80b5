#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kontor::text {

// BERT's uncased WordPiece tokenizer (Devlin et al. 2019): lower case, NFD without combining marks, control and format
// characters dropped, words split at white space, punctuation and CJK ideographs, each word cut into the longest pieces
// of the vocabulary from the left ("##" before a piece inside of a word). Immutable, thread-safe.
class WordPiece {
 public:
  // One piece a line, the line's number from 0 is its id. INVALID_ARGUMENT when [UNK], [CLS] or [SEP] is missing, a
  // piece comes twice, or there are more than a million.
  static absl::StatusOr<WordPiece> Create(absl::string_view vocabulary);

  // Replaces ids by [CLS] pieces [SEP], at most max_tokens >= 2 of them: later pieces are left out. A word of more than
  // 100 characters, or one that the vocabulary cannot spell, is [UNK]. Broken UTF-8 is dropped. Cost: linear, about
  // 1 µs a word.
  void Tokenize(absl::string_view text, size_t max_tokens, std::vector<int32_t>& ids) const;

  size_t size() const { return size_; }  // of the vocabulary

 private:
  using Pieces = absl::flat_hash_map<std::string, int32_t>;

  WordPiece() = default;
  void AddWord(absl::string_view word, size_t characters, std::vector<int32_t>& ids) const;

  Pieces begin_, inside_;  // pieces that begin a word; those behind "##"
  size_t longest_ = 0;     // bytes of the longest piece
  size_t size_ = 0;
  int32_t unknown_ = 0, first_ = 0, last_ = 0;
};

}  // namespace kontor::text
