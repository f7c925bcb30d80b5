#pragma once

#include <string>

#include "absl/container/flat_hash_set.h"
#include "kontor/search/v1/search_service.pb.h"
#include "libs/domain/search/engine.h"
#include "libs/domain/text/analyzer.h"

// From answers to the wire.
namespace kontor::search {

struct AnswerContext {
  const IndexView& view;  // that the answer's documents are of
  const text::Analyzer& analyzer;
  const Question& question;
  absl::string_view shop;      // "default"
  absl::string_view currency;  // of prices; empty: none are known

  AnswerContext In(const IndexView& other) const { return {other, analyzer, question, shop, currency}; }
};

// `terms` are those of the query, to be highlighted.
void SetResult(const Found& found, const AnswerContext& context, const absl::flat_hash_set<std::string>& terms,
               v1::Result& out);
v1::SearchResponse ResponseFrom(const Answer& answer, const AnswerContext& context);
v1::QueryReading ReadingFrom(const Reading& reading, absl::string_view query, uint32_t dropped_words);
v1::RuleTrace TraceFrom(const CurationTrace& trace, absl::string_view shop);
v1::Effort EffortFrom(Effort effort);

}  // namespace kontor::search
