#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "kontor/recommendations/v1/recommendation_service.pb.h"
#include "libs/domain/recommendations/recommend.h"
#include "services/recommendations/live_follower.h"
#include "services/recommendations/serving_view.h"

// From the domain to the wire.
namespace kontor::recommendations {

v1::Tier TierOnWire(Tier tier);

// Products with titles and reasons.
void FillRecommendations(const std::vector<Recommendation>& ranked, const ServingView& view, const std::string& shop,
                         const LiveShop& live, v1::RecommendResponse& response);

// "shops/{shop}/rules/{rule}"
std::string RuleName(absl::string_view shop, absl::string_view rule);

// A model of the registry; `canary_share` is 0 for one that is not the canary.
void FillModel(const std::string& shop, const registry::ModelInfo& info, bool serving, double canary_share,
               v1::Model& out);

}  // namespace kontor::recommendations
