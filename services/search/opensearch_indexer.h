#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/base/mutex.h"
#include "libs/domain/nn/sentence_encoder.h"
#include "libs/platform/fleet/fleet.h"
#include "libs/platform/fleet/lag_reporter.h"
#include "libs/platform/log/consumer.h"
#include "libs/platform/log/outbox.h"
#include "libs/platform/opensearch/client.h"
#include "services/search/opensearch_indices.h"
#include "services/search/opensearch_writer.h"
#include "services/search/search_follower.h"

namespace kontor::search {

// Keeps the node's indices as the log says. Consumer group `search-opensearch` (schema search_opensearch): partitions
// are shared by all processes. Beside it, every few seconds: makes what is missing on the node and fills it from the
// log's begin, chooses prices again where the shop's reporting currency has become another, and writes popularities
// that have moved; the latter two in the process that holds the first partition of the catalogue. A node that is away
// is waited for. Owns two threads and the consumer's.
class OpenSearchIndexer {
 public:
  // All must outlive it. `sentences` may be null. `fleet.opensearch` must be there.
  OpenSearchIndexer(fleet::Fleet& fleet, const opensearch::Client& client, const SearchFollower& follower,
                    std::shared_ptr<const nn::SentenceEncoder> sentences);
  ~OpenSearchIndexer();  // stops

  static const std::vector<std::string>& Topics();

  absl::Status Start();  // does not wait for the node
  void Stop();           // idempotent

  // OK once what was on the log when the node was first reached is on the node; before, UNAVAILABLE (VIEW_NOT_READY).
  absl::Status Ready() const;
  // As log::Consumer, for a position on one of Topics(); then it can be found.
  absl::Status WaitUntilApplied(const log::Position& position, absl::Duration timeout) const;
  // Of the vectors on the node; 0 until it was reached, and where there are none.
  size_t dimensions() const { return indices_.dimensions(); }

 private:
  // One life of the consumer: a new one begins when the indices are made again.
  struct Life;

  absl::Status Forget();
  void Run();
  absl::Status Keep();
  absl::Status Consume();
  bool Leads() const;
  absl::Status ChoosePrices(const fleet::Shop& shop);
  absl::Status WritePopularities(const fleet::Shop& shop);
  std::shared_ptr<Life> life() const;

  fleet::Fleet& fleet_;
  const opensearch::Client& client_;
  const SearchFollower& follower_;
  OpenSearchIndices indices_;
  OpenSearchWriter writer_;
  log::OutboxRelay dead_letters_;  // onto topic dead-letter.search-opensearch
  bool forgotten_ = false;         // of the keeping thread
  absl::Time next_popularities_ = absl::InfinitePast();
  struct Popularities {
    std::string making;                               // of the index that they were written into
    absl::flat_hash_map<std::string, float> written;  // by product
  };
  std::map<std::string, Popularities> popularities_;  // by shop
  mutable base::Mutex mutex_;
  mutable base::CondVar stopping_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<Life> life_ ABSL_GUARDED_BY(mutex_);
  std::vector<log::Position> ends_ ABSL_GUARDED_BY(mutex_);  // that Ready waits for
  mutable bool ready_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread keeping_;
};

}  // namespace kontor::search
