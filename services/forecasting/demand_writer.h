#pragma once

#include <string>
#include <vector>

#include "libs/platform/log/batch_handler.h"

namespace kontor::forecasting {

// The topics that demand is made of.
const std::vector<std::string>& DemandTopics();

// The consumer's side: orders, cancellations, products, costs, stock levels, promotions,
// weather and calendar events into schema `forecasting`. The state is
// a function of the set of records, whatever order they come in (rows.h). Returns change nothing: what came back was
// wanted. Thread-safe.
//   * unknown type: parked; broken record: dead letter with decode.h's reason
class DemandWriter : public log::BatchHandler {
 public:
  absl::Status Apply(postgres::Transaction& transaction, const log::Batch& batch, log::Effects& effects) override;
  bool Knows(absl::string_view type) const override;
};

}  // namespace kontor::forecasting
