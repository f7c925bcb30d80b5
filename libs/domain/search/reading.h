#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/domain/search/document.h"
#include "libs/domain/search/filter.h"
#include "libs/domain/search/synonyms.h"
#include "libs/domain/search/understand.h"
#include "libs/domain/text/analyzer.h"
#include "libs/domain/text/spelling.h"

namespace kontor::search {

// What queries are read with; all but the analyzer may be missing.
struct ReadingParts {
  const text::Analyzer* analyzer = nullptr;
  std::shared_ptr<const text::SpellingDictionary> spelling;
  std::shared_ptr<const QueryModel> model;
  std::shared_ptr<const Synonyms> synonyms;
};

// How a query was read: from text to what the index is asked.
struct Reading {
  std::string text;  // after spelling
  std::vector<text::CorrectedText::Change> corrections;
  UnderstoodQuery understood;   // of `text`
  std::vector<Filter> filters;  // read from the words: prices
};

// Spelling, then understanding.
Reading Read(const ReadingParts& parts, absl::string_view query, int64_t now_us);

// The words as they are written: one slot each, every form of a word an alternative.
Reading ReadVerbatim(const text::Analyzer& analyzer, absl::string_view query);

}  // namespace kontor::search
