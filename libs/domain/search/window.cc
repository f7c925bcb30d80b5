#include "libs/domain/search/window.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace kontor::search {
namespace {

constexpr int64_t kDayUs = 86'400'000'000;

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
  std::vector<uint32_t> rows;
  for (const WindowEntry& entry : entries) rows.push_back(input.query.view().Row(entry.doc));
  std::vector<float> cosines(rows.size());
  const absl::Status scored = input.parts.meaning->vectors->Score(input.vector, rows, absl::MakeSpan(cosines));
  if (!scored.ok()) std::fill(cosines.begin(), cosines.end(), 0.0F);
  for (size_t i = 0; i < entries.size(); ++i) entries[i].cosine = cosines[i];
}

void SetFused(const WindowInput& input, absl::Span<const Hit> hits, std::vector<WindowEntry>& entries) {
  std::vector<float> lexical, cosine, fused(entries.size());
  for (const WindowEntry& entry : entries) {
    lexical.push_back(entry.lexical);
    cosine.push_back(entry.cosine);
  }
  const float least = cosine.empty() ? 0 : *std::min_element(cosine.begin(), cosine.end());
  const float weight = DenseWeight(SignalsOf(input, hits), input.settings.fusion);
  Fuse({lexical, cosine, hits.empty() ? 0 : hits[0].score, input.best_cosine, least}, weight, absl::MakeSpan(fused));
  for (size_t i = 0; i < entries.size(); ++i) entries[i].fused = fused[i];
}

void Order(std::vector<WindowEntry>& entries) {
  std::sort(entries.begin(), entries.end(), [](const WindowEntry& a, const WindowEntry& b) {
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

RankQuery RankQueryOf(const WindowInput& input) {
  RankQuery query;
  const auto& slots = input.query.slots();
  const auto& words = input.reading.understood.words;
  for (size_t i = 0; i < std::min(slots.size(), kMaxRankTerms); ++i) {
    query.terms.push_back({slots[i].idf, slots[i].weight, i < words.size() ? words[i].kind : text::Token::Kind::kWord});
  }
  query.characters = static_cast<uint32_t>(input.reading.text.size());
  return query;
}

// The numbers that the terms of the query's slots have in a segment.
TermMarks MarksOf(const WindowInput& input, const Segment& segment) {
  TermMarks marks;
  const auto& slots = input.reading.understood.lexical.slots;
  for (size_t i = 0; i < std::min(slots.size(), kMaxRankTerms); ++i) {
    for (const Alternative& alternative : slots[i].alternatives) {
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

  explicit FieldTerms(absl::Span<const uint32_t> forward) {
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

struct CandidateMemory {
  std::vector<uint8_t> title;
};

RankCandidate CandidateOf(const WindowInput& input, const WindowEntry& entry, const TermMarks& marks,
                          CandidateMemory& memory) {
  const IndexView& view = input.query.view();
  const FieldTerms fields(view.segment(entry.doc.segment).Forward(entry.doc.doc));
  RankCandidate candidate;
  marks.Mark(fields.terms[0], memory.title);
  candidate.title = memory.title;
  for (size_t f = 0; f < kFields; ++f) {
    candidate.matched[f] = marks.Matched(fields.terms[f]) | marks.Matched(fields.forms[f]);
  }
  const LiveValues live = view.Live(entry.doc);
  candidate.lexical = entry.lexical;
  candidate.cosine = entry.cosine;
  candidate.has_cosine = !input.vector.empty();
  candidate.fused = entry.fused;
  candidate.price_micros = live.price_micros;
  candidate.stock = live.stock;
  candidate.popularity = live.popularity;
  const int64_t available = view.AvailableAt(entry.doc);
  if (available > 0 && input.question.now_us >= available) {
    candidate.age_days = static_cast<float>((input.question.now_us - available) / kDayUs);
  }
  return candidate;
}

}  // namespace

FusionSignals SignalsOf(const WindowInput& input, absl::Span<const Hit> lexical) {
  FusionSignals signals;
  signals.best_cosine = std::clamp(input.best_cosine, 0.0F, 1.0F);
  const auto& slots = input.query.slots();
  if (!slots.empty()) signals.short_query = 1.0F / static_cast<float>(slots.size());
  float mass = 0;
  size_t unknown = 0;
  for (const auto& slot : slots) {
    mass += slot.weight * slot.idf;
    if (slot.document_frequency == 0) ++unknown;
  }
  if (!slots.empty()) signals.unknown = static_cast<float>(unknown) / static_cast<float>(slots.size());
  if (lexical.empty() || lexical[0].score <= 0) return signals;
  if (lexical.size() >= 10) signals.lexical_margin = 1 - std::max(0.0F, lexical[9].score) / lexical[0].score;
  const DocScore best = ScoreOf(input.query, TopOf(input, 1), {lexical[0].doc})[0];
  float matched = 0;
  bool code = false;
  for (size_t i = 0; i < slots.size(); ++i) {
    if (best.slots[i].score <= 0) continue;
    matched += slots[i].weight * slots[i].idf;
    const auto& words = input.reading.understood.words;
    code |= i < words.size() && words[i].kind == text::Token::Kind::kCode;
  }
  if (mass > 0) signals.covered = std::min(1.0F, matched / mass);
  signals.exact = code ? 1 : 0;
  return signals;
}

std::vector<float> RowsOf(const WindowInput& input, absl::Span<const WindowEntry> entries) {
  absl::flat_hash_map<uint32_t, TermMarks> marks;
  std::vector<CandidateMemory> memory(entries.size());
  std::vector<RankCandidate> candidates;
  for (size_t i = 0; i < entries.size(); ++i) {
    const uint32_t segment = entries[i].doc.segment;
    auto found = marks.find(segment);
    if (found == marks.end()) {
      found = marks.emplace(segment, MarksOf(input, input.query.view().segment(segment))).first;
    }
    candidates.push_back(CandidateOf(input, entries[i], found->second, memory[i]));
  }
  std::vector<float> rows;
  FeatureRows(RankQueryOf(input), candidates, rows);
  return rows;
}

Window RankWindow(const WindowInput& input, const MatchSet& set) {
  Window window;
  const TopOptions options = TopOf(input, input.settings.window);
  const std::vector<Hit> hits =
      input.question.group_variants ? TopGroups(input.query, set, options) : Top(input.query, set, options);
  window.whole = hits.size() < input.settings.window;
  if (!hits.empty()) window.last = {hits.back().score, hits.back().sequence};
  window.entries = Gather(input, hits, set);
  for (WindowEntry& entry : window.entries) entry.fused = entry.lexical;
  const bool words = !input.query.slots().empty();
  if (words && !input.vector.empty()) {
    SetCosines(input, window.entries);
    SetFused(input, hits, window.entries);
    window.effort = Effort::kFused;
  }
  for (WindowEntry& entry : window.entries) entry.score = entry.fused;
  if (words && input.parts.ranker != nullptr && input.question.effort == Effort::kLearned) {
    const std::vector<float> rows = RowsOf(input, window.entries);
    std::vector<float> scores(window.entries.size());
    input.parts.ranker->Score(rows, absl::MakeSpan(scores));
    for (size_t i = 0; i < scores.size(); ++i) window.entries[i].score = scores[i];
    window.effort = Effort::kLearned;
  }
  Order(window.entries);
  if (input.question.group_variants) KeepGroups(input.query.view(), window.entries);
  return window;
}

}  // namespace kontor::search
