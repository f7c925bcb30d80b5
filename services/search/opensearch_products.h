#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/domain/search/engine.h"
#include "libs/domain/text/analyzer.h"

namespace kontor::search {

// A hit of an answer of the node.
struct NodeHit {
  std::string id;
  float score = 0;           // 0 where the answer is not ordered by it
  std::vector<double> sort;  // what it was ordered by, but for the last: the sequence; infinite: unknown
  uint64_t sequence = 0;
  // Of _source, where it was asked for: what of codes and description is told as terms alone.
  Product product;
  LiveValues live;
  std::vector<std::string> code_terms, description_terms;
};

struct NodeHits {
  uint64_t total = 0;
  std::vector<NodeHit> hits;
  std::string aggregations;  // JSON
};
// Reads the answer of a _search. INTERNAL for another text.
absl::StatusOr<NodeHits> ReadHits(absl::string_view answer);

// The members of _source that are read, as "_source" of a search.
extern const char kProductSource[];

// A view made of products that the node told: what answers show, rank and explain is read out of it as out of an index.
// Rows count from 0 over all parts. Cost: about 10 µs a product. Not thread-safe.
class NodeProducts {
 public:
  // Averages of fields' lengths and the generation are `like`'s. Borrows the analyzer.
  NodeProducts(const text::Analyzer& analyzer, const IndexView& like, uint64_t documents);

  // Puts products into a part of their own, without those that an earlier part has; their places by the order of hits.
  std::vector<DocRef> AddPart(const std::vector<NodeHit>& hits);

  // Of all parts so far.
  std::shared_ptr<const IndexView> View() const;

 private:
  const text::Analyzer& analyzer_;
  std::array<uint64_t, kFields> tokens_{};
  const uint64_t documents_, generation_;
  const std::shared_ptr<ValueDictionary> values_ = std::make_shared<ValueDictionary>();
  absl::flat_hash_map<std::string, uint32_t> rows_;  // by id
  std::vector<IndexView::Part> parts_;
};

}  // namespace kontor::search
