#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/recommendations/outcome_model.h"
#include "libs/platform/postgres/pool.h"
#include "services/recommendations/catalogue_view.h"
#include "services/recommendations/serving_models.h"
#include "services/recommendations/training_data.h"

namespace kontor::recommendations {

// Shown products as the model that showed them saw them, in the order of time.
struct ShownTable {
  size_t columns = 0;
  std::vector<float> values;
  std::vector<std::array<bool, kOutcomes>> outcomes;
  int64_t answers = 0;
  ShownRows rows() const { return {columns, values, outcomes}; }
};

// What became of the lists that a model showed since it was learned, so that it judges nothing that it knows: its
// newest 10,000 answers of FOR_YOU and BASKET to people who had bought before (of one person the newest 20), asked
// again in the state of that moment: the orders before and the visit that led there. Products that its sources no
// longer nominate are left out. About a millisecond an answer. CANCELLED once `cancelled` says so.
absl::StatusOr<ShownTable> ReadShown(postgres::Pool& pool, const std::string& shop, const ServedModel& served,
                                     const TrainingData& data, const CatalogueView& catalogue,
                                     const CancelFunction& cancelled);

}  // namespace kontor::recommendations
