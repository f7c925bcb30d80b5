#include "libs/domain/search/reading.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace kontor::search {
namespace {

struct Range {
  size_t begin = 0, end = 0;
  double confidence = 1;
};

// Where corrections stand in the corrected text.
std::vector<Range> CorrectedRanges(const text::CorrectedText& corrected) {
  std::vector<Range> ranges;
  ptrdiff_t shift = 0;
  for (const text::CorrectedText::Change& change : corrected.changes) {
    const size_t begin = static_cast<size_t>(static_cast<ptrdiff_t>(change.begin) + shift);
    ranges.push_back({begin, begin + change.replacement.size(), change.confidence});
    shift += static_cast<ptrdiff_t>(change.replacement.size()) - static_cast<ptrdiff_t>(change.end - change.begin);
  }
  return ranges;
}

double ConfidenceAt(const std::vector<Range>& ranges, size_t begin, size_t end) {
  for (const Range& range : ranges) {
    if (begin < range.end && range.begin < end) return range.confidence;
  }
  return 1;
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
  std::vector<Range> ranges;
  if (parts.spelling == nullptr) {
    reading.text = std::string(query);
  } else {
    text::CorrectedText corrected = parts.spelling->CorrectText(*parts.analyzer, query);
    ranges = CorrectedRanges(corrected);
    reading.text = std::move(corrected.text);
    reading.corrections = std::move(corrected.changes);
    for (const Range& range : ranges) reading.correction_ends.push_back(range.end);
  }
  const QueryUnderstanding understanding(*parts.analyzer, parts.model, parts.synonyms);
  reading.understood = understanding.Understand(reading.text, now_us);
  reading.filters = PriceFilter(reading.understood);
  auto& slots = reading.understood.lexical.slots;
  const auto& words = reading.understood.words;
  for (size_t i = 0; i < std::min(slots.size(), words.size()); ++i) {
    slots[i].weight *= static_cast<float>(ConfidenceAt(ranges, words[i].begin, words[i].end));
  }
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
