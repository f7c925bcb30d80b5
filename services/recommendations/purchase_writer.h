#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "libs/platform/log/batch_handler.h"

namespace kontor::recommendations {

// The topics that the stored view is made of.
const std::vector<std::string>& StoredTopics();

// The consumer's side of the stored view: orders, cancellations, products, prices, stock, who visitors are
// (identity_rows.h) and who is forgotten (erasure_rows.h) into schema `recommendations`. The state is a function of the
// set of records: of each the highest revision counts, a cancellation is terminal, whatever comes first. Returns change
// nothing here: what came back was bought all the same. Orders of nobody known are kept too: they teach what goes
// together. Thread-safe.
//
//   * unknown type: parked; broken record: dead letter with decode.h's reason
//   * same revision, other content: dead letter REVISION_CONFLICT, the first on the log stays
class PurchaseWriter : public log::BatchHandler {
 public:
  using Subject = std::pair<std::string, std::string>;  // shop, token

  // `changed` is called after the commit with everybody whose history is another one now; must not fail.
  explicit PurchaseWriter(std::function<void(const std::set<Subject>&)> changed) : changed_(std::move(changed)) {}

  absl::Status Apply(postgres::Transaction& transaction, const log::Batch& batch, log::Effects& effects) override;
  bool Knows(absl::string_view type) const override;

 private:
  const std::function<void(const std::set<Subject>&)> changed_;
};

}  // namespace kontor::recommendations
