#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace kontor::search {

// The words of all suggestions, by their beginnings. Immutable; thread-safe.
class WordTrie {
 public:
  struct Word {
    absl::string_view text;
    float weight = 0;
  };
  // What a misspelt word may have been meant for.
  struct Mending {
    std::string text;  // a word, or the beginning of words
    int distance = 0;
    float weight = 0;  // of the heaviest word
  };

  WordTrie() = default;
  explicit WordTrie(absl::Span<const Word> words);  // ascending by bytes, each once

  bool Has(absl::string_view word, bool whole) const;  // as a word, or as the beginning of one
  // Words, or beginnings of words, within `distance_max` of optimal string alignment that share the first letter: by
  // distance, weight, text; at most `limit`. Beginnings that begin with another one are left out.
  std::vector<Mending> Mend(absl::string_view word, bool whole, int distance_max, size_t limit) const;
  size_t memory_bytes() const { return nodes_.size() * sizeof(Node); }

 private:
  struct Node {
    char32_t letter = 0;
    uint32_t children = 0;  // the first; those of a node stand together, by letter
    uint32_t count : 31 = 0;
    uint32_t word : 1 = 0;
    float weight = 0;  // the heaviest word below
  };
  struct Search;

  void Fill(uint32_t node, absl::Span<const Word> words, absl::Span<const std::u32string> letters, size_t depth);
  const Node* Child(const Node& node, char32_t letter) const;
  void Walk(Search& search, const Node& node, size_t depth) const;

  std::vector<Node> nodes_;  // the root first
};

}  // namespace kontor::search
