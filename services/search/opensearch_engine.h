#pragma once

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "libs/domain/search/search_engine.h"
#include "libs/platform/opensearch/client.h"

namespace kontor::search {

class OpenSearchNode;

// The port on OpenSearch: one shop's catalogue, as opensearch_document.h puts it there. EngineParts::view is a sample
// of the same catalogue, from which queries are read and useful facets chosen.
//
// The set, its total, facets and sorted pages are the node's; the best EngineSettings::window by words come here and
// are ranked, curated and, where a ranker serves, ranked by it, by the very code of the own engine with the node's
// document frequencies. Two or three requests an answer, more where words are dropped or vectors asked. Differences:
// facets tell of 2,000 values and ranges count products; groups are counted by HyperLogLog, exact up to about 40,000;
// pages of groups end at 10,000; what is near by the catalogue's own vectors orders, but joins no result; substitutes
// are those of the category that sell best, compared by their titles.
//
// UNAVAILABLE with reason SEARCH_ENGINE_AWAY when the node is away, does not let this service in or has no index of the
// shop, DEADLINE_EXCEEDED, INTERNAL with what the node said. Thread-safe.
class OpenSearchEngine : public SearchEngine {
 public:
  // Borrows the client.
  OpenSearchEngine(const opensearch::Client& client, std::string index) : client_(client), index_(std::move(index)) {}

  absl::StatusOr<EngineAnswer> Ask(const EngineParts& parts, const EngineSettings& settings, const Question& question,
                                   absl::Time deadline) const override;
  absl::StatusOr<Inspection> Inspect(const EngineParts& parts, const EngineSettings& settings, const Question& question,
                                     absl::Span<const std::string> products, absl::Time deadline) const override;
  absl::StatusOr<std::vector<SlotFrequency>> Frequencies(const EngineParts& parts, const LexicalQuery& query,
                                                         absl::Time deadline) const override;
  absl::StatusOr<bool> Finds(const EngineParts& parts, const LexicalQuery& query, absl::Span<const Filter> filters,
                             absl::Time deadline) const override;
  absl::StatusOr<std::vector<std::string>> Missing(const EngineParts& parts, absl::Span<const std::string> products,
                                                   absl::Time deadline) const override;
  absl::StatusOr<Substitutes> SubstitutesFor(const EngineParts& parts, const EngineAnswer& answer,
                                             absl::Span<const DocRef> products, const SubstituteOptions& options,
                                             absl::Time deadline) const override;

 private:
  absl::StatusOr<bool> HasVectors(const OpenSearchNode& node) const;

  const opensearch::Client& client_;
  const std::string index_;
  mutable std::atomic<int> vectors_{0};  // 1: the index has some, 2: it has none, 0: not asked yet
};

constexpr char kReasonEngineAway[] = "SEARCH_ENGINE_AWAY";

}  // namespace kontor::search
