#include "libs/domain/search/search_engine.h"

#include <utility>

namespace kontor::search {

absl::StatusOr<EngineAnswer> OwnEngine::Ask(const EngineParts& parts, const EngineSettings& settings,
                                            const Question& question, absl::Time) const {
  return EngineAnswer{search::Ask(parts, settings, question), parts.view};
}

absl::StatusOr<Inspection> OwnEngine::Inspect(const EngineParts& parts, const EngineSettings& settings,
                                              const Question& question, absl::Span<const std::string> products,
                                              absl::Time) const {
  Inspection out;
  out.answered = {search::Ask(parts, settings, question), parts.view};
  const Answer& answer = out.answered.answer;
  const PreparedQuery query(*parts.view, answer.reading.understood.lexical);
  for (const auto& slot : query.slots()) out.document_frequencies.push_back(slot.document_frequency);
  const MatchSet set = Match(query, answer.filters, question.match);
  for (const std::string& product : products) {
    const auto doc = parts.view->Find(product);
    out.members.push_back(doc.has_value() && set.Contains(*doc));
  }
  if (answer.effort == Effort::kLearned) out.rows = RowsFor(parts, settings, question);
  return out;
}

absl::StatusOr<std::vector<SlotFrequency>> OwnEngine::Frequencies(const EngineParts& parts, const LexicalQuery& query,
                                                                  absl::Time) const {
  std::vector<SlotFrequency> out;
  const PreparedQuery prepared(*parts.view, query);
  for (const auto& slot : prepared.slots()) out.push_back({slot.document_frequency, slot.idf});
  return out;
}

absl::StatusOr<bool> OwnEngine::Finds(const EngineParts& parts, const LexicalQuery& query,
                                      absl::Span<const Filter> filters, absl::Time) const {
  return Match(PreparedQuery(*parts.view, query), filters, {MatchPolicy::kAll, 0}).count > 0;
}

absl::StatusOr<std::vector<std::string>> OwnEngine::Missing(const EngineParts& parts,
                                                            absl::Span<const std::string> products, absl::Time) const {
  std::vector<std::string> missing;
  for (const std::string& product : products) {
    if (!parts.view->Find(product).has_value()) missing.push_back(product);
  }
  return missing;
}

absl::StatusOr<SearchEngine::Substitutes> OwnEngine::SubstitutesFor(const EngineParts& parts, const EngineAnswer&,
                                                                    absl::Span<const DocRef> products,
                                                                    const SubstituteOptions& options,
                                                                    absl::Time) const {
  Substitutes out;
  for (const DocRef product : products) out.found.push_back(FindSubstitutes(parts, product, options));
  out.view = parts.view;
  return out;
}

}  // namespace kontor::search
