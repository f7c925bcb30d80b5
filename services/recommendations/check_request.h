#pragma once

#include <string>

#include "absl/status/status.h"
#include "kontor/recommendations/v1/recommendation_service.pb.h"
#include "libs/base/status.h"

// INVALID_ARGUMENT with all violations at once. Positions are checked where they are waited for.
namespace kontor::recommendations {

inline constexpr int kDefaultPageSize = 10, kMaxPageSize = 100;
inline constexpr int kMaxPageLists = 20, kMaxBulkCustomers = 100'000;

absl::Status CheckRequest(const v1::RecommendRequest& request);
absl::Status CheckPage(const v1::RecommendPageRequest& page);
absl::Status CheckBulk(const v1::StreamRecommendationsRequest& bulk);
absl::Status CheckAbsence(const v1::ExplainAbsenceRequest& asked);

// The violations of a request that stands in another, whose fields are named behind `prefix` ("request.").
void CheckRequestAt(const std::string& prefix, const v1::RecommendRequest& request, base::Violations& violations);
// A strategy of a placement, and an objective.
void CheckStrategy(const std::string& field, v1::Placement placement, v1::Strategy strategy,
                   base::Violations& violations);
void CheckObjective(const std::string& field, const v1::Objective& objective, base::Violations& violations);
// MONEY_INVALID for a currency that is none, an amount below 0 or out of range.
void CheckMoney(const std::string& field, const google::type::Money& money, base::Violations& violations);

}  // namespace kontor::recommendations
