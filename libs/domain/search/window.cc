#include "libs/domain/search/window.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace kontor::search {
namespace {

constexpr int64_t kDayUs = 86'400'000'000;
constexpr size_t kCacheLine = 64;
constexpr size_t kTitleTerms = 16;  // of most titles

TopOptions TopOf(const WindowInput& input, size_t k) {
  TopOptions options;
  options.bm25f = input.settings.bm25f;
  options.boosts = input.settings.boosts;
  options.boosts.now_us = input.question.now_us;
  options.k = k;
  return options;
}

uint64_t KeyOf(DocRef doc) { return uint64_t{doc.segment} << 32 | doc.doc; }

std::vector<WindowEntry> Gather(const WindowInput& input, absl::Span<const Hit> hits, const MatchSet& set) {
  std::vector<WindowEntry> entries;
  absl::flat_hash_set<uint64_t> seen;
  for (const Hit& hit : hits) {
    entries.push_back({hit.doc, hit.sequence, hit.score});
    seen.insert(KeyOf(hit.doc));
  }
  std::vector<DocRef> others;
  for (const DocRef doc : input.neighbours) {
    if (set.Contains(doc) && seen.insert(KeyOf(doc)).second) others.push_back(doc);
  }
  const std::vector<DocScore> scores = ScoreOf(input.query, TopOf(input, 1), others);
  for (size_t i = 0; i < others.size(); ++i) {
    entries.push_back({others[i], input.query.view().Sequence(others[i]), scores[i].score});
  }
  return entries;
}

void SetCosines(const WindowInput& input, std::vector<WindowEntry>& entries) {
  if (entries.empty()) return;
  std::vector<uint32_t> rows;
  for (const WindowEntry& entry : entries) rows.push_back(input.query.view().Row(entry.doc));
  std::vector<float> cosines(rows.size());
  const auto score = [&](const std::vector<float>& vector, const std::vector<float>& known, const VectorIndex* vectors,
                         float WindowEntry::*into) {
    if (vector.empty()) return;
    for (size_t i = 0; i < known.size() && i < rows.size(); ++i) cosines[i] = known[rows[i]];
    if (known.empty() && !vectors->Score(vector, rows, absl::MakeSpan(cosines)).ok()) return;
    for (size_t i = 0; i < entries.size(); ++i) entries[i].*into = cosines[i];
  };
  const Meaning& meaning = *input.parts.meaning;
  const QueryVectors& query = input.vectors;
  score(query.sentence, query.sentence_cosines, meaning.sentence_vectors.get(), &WindowEntry::cosine);
  score(query.catalogue, query.catalogue_cosines, meaning.catalogue_vectors.get(), &WindowEntry::catalogue_cosine);
}

void SetFused(const WindowInput& input, absl::Span<const Hit> hits, std::vector<WindowEntry>& entries) {
  const bool sentence = !input.vectors.sentence.empty();
  std::vector<float> lexical, cosine, fused(entries.size());
  for (const WindowEntry& entry : entries) {
    lexical.push_back(entry.lexical);
    cosine.push_back(sentence ? entry.cosine : entry.catalogue_cosine);
  }
  // What the shop's own titles taught repeats the words too much to be weighed like a language: it counts as a feature,
  // and ranks alone where no word is found.
  const float weight = sentence ? DenseWeight(SignalsOf(input, hits), input.settings.fusion) : 0;
  Fuse(lexical, cosine, hits.empty() ? 0 : hits[0].score, weight, absl::MakeSpan(fused));
  for (size_t i = 0; i < entries.size(); ++i) entries[i].fused = fused[i];
}

void Order(std::vector<WindowEntry>& entries) {
  std::sort(entries.begin(), entries.end(), [](const WindowEntry& a, const WindowEntry& b) {
    if (a.exact != b.exact) return a.exact;
    return a.score != b.score ? a.score > b.score : a.sequence < b.sequence;
  });
}

// Of each group the best entry.
void KeepGroups(const IndexView& view, std::vector<WindowEntry>& entries) {
  absl::flat_hash_set<absl::string_view> seen;
  const auto again = [&](const WindowEntry& entry) {
    const absl::string_view group = view.GroupId(entry.doc);
    return !group.empty() && !seen.insert(group).second;
  };
  entries.erase(std::remove_if(entries.begin(), entries.end(), again), entries.end());
}

// The words of the query that are slots of their own, in its order; further slots stand behind them.
std::vector<text::Token> WordsOf(const WindowInput& input) {
  std::vector<text::Token> words;
  for (const text::Token& word : input.reading.understood.words) {
    if (!word.extra) words.push_back(word);
  }
  words.resize(std::min({words.size(), input.query.slots().size(), kMaxRankTerms}));
  return words;
}

RankQuery RankQueryOf(const WindowInput& input, absl::Span<const text::Token> words) {
  RankQuery query;
  const auto& slots = input.query.slots();
  for (size_t i = 0; i < words.size(); ++i) query.terms.push_back({slots[i].idf, slots[i].weight, words[i].kind});
  query.head = QueryHead(words);
  query.characters = static_cast<uint32_t>(input.reading.text.size());
  return query;
}

// The numbers that the terms of the words' slots have in a segment.
TermMarks MarksOf(const WindowInput& input, size_t words, const Segment& segment) {
  TermMarks marks;
  for (size_t i = 0; i < words; ++i) {
    for (const Alternative& alternative : input.reading.understood.lexical.slots[i].alternatives) {
      for (const std::string& term : alternative.terms) {
        const uint32_t number = segment.FindTerm(term);
        if (number != StringLookup::kNone) marks.Add(number, i);
      }
    }
  }
  return marks;
}

// A document's terms by field, without marks, gaps and further forms.
struct FieldTerms {
  std::array<std::vector<uint32_t>, kFields> terms;
  std::array<std::vector<uint32_t>, kFields> forms;  // further ones

