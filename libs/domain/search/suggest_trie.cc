#include "libs/domain/search/suggest_trie.h"

#include <algorithm>
#include <array>

#include "libs/domain/text/unicode.h"

namespace kontor::search {
namespace {

constexpr size_t kLettersMax = 40;  // of a word that is mended

std::u32string Letters(absl::string_view text) {
  std::vector<char32_t> letters;
  text::Decode(text, letters);
  return {letters.begin(), letters.end()};
}

}  // namespace

struct WordTrie::Search {
  std::u32string typed;
  bool whole = false;
  int distance_max = 0;
  std::u32string path;
  // rows[d][i]: distance of the path's first d letters from the first i typed ones.
  std::vector<std::array<uint8_t, kLettersMax + 1>> rows;
  std::vector<Mending> found;
};

WordTrie::WordTrie(absl::Span<const Word> words) {
  std::vector<std::u32string> letters;
  letters.reserve(words.size());
  for (const Word& word : words) letters.push_back(Letters(word.text));
  nodes_.emplace_back();
  Fill(0, words, letters, 0);
}

// UTF-8 sorts as its code points do, so that words with a common beginning stand together.
void WordTrie::Fill(uint32_t node, absl::Span<const Word> words, absl::Span<const std::u32string> letters,
                    size_t depth) {
  size_t at = 0;
  for (; at < words.size() && letters[at].size() == depth; ++at) {
    nodes_[node].word = 1;
    nodes_[node].weight = std::max(nodes_[node].weight, words[at].weight);
  }
  std::vector<std::pair<size_t, size_t>> groups;
  while (at < words.size()) {
    size_t end = at + 1;
    while (end < words.size() && letters[end][depth] == letters[at][depth]) ++end;
    groups.emplace_back(at, end);
    at = end;
  }
  const auto first = static_cast<uint32_t>(nodes_.size());
  nodes_[node].children = first;
  nodes_[node].count = static_cast<uint32_t>(groups.size());
  nodes_.resize(nodes_.size() + groups.size());
  for (size_t i = 0; i < groups.size(); ++i) {
    const auto [begin, end] = groups[i];
    nodes_[first + i].letter = letters[begin][depth];
    Fill(first + static_cast<uint32_t>(i), words.subspan(begin, end - begin), letters.subspan(begin, end - begin),
         depth + 1);
    nodes_[node].weight = std::max(nodes_[node].weight, nodes_[first + i].weight);
  }
}

const WordTrie::Node* WordTrie::Child(const Node& node, char32_t letter) const {
  const auto begin = nodes_.begin() + node.children, end = begin + node.count;
  const auto found =
      std::lower_bound(begin, end, letter, [](const Node& child, char32_t l) { return child.letter < l; });
  return found == end || found->letter != letter ? nullptr : &*found;
}

bool WordTrie::Has(absl::string_view word, bool whole) const {
  if (nodes_.empty()) return false;
  const Node* node = &nodes_[0];
  for (char32_t letter : Letters(word)) {
    node = Child(*node, letter);
    if (node == nullptr) return false;
  }
  return !whole || node->word != 0;
}

std::vector<WordTrie::Mending> WordTrie::Mend(absl::string_view word, bool whole, int distance_max,
                                              size_t limit) const {
  Search search{
      .typed = Letters(word), .whole = whole, .distance_max = distance_max, .path = {}, .rows = {}, .found = {}};
  if (search.typed.empty() || search.typed.size() > kLettersMax || nodes_.empty()) return {};
  const Node* first = Child(nodes_[0], search.typed[0]);
  if (first == nullptr) return {};
  search.rows.resize(search.typed.size() + distance_max + 2);
  for (size_t i = 0; i <= search.typed.size(); ++i) {
    search.rows[0][i] = static_cast<uint8_t>(i);
    search.rows[1][i] = static_cast<uint8_t>(i == 0 ? 1 : i - 1);
  }
  search.path.push_back(search.typed[0]);
  Walk(search, *first, 1);
  const auto better = [](const Mending& a, const Mending& b) {
    return a.distance != b.distance ? a.distance < b.distance
           : a.weight != b.weight   ? a.weight > b.weight
                                    : a.text < b.text;
  };
  const size_t kept = std::min(limit, search.found.size());
  std::partial_sort(search.found.begin(), search.found.begin() + static_cast<ptrdiff_t>(kept), search.found.end(),
                    better);
  search.found.resize(kept);
  return std::move(search.found);
}

// `node` is that of the path's `depth` letters, whose row is filled.
void WordTrie::Walk(Search& search, const Node& node, size_t depth) const {
  const size_t size = search.typed.size();
  const auto& row = search.rows[depth];
  if (row[size] <= search.distance_max && (!search.whole || node.word != 0)) {
    search.found.push_back({text::Encode({search.path.data(), search.path.size()}), row[size], node.weight});
    if (!search.whole) return;
  }
  if (depth + 1 >= search.rows.size()) return;
  const auto& above = search.rows[depth - 1];
  auto& next = search.rows[depth + 1];
  const size_t band = search.distance_max;
  const size_t low = depth + 1 > band ? depth + 1 - band : 1, high = std::min(size, depth + 1 + band);
  for (uint32_t c = 0; c < node.count; ++c) {
    const Node& child = nodes_[node.children + c];
    next[low - 1] = static_cast<uint8_t>(low == 1 ? depth + 1 : 100);
    uint8_t least = 100;
    for (size_t i = low; i <= high; ++i) {
      int best = row[i - 1] + (search.typed[i - 1] == child.letter ? 0 : 1);
      if (i <= depth + band) best = std::min(best, row[i] + 1);
      best = std::min(best, next[i - 1] + 1);
      // Never in the first letter: a swap begins behind it.
      if (i > 2 && depth > 1 && search.typed[i - 2] == child.letter && search.typed[i - 1] == search.path.back())
        best = std::min(best, above[i - 2] + 1);
      next[i] = static_cast<uint8_t>(best);
      least = std::min(least, next[i]);
    }
    if (high < size) next[size] = 100;
    if (least > search.distance_max) continue;
    search.path.push_back(child.letter);
    Walk(search, child, depth + 1);
    search.path.pop_back();
  }
}

}  // namespace kontor::search
