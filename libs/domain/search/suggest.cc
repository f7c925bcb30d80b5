#include "libs/domain/search/suggest.h"

#include <algorithm>
#include <cmath>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/domain/search/suggest_table.h"
#include "libs/domain/search/suggest_trie.h"
#include "libs/domain/text/normalize.h"
#include "libs/domain/text/unicode.h"

namespace kontor::search {
namespace {

constexpr size_t kLimitMax = 50;

size_t LettersOf(absl::string_view word) {
  return std::count_if(word.begin(), word.end(),
                       [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; });
}

int EditsOf(absl::string_view word) {
  if (std::any_of(word.begin(), word.end(), text::IsDigit)) return 0;
  const size_t letters = LettersOf(word);
  return letters >= 8 ? 2 : letters >= 4 ? 1 : 0;
}

// Not within a character.
absl::string_view Cut(absl::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

}  // namespace

struct SuggestIndex::Impl {
  std::vector<SuggestionEntry> entries;  // by normal form, then kind
  FormArena forms;
  std::array<SuggestTable, kSuggestionKinds> tables;
  WordTrie words;
  std::vector<uint32_t> trending;

  struct Typed {
    std::string form;
    bool ended = false;
  };
  struct Answer {
    size_t limit;
    std::array<size_t, kSuggestionKinds> left;
    absl::flat_hash_set<absl::string_view> forms;
    std::vector<Suggestion> suggestions;
  };

  void MakeForms();
  void MakeTables();
  void MakeWords();
  std::vector<Typed> Mended(const Typed& typed) const;
  void Take(const std::vector<Typed>& typed, bool corrected, Answer& answer) const;
  void Add(uint32_t entry, size_t start, size_t size, bool corrected, Answer& answer) const;
};

SuggestIndex::SuggestIndex(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
SuggestIndex::~SuggestIndex() = default;

absl::StatusOr<std::shared_ptr<const SuggestIndex>> SuggestIndex::Build(std::vector<SuggestionEntry> entries) {
  for (const SuggestionEntry& entry : entries) {
    for (float value : {entry.weight, entry.trend}) {
      if (!std::isfinite(value) || value < 0) {
        return absl::InvalidArgumentError(
            absl::StrCat("the suggestion \"", entry.text, "\" has the weight or trend ", value, "; give 0 or more"));
      }
    }
  }
  auto impl = std::make_unique<Impl>();
  impl->entries = std::move(entries);
  impl->MakeForms();
  impl->MakeTables();
  impl->MakeWords();
  return std::shared_ptr<const SuggestIndex>(new SuggestIndex(std::move(impl)));
}

// Sorts entries by form and drops those without words and all but the heaviest of a form and kind.
void SuggestIndex::Impl::MakeForms() {
  std::vector<std::pair<std::string, uint32_t>> order;
  order.reserve(entries.size());
  for (uint32_t i = 0; i < entries.size(); ++i) {
    std::string form = text::NormalForm(entries[i].text);
    form.resize(Cut(form, kEntryBytesMax).size());
    if (!form.empty()) order.emplace_back(std::move(form), i);
  }
  std::sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    if (const int compared = a.first.compare(b.first); compared != 0) return compared < 0;
    const SuggestionEntry &one = entries[a.second], &two = entries[b.second];
    return one.kind != two.kind       ? one.kind < two.kind
           : one.weight != two.weight ? one.weight > two.weight
                                      : a.second < b.second;
  });
  std::vector<SuggestionEntry> kept;
  forms.offsets.push_back(0);
  absl::string_view before;
  for (auto& [form, index] : order) {
    SuggestionEntry& entry = entries[index];
    if (!kept.empty() && before == form && kept.back().kind == entry.kind) {
      kept.back().trend = std::max(kept.back().trend, entry.trend);
      continue;
    }
    before = form;
    forms.bytes += form;
    forms.offsets.push_back(forms.bytes.size());
    kept.push_back(std::move(entry));
  }
  entries = std::move(kept);
  entries.shrink_to_fit();
  forms.bytes.shrink_to_fit();
}

void SuggestIndex::Impl::MakeTables() {
  std::array<std::vector<uint32_t>, kSuggestionKinds> kinds;
  std::vector<float> weights;
  weights.reserve(entries.size());
  for (uint32_t i = 0; i < entries.size(); ++i) {
    kinds[static_cast<size_t>(entries[i].kind)].push_back(i);
    weights.push_back(entries[i].weight);
    if (entries[i].kind == SuggestionKind::kQuery && entries[i].trend > 0) trending.push_back(i);
  }
  for (size_t kind = 0; kind < kSuggestionKinds; ++kind)
    tables[kind] = SuggestTable(forms, kinds[kind], weights, kStartsMax);
  std::stable_sort(trending.begin(), trending.end(),
                   [&](uint32_t a, uint32_t b) { return entries[a].trend > entries[b].trend; });
  if (trending.size() > kLimitMax) trending.resize(kLimitMax);
}

void SuggestIndex::Impl::MakeWords() {
  absl::flat_hash_map<absl::string_view, float> weights;
  for (uint32_t i = 0; i < entries.size(); ++i) {
    for (absl::string_view word : absl::StrSplit(forms[i], ' ')) {
      float& weight = weights[word];
      weight = std::max(weight, entries[i].weight);
    }
  }
  std::vector<WordTrie::Word> sorted;
  sorted.reserve(weights.size());
  for (const auto& [word, weight] : weights) sorted.push_back({word, weight});
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.text < b.text; });
  words = WordTrie(sorted);
}

