#include "libs/domain/search/reading.h"

#include <limits>
#include <utility>

namespace kontor::search {
namespace {

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
  text::CorrectedText corrected;
  if (parts.spelling == nullptr) {
    corrected.text = std::string(query);
  } else {
    corrected = parts.spelling->CorrectText(*parts.analyzer, query);
  }
  const QueryUnderstanding understanding(*parts.analyzer, {parts.model, parts.synonyms, parts.spelling});
  Reading reading;
  reading.understood = understanding.Understand(corrected, now_us);
  reading.text = std::move(corrected.text);
  reading.corrections = std::move(corrected.changes);
  reading.filters = PriceFilter(reading.understood);
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
