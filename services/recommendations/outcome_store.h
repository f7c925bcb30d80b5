#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kontor/recommendations/v1/recommendation_service.pb.h"
#include "libs/domain/recommendations/objective.h"
#include "libs/domain/recommendations/strategy.h"
#include "libs/platform/postgres/pool.h"

namespace kontor::recommendations {

// What became of answers (outcome_writer.h) as strategies are judged by: the reward of an answer is 1 when anything on
// it was clicked, put into a cart or bought; with an objective the weights of those that happened over their sum, a
// margin's counting as the purchase's.

// By shop and placement, of answers first seen since `since`, an answer counting half as much every two weeks before
// `now`. One scan of an index for all shops.
using StrategyOutcomes = std::map<std::string, std::map<v1::Placement, std::vector<StrategyOutcome>>>;
absl::StatusOr<StrategyOutcomes> ReadStrategyOutcomes(
    postgres::Pool& pool, absl::Time since, absl::Time now,
    const std::map<std::string, std::map<v1::Placement, Objective>>& objectives);

// The answers of one placement first seen from `start` on and before `end` that were given by chance, the newest
// kMostLogged.
inline constexpr int64_t kMostLogged = 200'000;
absl::StatusOr<std::vector<LoggedChoice>> ReadLoggedChoices(postgres::Pool& pool, const std::string& shop,
                                                            v1::Placement placement, absl::Time start, absl::Time end,
                                                            const Objective& objective);

}  // namespace kontor::recommendations
