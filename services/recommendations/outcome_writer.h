#pragma once

#include "libs/platform/log/batch_handler.h"

namespace kontor::recommendations {

// The consumer's side of what became of answers that were seen: tables outcomes and outcome_places, from the events
// that carry an attribution token of this service, and from live orders that carry none (README.md, "Quality"). Of a
// shop, what is 30 days older than the newest event of a batch goes, a thousand rows of a table each time; touches and
// orders stay for the 7 days longer that a purchase may come after them. Topics but orders and behavior say nothing
// here. Broken records are the purchase view's or nobody's business: they are passed over. Thread-safe.
class OutcomeWriter : public log::BatchHandler {
 public:
  absl::Status Apply(postgres::Transaction& transaction, const log::Batch& batch, log::Effects& effects) override;
  bool Knows(absl::string_view type) const override;
};

}  // namespace kontor::recommendations
