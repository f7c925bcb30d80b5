#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>

#include "libs/platform/log/batch_handler.h"

namespace kontor::recommendations {

// The consumer's side of what people looked at and put into the cart: table behaviour, live and imported, for 90 days
// by event time (counted from the newest of a batch; up to twice as many rows go as come, a thousand at least), and the
// links that behaviour tells (table identities). Broken records are the purchase view's or nobody's business: they are
// passed over. Thread-safe.
class BehaviourWriter : public log::BatchHandler {
 public:
  using Subjects = std::set<std::pair<std::string, std::string>>;  // shop, token

  // `forgotten` is called after the commit with whom caches must forget (EraseLateVisitors); must not fail.
  explicit BehaviourWriter(std::function<void(const Subjects&)> forgotten) : forgotten_(std::move(forgotten)) {}

  absl::Status Apply(postgres::Transaction& transaction, const log::Batch& batch, log::Effects& effects) override;
  bool Knows(absl::string_view type) const override;

 private:
  const std::function<void(const Subjects&)> forgotten_;
};

}  // namespace kontor::recommendations