  void Read(absl::Span<const uint32_t> forward) {
    for (auto& field : terms) field.clear();
    for (auto& field : forms) field.clear();
    size_t field = 0;
    for (const uint32_t entry : forward) {
      const bool same_place = (entry & kSamePlace) != 0;
      const uint32_t number = entry & ~kSamePlace;
      if (number == kGap) continue;
      if (number >= kMarks) {
        field = number - kMarks;
      } else {
        (same_place ? forms : terms)[field].push_back(number);
      }
    }
  }
};

// Asks the memory for what Candidates reads of documents all over it, so that they wait once and not one by one.
void Fetch(const IndexView& view, absl::Span<const WindowEntry> entries) {
  for (const WindowEntry& entry : entries) {
    const Segment& segment = view.segment(entry.doc.segment);
    __builtin_prefetch(&segment.forward_begin[entry.doc.doc]);
    __builtin_prefetch(&segment.titles.begin[entry.doc.doc]);
    __builtin_prefetch(&segment.title_head[entry.doc.doc]);
    __builtin_prefetch(&segment.available_at_us[entry.doc.doc]);
  }
  for (const WindowEntry& entry : entries) {
    const Segment& segment = view.segment(entry.doc.segment);
    const char* const title = segment.titles[entry.doc.doc].data();
    __builtin_prefetch(title);
    __builtin_prefetch(title + kCacheLine);
    const uint32_t* const forward = segment.Forward(entry.doc.doc).data();
    __builtin_prefetch(forward);
    __builtin_prefetch(forward + kCacheLine / sizeof(uint32_t));
  }
}

// The candidates of one query as the second stage looks at them.
class Candidates {
 public:
  Candidates(const WindowInput& input, size_t count)
      : input_(input), view_(input.query.view()), tokens_(WordsOf(input)) {
    titles_.reserve(count * kTitleTerms);
    title_ends_.reserve(count);
    soft_.reserve(count);
    candidates_.reserve(count);
    for (const text::Token& token : tokens_) {
      words_.push_back(token.word);
      terms_.push_back(token.term);
    }
    for (const Preference& preference : input.reading.understood.preferences) {
      if (preference.field == "brand" && !preference.excluded) brand_ = preference.value;
    }
  }

