#pragma once

#include "kontor/search/v1/search_service.pb.h"
#include "libs/domain/search/search_engine.h"
#include "services/search/answer_convert.h"

// What an answer offers beside its results.
namespace kontor::search {

// Whom offers are asked of; their errors are the engine's.
struct OfferSource {
  const SearchEngine& engine;
  const EngineParts& parts;
  absl::Time deadline;
};

// For an answer without results; nothing where dropping does not help. `filters` are the request's.
absl::Status AddRescue(const OfferSource& source, const Answer& empty, const EngineSettings& settings,
                       const AnswerContext& context, const google::protobuf::RepeatedPtrField<v1::Filter>& filters,
                       v1::SearchResponse& out);
// Up to `most` for each of the first 24 results whose stock is used up. `out` holds the answer's results.
absl::Status AddSubstitutes(const OfferSource& source, const EngineAnswer& answered, const AnswerContext& context,
                            int most, v1::SearchResponse& out);
// Where the page was put into another order.
void AddMarginTrade(const Answer& answer, const AnswerContext& context, v1::SearchResponse& out);

}  // namespace kontor::search
