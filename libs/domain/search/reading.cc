#include "libs/domain/search/reading.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "libs/domain/search/match.h"

namespace kontor::search {
namespace {

constexpr float kJoinWeight = 0.5F, kSplitWeight = 0.3F;  // of a compound, against the words as they are written

std::string TermOf(const text::Analyzer& analyzer, absl::string_view word) {
  std::vector<text::Token> tokens;
  analyzer.Analyze(word, tokens);
  return tokens.empty() ? std::string() : std::move(tokens[0].term);
}

// Guesses weigh less; what may stand beside a word becomes an alternative.
void Weigh(const text::Analyzer& analyzer, Reading& reading) {
  auto& slots = reading.understood.lexical.slots;
  const auto& words = reading.understood.words;
  for (const text::CorrectedText::Change& change : reading.corrections) {
    for (size_t i = 0; i < std::min(slots.size(), words.size()); ++i) {
      if (words[i].begin >= change.new_end || change.new_begin >= words[i].end) continue;
      if (change.action != text::SpellingVerdict::Action::kAlso) {
        slots[i].weight *= change.weight;
      } else if (std::string term = TermOf(analyzer, change.words); !term.empty()) {
        slots[i].alternatives.push_back({{std::move(term)}, change.weight});
      }
    }
  }
}

void AddCompounds(const ReadingParts& parts, Reading& reading) {
  auto& slots = reading.understood.lexical.slots;
  const auto& words = reading.understood.words;
  if (slots.size() != words.size()) return;
  std::vector<text::SpellingDictionary::Word> asked;
  for (const text::Token& word : words) asked.push_back({word.word, word.term});
  for (const text::Compound& compound : parts.spelling->Compounds(asked)) {
    Alternative alternative{{}, compound.words.size() == 1 ? kJoinWeight : kSplitWeight};
    for (const std::string& word : compound.words) alternative.terms.push_back(TermOf(*parts.analyzer, word));
    const size_t last = compound.word + (compound.words.size() == 1 ? 1 : 0);
    for (size_t i = compound.word; i <= std::min(last, slots.size() - 1); ++i) {
      if (slots[i].alternatives.size() >= kMaxAlternatives) continue;
      slots[i].alternatives.push_back(alternative);
      if (i < 64) reading.joined_slots |= uint64_t{1} << i;
    }
  }
}

std::vector<Filter> PriceFilter(const UnderstoodQuery& understood) {
  if (understood.price_min_micros < 0 && understood.price_max_micros < 0) return {};
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return {
      Filter::Range({Property::Kind::kPrice, ""},
                    understood.price_min_micros < 0 ? 0 : static_cast<double>(understood.price_min_micros),
                    understood.price_max_micros < 0 ? kInfinity : static_cast<double>(understood.price_max_micros))};
}

}  // namespace

Reading Read(const ReadingParts& parts, absl::string_view query, int64_t now_us) {
  Reading reading;
  if (parts.spelling == nullptr) {
    reading.text = std::string(query);
  } else {
    text::CorrectedText corrected = parts.spelling->CorrectText(*parts.analyzer, query);
    reading.text = std::move(corrected.text);
    reading.corrections = std::move(corrected.changes);
  }
  const QueryUnderstanding understanding(*parts.analyzer, parts.model, parts.synonyms);
  reading.understood = understanding.Understand(reading.text, now_us);
  reading.filters = PriceFilter(reading.understood);
  Weigh(*parts.analyzer, reading);
  if (parts.spelling != nullptr) AddCompounds(parts, reading);
  return reading;
}

Reading ReadVerbatim(const text::Analyzer& analyzer, absl::string_view query) {
  Reading reading;
  reading.text = std::string(query);
  reading.understood.text = reading.text;
  std::vector<text::Token> tokens;
  analyzer.Analyze(query, tokens);
  auto& slots = reading.understood.lexical.slots;
  for (text::Token& token : tokens) {
    if (token.extra && !slots.empty()) {
      slots.back().alternatives.push_back({{token.term}, 1});
      continue;
    }
    if (slots.size() == QueryUnderstanding::kWordsMax) break;
    slots.push_back({{{{token.term}, 1}}, 1, false});
    reading.understood.words.push_back(std::move(token));
  }
  return reading;
}

}  // namespace kontor::search
