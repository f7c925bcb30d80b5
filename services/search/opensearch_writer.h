#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "libs/domain/nn/sentence_encoder.h"
#include "libs/platform/fleet/fleet.h"
#include "libs/platform/log/batch_handler.h"
#include "libs/platform/opensearch/client.h"
#include "libs/platform/runtime/metrics.h"
#include "services/search/opensearch_document.h"
#include "services/search/opensearch_indices.h"
#include "services/search/search_follower.h"

namespace kontor::search {

// Folds what the topics catalog and inventory say into the documents of the node. The offset is committed only after
// the node has answered that the writes are on its disk; what comes again changes nothing. Where the node is away or
// overloaded, or has no index, the partition waits: UNAVAILABLE. Records that the node refuses (NODE_REFUSED), that are
// broken, or of a shop that is not served (SHOP_UNKNOWN) go to the dead letters. Thread-safe.
class OpenSearchWriter : public log::BatchHandler {
 public:
  // `sentences` may be null. Shops' analyzers and currencies are the follower's.
  OpenSearchWriter(const opensearch::Client& client, const OpenSearchIndices& indices, const SearchFollower& follower,
                   const fleet::Fleet& fleet, std::shared_ptr<const nn::SentenceEncoder> sentences);

  absl::Status Apply(postgres::Transaction& transaction, const log::Batch& batch, log::Effects& effects) override;

 private:
  struct Told {
    int64_t offset = 0;
    DecodedRecord record;
  };
  // What one bulk request changes: products of one shop, each with all that is told of it.
  struct Chunk {
    const fleet::Shop* shop = nullptr;
    std::vector<std::pair<std::string, std::vector<const Told*>>> products;
  };
  using Vectors = std::map<const Told*, absl::Span<const float>>;

  std::vector<Told> Decode(const log::Batch& batch, log::Effects& effects) const;
  std::vector<Chunk> Split(const std::vector<Told>& told) const;
  absl::StatusOr<Vectors> Encode(const Chunk& chunk, std::vector<float>& storage) const;
  absl::Status Send(const Chunk& chunk, log::Effects& effects) const;
  // One by one: so that only what is refused goes to the dead letters.
  absl::Status SendAlone(const Chunk& chunk, size_t product, const Vectors& vectors, absl::Time deadline,
                         log::Effects& effects) const;

  const opensearch::Client& client_;
  const OpenSearchIndices& indices_;
  const SearchFollower& follower_;
  const fleet::Fleet& fleet_;
  const std::shared_ptr<const nn::SentenceEncoder> sentences_;
  const runtime::Counter written_, failed_;
};

}  // namespace kontor::search