  void Add(WindowEntry& entry) {
    const Segment& segment = view_.segment(entry.doc.segment);
    const TermMarks& marks = MarksIn(entry.doc.segment, segment);
    fields_.Read(segment.Forward(entry.doc.doc));
    marks.Mark(fields_.terms[0], marked_);
    titles_.insert(titles_.end(), marked_.begin(), marked_.end());
    title_ends_.push_back(titles_.size());
    RankCandidate& candidate = candidates_.emplace_back();
    for (size_t f = 0; f < kFields; ++f) {
      candidate.matched[f] = marks.Matched(fields_.terms[f]) | marks.Matched(fields_.forms[f]);
    }
    entry.exact = IsExact(candidate, fields_.terms[0].size());
    candidate.head_places = segment.title_head[entry.doc.doc];
    candidate.surface = SurfaceMatches(view_.Title(entry.doc), words_);
    soft_.emplace_back();
    if (SoftMatcher* matcher = MatcherIn(entry.doc.segment)) {
      matcher->Match(
          fields_.terms[0], [&](uint32_t number) { return segment.terms[number]; }, soft_.back());
    }
    candidate.brand = BrandOf(entry.doc);
    candidate.lexical = entry.lexical;
    candidate.cosine = entry.cosine;
    candidate.has_cosine = !input_.vectors.sentence.empty();
    candidate.catalogue_cosine = entry.catalogue_cosine;
    candidate.fused = entry.fused;
    SetValues(entry.doc, candidate);
  }

  std::vector<float> Rows() {
    for (size_t i = 0; i < candidates_.size(); ++i) {
      const size_t begin = i > 0 ? title_ends_[i - 1] : 0;
      candidates_[i].title = absl::MakeConstSpan(titles_).subspan(begin, title_ends_[i] - begin);
      candidates_[i].soft = soft_[i];
    }
    std::vector<float> rows;
    FeatureRows(RankQueryOf(input_, tokens_), candidates_, rows);
    return rows;
  }

 private:
  const TermMarks& MarksIn(uint32_t number, const Segment& segment) {
    auto found = marks_.find(number);
    if (found == marks_.end()) found = marks_.emplace(number, MarksOf(input_, tokens_.size(), segment)).first;
    return found->second;
  }

  bool IsExact(const RankCandidate& candidate, size_t title_terms) const {
    uint64_t met = 0, codes = 0;
    for (const uint64_t matched : candidate.matched) met |= matched;
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (tokens_[i].kind == text::Token::Kind::kCode) codes |= uint64_t{1} << i;
    }
    const uint64_t all = tokens_.size() == 64 ? ~uint64_t{0} : (uint64_t{1} << tokens_.size()) - 1;
    if (codes != 0) return (met & codes) == codes;
    return !tokens_.empty() && (candidate.matched[0] & all) == all && title_terms == tokens_.size();
  }

  // Null without vectors of the catalogue's terms.
  SoftMatcher* MatcherIn(uint32_t number) {
    if (input_.vectors.catalogue.empty()) return nullptr;
    auto& matcher = matchers_[number];
    if (matcher == nullptr) matcher = std::make_unique<SoftMatcher>(*input_.parts.meaning->catalogue, terms_);
    return matcher.get();
  }

  int8_t BrandOf(DocRef doc) const {
    if (brand_.empty()) return 0;
    for (const absl::string_view brand : view_.ValuesOf(doc, {Property::Kind::kBrand, ""})) {
      if (brand == brand_) return 1;
    }
    return -1;
  }

  void SetValues(DocRef doc, RankCandidate& candidate) const {
    const LiveValues live = view_.Live(doc);
    candidate.price_micros = live.price_micros;
    candidate.stock = live.stock;
    candidate.popularity = live.popularity;
    const int64_t available = view_.AvailableAt(doc);
    if (available > 0 && input_.question.now_us >= available) {
      candidate.age_days = static_cast<float>((input_.question.now_us - available) / kDayUs);
    }
  }

