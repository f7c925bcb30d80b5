#include "libs/domain/text/spelling.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "libs/domain/text/edit_cost.h"
#include "libs/domain/text/unicode.h"

namespace kontor::text {
namespace {

using Action = SpellingVerdict::Action;

constexpr size_t kLettersMin = 4;
constexpr double kCostMax = 2.0, kShortCostMax = 1.3, kSplitCost = 1.2, kAlsoCostMax = 1.0;
constexpr size_t kLong = 7;  // letters from which two edits may cost kCostMax
constexpr uint32_t kSplitDocuments = 5;
constexpr uint32_t kAlsoDocuments = 5;
constexpr uint32_t kJoinDocuments = 3;
constexpr double kCostWeight = 3, kOwnShare = 0.3, kContextShare = 0.7, kTiny = 1e-9, kSplitPrior = 0.0002;
constexpr double kCommon = 0.15;  // share of documents from which a term is no context
constexpr float kSameLetters = 0.8F, kOtherLetters = 0.4F, kUnconfirmed = 0.3F, kAlsoWeight = 0.4F;
constexpr size_t kContextMax = 6;      // terms, the rarest
constexpr size_t kCandidatesMax = 64;  // whose neighbourhood is counted, the best without it

bool OfLetters(absl::string_view word) { return std::none_of(word.begin(), word.end(), IsDigit); }

}  // namespace

// A query looked up.
struct SpellingDictionary::Query {
  absl::Span<const Word> words;
  std::vector<uint32_t> terms;  // kNone: unknown
  std::vector<bool> known;      // as word or stem
  std::vector<bool> surface;    // as word
};

struct SpellingDictionary::Guess {
  double score = -std::numeric_limits<double>::infinity();
  SpellingVerdict verdict;
  std::vector<uint32_t> terms;
  int join = 0;             // -1: with the word before, 1: with the next
  bool neighbours = false;  // kSplit: some document has the words side by side
};

uint32_t SpellingDictionary::IdOf(absl::string_view word) const {
  const auto found = word_ids_.find(word);
  return found == word_ids_.end() ? kNone : found->second;
}

uint32_t SpellingDictionary::TermIdOf(absl::string_view term) const {
  const auto found = term_ids_.find(term);
  return found == term_ids_.end() ? kNone : found->second;
}

uint32_t SpellingDictionary::documents(absl::string_view word) const {
  const uint32_t id = IdOf(word);
  return id == kNone ? 0 : word_documents_[id];
}

absl::Span<const uint32_t> SpellingDictionary::Postings(uint32_t term) const {
  return absl::MakeConstSpan(postings_).subspan(offsets_[term], offsets_[term + 1] - offsets_[term]);
}

size_t SpellingDictionary::Together(uint32_t a, uint32_t b) const {
  absl::Span<const uint32_t> small = Postings(a), large = Postings(b);
  if (small.size() > large.size()) std::swap(small, large);
  size_t both = 0;
  auto at = large.begin();
  for (uint32_t document : small) {
    // Galloping: the shorter list is often far shorter.
    size_t step = 1;
    while (large.end() - at > static_cast<ptrdiff_t>(step) && at[step] < document) step *= 2;
    at = std::lower_bound(at + step / 2, at + std::min<ptrdiff_t>(step + 1, large.end() - at), document);
    if (at == large.end()) break;
    if (*at == document) ++both;
  }
  return both;
}

double SpellingDictionary::Adjacent(uint32_t a, uint32_t b) const {
  const uint64_t pair = static_cast<uint64_t>(a) << 32 | b;
  const auto found = std::lower_bound(pairs_.begin(), pairs_.end(), pair);
  if (found == pairs_.end() || *found != pair) return 0;
  return pair_documents_[found - pairs_.begin()] * (static_cast<double>(documents_) / sampled_);
}

// The query's other known terms that are rare enough to tell something, the rarest first.
std::vector<uint32_t> SpellingDictionary::Context(const Query& query, size_t word) const {
  std::vector<uint32_t> context;
  for (size_t i = 0; i < query.words.size(); ++i) {
    const uint32_t other = query.terms[i];
    if (i != word && other != kNone && term_documents_[other] < kCommon * documents_) context.push_back(other);
  }
  std::sort(context.begin(), context.end(), [&](uint32_t a, uint32_t b) {
    return term_documents_[a] != term_documents_[b] ? term_documents_[a] < term_documents_[b] : a < b;
  });
  if (context.size() > kContextMax) context.resize(kContextMax);
  return context;
}

double SpellingDictionary::WordScore(uint32_t word, absl::Span<const uint32_t> context) const {
  const uint32_t term = word_terms_[word];
  const double own = static_cast<double>(word_documents_[word]) / documents_;
  if (context.empty()) return std::log(own);
  double beside = 0;
  for (uint32_t other : context) {
    const size_t all = Postings(other).size();
    if (all > 0) beside += static_cast<double>(Together(term, other)) / static_cast<double>(all);
  }
  return std::log(kOwnShare * own + kContextShare * beside / static_cast<double>(context.size()) + kTiny);
}

std::vector<SpellingVerdict> SpellingDictionary::Correct(absl::Span<const Word> words) const {
  std::vector<SpellingVerdict> verdicts(words.size());
  if (documents_ == 0) return verdicts;
  words = words.subspan(0, kWordsMax);
  size_t unknown = 0;
  Query query{.words = words, .terms = {}, .known = {}, .surface = {}};
  bool all = true;
  for (const Word& word : words) {
    query.terms.push_back(TermIdOf(word.term));
    query.surface.push_back(Knows(word.word));
    query.known.push_back(query.surface.back() || query.terms.back() != kNone || !OfLetters(word.word));
    all = all && query.surface.back();
  }
  if (all) return verdicts;
  for (size_t i = 0; i < words.size(); ++i) {
    if (verdicts[i].action != Action::kKeep || query.surface[i]) continue;
    if (query.known[i]) {
      if (OfLetters(words[i].word)) verdicts[i] = Also(query, i);
      continue;
    }
    if (++unknown > kUnknownMax) break;
    Guess best;
    Replacements(query, i, best);
    Splits(query, i, best);
    if (i > 0 && verdicts[i - 1].action == Action::kKeep) Join(query, i - 1, i, best);
    if (i + 1 < words.size()) Join(query, i, i, best);
    if (best.verdict.action == Action::kKeep) continue;
    const bool confirmed = Confirmed(query, i, best.terms);
    if (best.verdict.action == Action::kSplit && !confirmed && !best.neighbours) continue;
    best.verdict.weight = !confirmed                                ? kUnconfirmed
                          : best.verdict.action == Action::kReplace ? kOtherLetters
                                                                    : kSameLetters;
    verdicts[best.join < 0 ? i - 1 : i] = std::move(best.verdict);
    if (best.join != 0) verdicts[best.join < 0 ? i : i + 1].action = Action::kJoined;
  }
  return verdicts;
}

void SpellingDictionary::Replacements(const Query& query, size_t word, Guess& best) const {
  thread_local std::vector<char32_t> letters;
  thread_local std::vector<uint32_t> ids;
  thread_local std::vector<std::pair<double, uint32_t>> candidates;  // upper bound of the score, id; then sorted
  Decode(query.words[word].word, letters);
  if (letters.size() < kLettersMin) return;
  const std::vector<uint32_t> context = Context(query, word);
  ids.clear();
  candidates.clear();
  deletes_.Find(letters, ids);
  for (uint32_t id : ids) {
    const EditCost edit = CostOfTyping(letters, letters_[id], SymmetricDeletes::kDistance);
    if (edit.cost > (edit.distance == 2 && letters.size() < kLong ? kShortCostMax : kCostMax)) continue;
    candidates.emplace_back(-kCostWeight * edit.cost, id);
  }
  // Ties and the limit by how often a word stands in the catalogue.
  const auto prior = [&](const std::pair<double, uint32_t>& c) {
    return c.first + std::log(static_cast<double>(word_documents_[c.second]));
  };
  std::sort(candidates.begin(), candidates.end(), [&](const auto& a, const auto& b) {
    const double one = prior(a), two = prior(b);
    return one != two ? one > two : words_[a.second] < words_[b.second];
  });
  if (candidates.size() > kCandidatesMax) candidates.resize(kCandidatesMax);
  for (const auto& [cost, id] : candidates) {
    if (cost <= best.score) continue;  // the rest of the score is below zero
    const double score = cost + WordScore(id, context);
    if (score <= best.score) continue;
    best = {.score = score, .verdict = {.action = Action::kReplace, .words = {words_[id]}}, .terms = {word_terms_[id]}};
  }
}

void SpellingDictionary::Splits(const Query& query, size_t word, Guess& best) const {
  const absl::string_view text = query.words[word].word;
  std::vector<char32_t> letters;
  Decode(text, letters);
  if (letters.size() < kLettersMin) return;
  for (size_t cut = 2; cut + 2 <= letters.size(); ++cut) {
    const size_t bytes = Encode(absl::MakeConstSpan(letters).subspan(0, cut)).size();
    const uint32_t left = IdOf(text.substr(0, bytes)), right = IdOf(text.substr(bytes));
    if (left == kNone || right == kNone) continue;
    const uint32_t least = std::min(word_documents_[left], word_documents_[right]);
    if (least < kSplitDocuments) continue;
    const double adjacent = Adjacent(left, right);
    const bool small = cut < 3 || letters.size() - cut < 3;
    if (small && adjacent < kSplitDocuments) continue;
    const double score = -kCostWeight * kSplitCost + std::log((adjacent + kSplitPrior * least) / documents_ + kTiny);
    if (score <= best.score) continue;
    best = {.score = score,
            .verdict = {.action = Action::kSplit, .words = {words_[left], words_[right]}},
            .terms = {word_terms_[left], word_terms_[right]},
            .neighbours = adjacent > 0};
  }
}

// Words `first` and the next one as one.
void SpellingDictionary::Join(const Query& query, size_t first, size_t word, Guess& best) const {
  const Word& one = query.words[first];
  const Word& two = query.words[first + 1];
  if (!OfLetters(one.word) || !OfLetters(two.word)) return;
  const std::string joined = absl::StrCat(one.word, two.word);
  const uint32_t id = IdOf(joined);
  if (id == kNone || word_documents_[id] < kJoinDocuments) return;
  const double score = -kCostWeight * kSplitCost + WordScore(id, Context(query, word));
  if (score <= best.score) return;
  best = {.score = score,
          .verdict = {.action = Action::kJoin, .words = {joined}},
          .terms = {word_terms_[id]},
          .join = first == word ? 1 : -1};
}

SpellingVerdict SpellingDictionary::Also(const Query& query, size_t word) const {
  const absl::string_view text = query.words[word].word;
  std::vector<char32_t> letters;
  std::vector<uint32_t> ids;
  Decode(text, letters);
  const bool plural = absl::EndsWith(text, "s") && IdOf(absl::StripSuffix(text, "s")) != kNone;
  if (letters.size() < kLettersMin || plural) return {};
  const std::vector<uint32_t> context = Context(query, word);
  const auto most = [&](uint32_t term) {
    size_t together = 0;
    for (uint32_t other : context) together = std::max(together, Together(term, other));
    return together;
  };
  const size_t own = query.terms[word] == kNone ? 0 : most(query.terms[word]);
  deletes_.Find(letters, ids);
  double best = -std::numeric_limits<double>::infinity();
  SpellingVerdict verdict;
  for (uint32_t id : ids) {
    if (word_documents_[id] < kAlsoDocuments || word_terms_[id] == query.terms[word]) continue;
    const EditCost edit = CostOfTyping(letters, letters_[id], SymmetricDeletes::kDistance);
    if (edit.cost > kAlsoCostMax || most(word_terms_[id]) < 10 * (own + 1)) continue;
    const double score = -kCostWeight * edit.cost + WordScore(id, context);
    if (score <= best) continue;
    best = score;
    verdict = {.action = Action::kAlso, .words = {words_[id]}, .weight = kAlsoWeight};
  }
  return verdict;
}

bool SpellingDictionary::Confirmed(const Query& query, size_t word, absl::Span<const uint32_t> terms) const {
  size_t known = 0;
  for (size_t i = 0; i < query.words.size(); ++i) known += i != word && query.terms[i] != kNone ? 1 : 0;
  std::vector<std::pair<absl::Span<const uint32_t>, double>> lists;
  for (uint32_t term : Context(query, word)) {
    const double df = term_documents_[term];
    lists.emplace_back(Postings(term), std::log(1 + (documents_ - df + 0.5) / (df + 0.5)));
  }
  if (known < 2 || lists.empty()) return true;
  double most = 0;
  size_t with_word = 0;
  while (true) {  // documents that have any of the terms, in order
    uint32_t document = kNone;
    for (const auto& [list, idf] : lists) document = list.empty() ? document : std::min(document, list.front());
    if (document == kNone) break;
    double mass = 0;
    for (auto& [list, idf] : lists) {
      if (list.empty() || list.front() != document) continue;
      mass += idf;
      list.remove_prefix(1);
    }
    if (mass < most - 1e-9) continue;
    if (mass > most + 1e-9) with_word = 0;
    most = std::max(most, mass);
    const auto has = [&](uint32_t term) {
      const auto postings = Postings(term);
      return std::binary_search(postings.begin(), postings.end(), document);
    };
    if (std::all_of(terms.begin(), terms.end(), has)) ++with_word;
  }
  return with_word >= 2;
}

std::vector<Compound> SpellingDictionary::Compounds(absl::Span<const Word> words) const {
  std::vector<Compound> compounds;
  for (size_t i = 0; i < words.size(); ++i) {
    const absl::string_view word = words[i].word;
    if (!OfLetters(word)) continue;
    if (i + 1 < words.size() && OfLetters(words[i + 1].word) && word.size() + words[i + 1].word.size() >= 5) {
      std::string joined = absl::StrCat(word, words[i + 1].word);
      if (documents(joined) >= kJoinDocuments) compounds.push_back({.word = i, .words = {std::move(joined)}});
    }
    if (word.size() < 6 || !IsAscii(word) || IdOf(word) == kNone) continue;
    double most = kSplitDocuments - 0.5;
    Compound split{.word = i, .words = {}};
    for (size_t cut = 3; cut + 3 <= word.size(); ++cut) {
      const uint32_t left = IdOf(word.substr(0, cut)), right = IdOf(word.substr(cut));
      if (left == kNone || right == kNone || Adjacent(left, right) <= most) continue;
      most = Adjacent(left, right);
      split.words = {words_[left], words_[right]};
    }
    if (!split.words.empty()) compounds.push_back(std::move(split));
  }
  return compounds;
}

CorrectedText SpellingDictionary::CorrectText(const Analyzer& analyzer, absl::string_view text) const {
  std::vector<Token> tokens;
  analyzer.Analyze(text, tokens);
  std::vector<Word> words;
  std::vector<const Token*> sources;
  for (const Token& token : tokens) {
    if (token.extra) continue;
    words.push_back({token.word, token.term});
    sources.push_back(&token);
  }
  const std::vector<SpellingVerdict> verdicts = Correct(words);
  CorrectedText corrected;
  uint32_t copied = 0;
  for (size_t i = 0; i < verdicts.size(); ++i) {
    const SpellingVerdict& verdict = verdicts[i];
    if (verdict.words.empty()) continue;
    const uint32_t begin = sources[i]->begin;
    const uint32_t end = sources[i + (verdict.action == Action::kJoin ? 1 : 0)]->end;
    if (std::count(text.begin(), text.begin() + begin, '"') % 2 == 1 &&
        text.find('"', begin) != absl::string_view::npos)
      continue;
    absl::StrAppend(&corrected.text, text.substr(copied, begin - copied));
    const auto new_begin = static_cast<uint32_t>(corrected.text.size());
    const std::string replacement = absl::StrJoin(verdict.words, " ");
    absl::StrAppend(&corrected.text, verdict.action == Action::kAlso ? text.substr(begin, end - begin) : replacement);
    corrected.changes.push_back({begin, end, new_begin, static_cast<uint32_t>(corrected.text.size()), verdict.action,
                                 replacement, verdict.weight});
    copied = end;
  }
  absl::StrAppend(&corrected.text, text.substr(copied));
  return corrected;
}

}  // namespace kontor::text
