#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "libs/domain/search/search_engine.h"
#include "services/search/opensearch_facets.h"
#include "services/search/opensearch_node.h"
#include "services/search/opensearch_query.h"

namespace kontor::search {

// One question on the node: from what is asked for to the page. Not thread-safe.
class OpenSearchGathering {
 public:
  // Borrows all. `vectors`: whether the index has them.
  OpenSearchGathering(const OpenSearchNode& node, const EngineParts& parts, const EngineSettings& settings,
                      const Question& question, bool vectors);

  absl::StatusOr<EngineAnswer> Ask();
  // After Ask, about the same question.
  absl::StatusOr<Inspection> Inspect(EngineAnswer answered, absl::Span<const std::string> products);

 private:
  absl::Status Count();                           // frequencies and masses
  absl::Status Find(size_t hits);                 // the set, its counts and its best
  absl::Status ChooseLevel();                     // words that may be missing
  absl::Status JoinNeighbours();                  // from the node's vectors
  absl::Status FindFacetBoundaries();             // automatic ones, and counts between them
  absl::StatusOr<EngineAnswer> SortedAnswer();    // page as the node has it
  absl::StatusOr<EngineAnswer> RankedAnswer();    // window, curated; then the tail
  absl::StatusOr<std::vector<NodeHit>> Extras();  // pinned and near products, that the best by words may lack
  absl::Status SetCosines(const std::vector<NodeHit>& hits, const IndexView& view, absl::Span<const DocRef> docs);
  absl::Status AddTail(bool whole, GatheredAnswer& gathered);
  EngineParts WindowParts() const;
  EngineSettings WindowSettings() const;

  uint32_t Known() const;  // words that a product has
  bool EnoughWords() const;
  std::string Words(const WordsLevel& level) const;
  std::vector<std::string> Set(const WordsLevel& level) const;  // clauses, without filters
  std::string SetQuery() const;                                 // with the filters that no facet leaves out
  std::string Body(size_t size, const std::string& order, const std::string& paging, bool counts) const;
  std::string Aggregations() const;
  absl::Status ReadCounts(const NodeHits& answer);
  void SplitFilters();
  std::vector<FacetSpec> Facets() const;

  const LexicalQuery& lexical() const { return prepared_.reading.understood.lexical; }

  const OpenSearchNode& node_;
  const EngineParts& parts_;
  const EngineSettings& settings_;
  const Question& question_;
  const bool has_vectors_;
  PreparedQuestion prepared_;
  FacetQuestion facets_;
  std::vector<std::string> inside_, outside_;  // filters as clauses: of the query, and those that facets leave out
  OpenSearchNode::Frequencies frequencies_;
  std::vector<uint32_t> masses_;
  WordsLevel level_;
  uint32_t dropped_ = 0;
  std::vector<std::string> neighbours_;
  std::vector<std::vector<double>> boundaries_;  // FacetAnswer::boundaries
  uint64_t words_ = 0;                           // products of the set by words alone
  GatheredSet set_;
  std::vector<NodeHit> best_;
  std::unique_ptr<NodeProducts> products_;
  std::shared_ptr<const IndexView> window_;  // of products_: what is ranked again
};

}  // namespace kontor::search