  const WindowInput& input_;
  const IndexView& view_;
  const std::vector<text::Token> tokens_;  // of the query's words
  std::vector<absl::string_view> words_, terms_;
  std::string brand_;                               // that is asked for
  absl::flat_hash_map<uint32_t, TermMarks> marks_;  // by segment
  absl::flat_hash_map<uint32_t, std::unique_ptr<SoftMatcher>> matchers_;
  FieldTerms fields_;            // of the candidate being added
  std::vector<uint8_t> marked_;  // its title
  std::vector<uint8_t> titles_;  // of all, one behind another
  std::vector<size_t> title_ends_;
  std::vector<std::vector<float>> soft_;
  std::vector<RankCandidate> candidates_;
};

}  // namespace

FusionSignals SignalsOf(const WindowInput& input, absl::Span<const Hit> lexical) {
  FusionSignals signals;
  signals.best_cosine = std::clamp(input.vectors.best_cosine, 0.0F, 1.0F);
  const auto& slots = input.query.slots();
  float mass = 0;
  size_t unknown = 0;
  for (const auto& slot : slots) {
    mass += slot.weight * slot.idf;
    if (slot.document_frequency == 0) ++unknown;
  }
  if (!slots.empty()) signals.unknown = static_cast<float>(unknown) / static_cast<float>(slots.size());
  signals.missing = 1;
  if (lexical.empty() || lexical[0].score <= 0) return signals;
  if (lexical.size() >= 10) signals.flat = std::clamp(lexical[9].score / lexical[0].score, 0.0F, 1.0F);
  const DocScore best = ScoreOf(input.query, TopOf(input, 1), {lexical[0].doc})[0];
  const std::vector<text::Token> words = WordsOf(input);
  float matched = 0;
  for (size_t i = 0; i < slots.size(); ++i) {
    if (best.slots[i].score <= 0) continue;
    matched += slots[i].weight * slots[i].idf;
    signals.exact |= i < words.size() && words[i].kind == text::Token::Kind::kCode;
  }
  if (mass > 0) signals.missing = std::clamp(1 - matched / mass, 0.0F, 1.0F);
  return signals;
}

std::vector<float> RowsOf(const WindowInput& input, absl::Span<WindowEntry> entries) {
  Fetch(input.query.view(), entries);
  Candidates candidates(input, entries.size());
  for (WindowEntry& entry : entries) candidates.Add(entry);
  return candidates.Rows();
}

Window RankWindow(const WindowInput& input, const MatchSet& set) {
  Window window;
  const TopOptions options = TopOf(input, input.settings.window);
  const std::vector<Hit> hits =
      input.question.group_variants ? TopGroups(input.query, set, options) : Top(input.query, set, options);
  window.whole = hits.size() < input.settings.window;
  if (!hits.empty()) window.last = {hits.back().score, hits.back().sequence};
  window.entries = Gather(input, hits, set);
  for (WindowEntry& entry : window.entries) entry.score = entry.fused = entry.lexical;
  if (!input.query.slots().empty() && !input.question.verbatim) {
    if (!input.vectors.empty()) SetCosines(input, window.entries);
    SetFused(input, hits, window.entries);
    const bool learned = input.parts.ranker != nullptr && input.question.effort == Effort::kLearned;
    const std::vector<float> rows = RowsOf(input, absl::MakeSpan(window.entries));
    std::vector<float> scores(window.entries.size());
    (learned ? *input.parts.ranker : input.settings.ranker).Score(rows, absl::MakeSpan(scores));
    for (size_t i = 0; i < scores.size(); ++i) window.entries[i].score = scores[i];
    window.effort = learned ? Effort::kLearned : input.vectors.empty() ? Effort::kLexical : Effort::kFused;
  }
  Order(window.entries);
  if (input.question.group_variants) KeepGroups(input.query.view(), window.entries);
  return window;
}

}  // namespace kontor::search
