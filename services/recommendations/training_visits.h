#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "libs/domain/recommendations/model.h"
#include "libs/domain/recommendations/visits.h"
#include "libs/platform/postgres/pool.h"
#include "services/recommendations/training_data.h"

namespace kontor::recommendations {

inline constexpr int64_t kMaxTrainingSteps = 2'000'000;  // the newest; about 150 MB while they are read

// The stored behaviour of a shop as visits, in the numbers of the catalogue; products that it does not hold are passed
// over. `user_of` tells the user of a subject's token, kNone for nobody known. Read by primary key in chunks, newest
// first; about 3 s a million. CANCELLED once `cancelled` says so.
absl::StatusOr<Visits> ReadVisits(postgres::Pool& pool, const std::string& shop, const Catalogue& catalogue,
                                  absl::FunctionRef<uint32_t(absl::string_view subject)> user_of,
                                  const CancelFunction& cancelled, int64_t limit = kMaxTrainingSteps);

}  // namespace kontor::recommendations