// The likeliest ways to mend all words that no entry has; the last word where every one is known.
std::vector<SuggestIndex::Impl::Typed> SuggestIndex::Impl::Mended(const Typed& typed) const {
  struct Way {
    std::string form;
    int distance = 0;
    float weight = 0;
  };
  const std::vector<absl::string_view> parts = absl::StrSplit(typed.form, ' ');
  std::vector<bool> known;
  for (size_t i = 0; i < parts.size(); ++i) known.push_back(words.Has(parts[i], i + 1 < parts.size() || typed.ended));
  const auto unknown = std::count(known.begin(), known.end(), false);
  if (unknown > static_cast<ptrdiff_t>(kMendedWordsMax)) return {};
  if (unknown == 0) known.back() = false;
  std::vector<Way> ways = {{}};
  for (size_t i = 0; i < parts.size(); ++i) {
    std::vector<WordTrie::Mending> mendings = {{std::string(parts[i]), 0, 0}};
    if (!known[i]) {
      const int edits = EditsOf(parts[i]);
      if (edits == 0) return {};
      mendings = words.Mend(parts[i], i + 1 < parts.size() || typed.ended, edits, kMendingsMax);
    }
    std::vector<Way> next;
    for (const Way& way : ways) {
      for (const WordTrie::Mending& mending : mendings) {
        next.push_back({absl::StrCat(way.form, i == 0 ? "" : " ", mending.text), way.distance + mending.distance,
                        way.weight + mending.weight});
      }
    }
    std::stable_sort(next.begin(), next.end(), [](const Way& a, const Way& b) {
      return a.distance != b.distance ? a.distance < b.distance : a.weight > b.weight;
    });
    if (next.size() > kMendingsMax) next.resize(kMendingsMax);
    ways = std::move(next);
  }
  std::vector<Typed> mended;
  for (Way& way : ways) {
    if (way.form != typed.form) mended.push_back({std::move(way.form), typed.ended});
  }
  return mended;
}

void SuggestIndex::Impl::Take(const std::vector<Typed>& typed, bool corrected, Answer& answer) const {
  struct Source {
    SuggestStream stream;
    size_t kind, size;
  };
  std::vector<Source> sources;
  for (const Typed& one : typed) {
    for (size_t kind = 0; kind < kSuggestionKinds; ++kind) {
      if (answer.left[kind] == 0) continue;
      SuggestStream stream(tables[kind], tables[kind].Range(forms, one.form, one.ended));
      if (!stream.empty()) sources.push_back({std::move(stream), kind, one.form.size()});
    }
  }
  const auto before = [&](const Source& a, const Source& b) {
    const auto &one = a.stream.front(), &two = b.stream.front();
    const float x = CutWeight(entries[one.entry].weight, one.start),
                y = CutWeight(entries[two.entry].weight, two.start);
    return x != y ? x > y : a.kind != b.kind ? a.kind < b.kind : one.entry < two.entry;
  };
  while (!sources.empty() && answer.suggestions.size() < answer.limit) {
    const auto best = std::min_element(sources.begin(), sources.end(), before);
    const SuggestTable::Cut cut = best->stream.front();
    if (answer.forms.insert(forms[cut.entry]).second) {
      Add(cut.entry, cut.start, best->size, corrected, answer);
      --answer.left[best->kind];
    }
    best->stream.Pop();
    const auto done = [&](const Source& source) { return source.stream.empty() || answer.left[source.kind] == 0; };
    sources.erase(std::remove_if(sources.begin(), sources.end(), done), sources.end());
  }
}

void SuggestIndex::Impl::Add(uint32_t entry, size_t start, size_t size, bool corrected, Answer& answer) const {
  const SuggestionEntry& from = entries[entry];
  Suggestion to{.kind = from.kind,
                .text = from.text,
                .id = from.id,
                .weight = from.weight,
                .corrected = corrected,
                .highlights = {}};
  if (size > 0) {
    std::vector<uint32_t> offsets;
    text::NormalForm(from.text, &offsets);
    to.highlights.emplace_back(offsets[start], std::max(offsets[start + size], offsets[start] + 1));
  }
  answer.suggestions.push_back(std::move(to));
}

std::vector<Suggestion> SuggestIndex::Suggest(absl::string_view prefix, const SuggestOptions& options) const {
  prefix = Cut(prefix, kPrefixBytesMax);
  Impl::Typed typed{.form = text::NormalForm(prefix), .ended = false};
  Impl::Answer answer{
      .limit = std::min(options.limit, kLimitMax), .left = options.quotas, .forms = {}, .suggestions = {}};
  if (typed.form.empty()) {
    for (uint32_t entry : impl_->trending) {
      if (answer.suggestions.size() < std::min(answer.limit, answer.left[0])) impl_->Add(entry, 0, 0, false, answer);
    }
    return std::move(answer.suggestions);
  }
  typed.ended = prefix.back() == ' ';
  impl_->Take({typed}, false, answer);
  if (options.typos && answer.suggestions.size() < answer.limit) impl_->Take(impl_->Mended(typed), true, answer);
  return std::move(answer.suggestions);
}

size_t SuggestIndex::size() const { return impl_->entries.size(); }

size_t SuggestIndex::memory_bytes() const {
  size_t bytes =
      impl_->forms.bytes.size() + impl_->forms.offsets.size() * sizeof(uint64_t) + impl_->words.memory_bytes();
  for (const SuggestTable& table : impl_->tables) bytes += table.memory_bytes();
  for (const SuggestionEntry& entry : impl_->entries)
    bytes += sizeof(entry) + entry.text.capacity() + entry.id.capacity();
  return bytes;
}

}  // namespace kontor::search
