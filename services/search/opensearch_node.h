#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/domain/search/engine.h"
#include "libs/domain/search/search_engine.h"
#include "libs/platform/opensearch/client.h"
#include "services/search/opensearch_products.h"

namespace kontor::search {

// One shop's index on the node, within one call's deadline. Errors are those of OpenSearchEngine.
class OpenSearchNode {
 public:
  // `preference`: equal ones are answered by the same copies of the index, so that pages fit together.
  OpenSearchNode(const opensearch::Client& client, const std::string& index, uint64_t preference, absl::Time deadline)
      : client_(client), index_(index), preference_(preference), deadline_(deadline) {}

  absl::StatusOr<NodeHits> Search(const std::string& body) const;

  struct Frequencies {
    uint64_t documents = 0;  // living products
    std::vector<SlotFrequency> slots;
  };
  absl::StatusOr<Frequencies> FrequenciesOf(const LexicalQuery& query) const;
  // Products of a query, each with its source; in no order, at most 10,000.
  absl::StatusOr<std::vector<NodeHit>> Products(const std::string& query, size_t most) const;
  // By the names of "filters" in an aggregation over a query: how many products pass each.
  absl::StatusOr<std::vector<uint64_t>> Counts(const std::string& query, const std::vector<std::string>& filters) const;
  // Whether documents have vectors.
  absl::StatusOr<bool> HasVectors() const;

  struct Near {
    std::string id;
    float cosine = 0;
  };
  // The nearest to a vector that pass a query, nearest first.
  absl::StatusOr<std::vector<Near>> Nearest(const std::vector<float>& vector, size_t most,
                                            const std::string& query) const;
  // Cosines of products that have a vector.
  absl::StatusOr<std::vector<Near>> Cosines(const std::vector<float>& vector,
                                            const std::vector<std::string>& products) const;

 private:
  absl::StatusOr<std::vector<Near>> ByCosine(const std::string& body) const;
  absl::StatusOr<std::string> Send(const std::string& method, const std::string& path, const std::string& body) const;

  const opensearch::Client& client_;
  const std::string& index_;
  const uint64_t preference_;
  const absl::Time deadline_;
};

}  // namespace kontor::search
