#include "libs/domain/search/suggest_table.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace kontor::search {
namespace {

// The first eight bytes as a number that sorts as they do.
uint64_t KeyOf(absl::string_view text) {
  uint64_t key = 0;
  for (size_t i = 0; i < 8; ++i) key = key << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0);
  return key;
}

}  // namespace

SuggestTable::SuggestTable(const FormArena& forms, absl::Span<const uint32_t> entries, absl::Span<const float> weights,
                           size_t starts_max) {
  for (uint32_t entry : entries) {
    const absl::string_view form = forms[entry];
    size_t starts = 0;
    for (size_t at = 0; at < form.size() && starts < starts_max; ++starts) {
      cuts_.push_back({entry, static_cast<uint16_t>(at)});
      const size_t blank = form.find(' ', at);
      if (blank == absl::string_view::npos) break;
      at = blank + 1;
    }
  }
  cuts_.shrink_to_fit();
  Sort(forms);
  Rank(weights);
}

void SuggestTable::Sort(const FormArena& forms) {
  std::vector<std::pair<uint64_t, Cut>> keyed;
  keyed.reserve(cuts_.size());
  for (const Cut& cut : cuts_) keyed.emplace_back(KeyOf(forms[cut.entry].substr(cut.start)), cut);
  std::sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    const absl::string_view one = forms[a.second.entry].substr(a.second.start),
                            two = forms[b.second.entry].substr(b.second.start);
    const int order = one.compare(two);
    return order != 0                         ? order < 0
           : a.second.entry != b.second.entry ? a.second.entry < b.second.entry
                                              : a.second.start < b.second.start;
  });
  for (size_t i = 0; i < keyed.size(); ++i) cuts_[i] = keyed[i].second;
}

void SuggestTable::Rank(absl::Span<const float> weights) {
  std::vector<uint32_t> order(cuts_.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const Cut &one = cuts_[a], &two = cuts_[b];
    const float x = CutWeight(weights[one.entry], one.start), y = CutWeight(weights[two.entry], two.start);
    return x != y ? x > y : one.entry != two.entry ? one.entry < two.entry : one.start < two.start;
  });
  ranks_.resize(cuts_.size());
  for (uint32_t i = 0; i < order.size(); ++i) ranks_[order[i]] = i;
  const size_t blocks = (cuts_.size() + kBlock - 1) / kBlock;
  if (blocks == 0) return;
  minima_.emplace_back(blocks);
  for (size_t b = 0; b < blocks; ++b) {
    minima_[0][b] =
        Scan(static_cast<uint32_t>(b * kBlock), static_cast<uint32_t>(std::min(cuts_.size(), (b + 1) * kBlock)));
  }
  for (size_t width = 2; width <= blocks; width *= 2) {
    const std::vector<uint32_t>& below = minima_.back();
    std::vector<uint32_t> level(blocks - width + 1);
    for (size_t b = 0; b < level.size(); ++b) {
      const uint32_t one = below[b], two = below[b + width / 2];
      level[b] = ranks_[one] < ranks_[two] ? one : two;
    }
    minima_.push_back(std::move(level));
  }
}

uint32_t SuggestTable::Scan(uint32_t begin, uint32_t end) const {
  return static_cast<uint32_t>(std::min_element(ranks_.begin() + begin, ranks_.begin() + end) - ranks_.begin());
}

uint32_t SuggestTable::Best(uint32_t begin, uint32_t end) const {
  const uint32_t first = (begin + kBlock - 1) / kBlock, last = end / kBlock;  // whole blocks
  if (first >= last) return Scan(begin, end);
  const int level = std::bit_width(last - first) - 1;
  const uint32_t one = minima_[level][first], two = minima_[level][last - (1U << level)];
  uint32_t best = ranks_[one] < ranks_[two] ? one : two;
  for (const auto& [from, to] : {std::pair(begin, first * kBlock), std::pair(last * kBlock, end)}) {
    if (from == to) continue;
    const uint32_t edge = Scan(from, to);
    if (ranks_[edge] < ranks_[best]) best = edge;
  }
  return best;
}

std::pair<uint32_t, uint32_t> SuggestTable::Range(const FormArena& forms, absl::string_view prefix, bool ended) const {
  const auto text = [&](const Cut& cut) { return forms[cut.entry].substr(cut.start); };
  const auto begin =
      std::partition_point(cuts_.begin(), cuts_.end(), [&](const Cut& cut) { return text(cut) < prefix; });
  // A blank sorts before all that a form may have: what is equal and what goes on with a blank stand first.
  const auto end = std::partition_point(begin, cuts_.end(), [&](const Cut& cut) {
    const absl::string_view here = text(cut);
    return here.substr(0, prefix.size()) == prefix &&
           (!ended || here.size() == prefix.size() || here[prefix.size()] == ' ');
  });
  return {static_cast<uint32_t>(begin - cuts_.begin()), static_cast<uint32_t>(end - cuts_.begin())};
}

size_t SuggestTable::memory_bytes() const {
  size_t bytes = cuts_.size() * (sizeof(Cut) + sizeof(uint32_t));
  for (const auto& level : minima_) bytes += level.size() * sizeof(uint32_t);
  return bytes;
}

SuggestStream::SuggestStream(const SuggestTable& table, std::pair<uint32_t, uint32_t> range) : table_(&table) {
  Push(range.first, range.second);
}

void SuggestStream::Push(uint32_t begin, uint32_t end) {
  if (begin == end) return;
  const uint32_t best = table_->Best(begin, end);
  ranges_.push({table_->rank(best), best, begin, end});
}

void SuggestStream::Pop() {
  const Range range = ranges_.top();
  ranges_.pop();
  Push(range.begin, range.best);
  Push(range.best + 1, range.end);
}

}  // namespace kontor::search
