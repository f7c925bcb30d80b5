#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kontor/search/v1/ranking_service.pb.h"
#include "libs/domain/search/click_log.h"
#include "libs/domain/search/engine.h"
#include "libs/domain/search/rank.h"

// From judgements and clicks to what rankers are learned from.
namespace kontor::search {

constexpr int kMaxJudgedQueries = 5'000;  // to learn from: about 50 kB each

// INVALID_ARGUMENT with all violations.
absl::Status CheckSource(const v1::JudgementSource& source);

// The judgements that clicks make: grades 0 to 4, of the queries with the most clicks. Errors are FitClickModel's.
absl::StatusOr<std::vector<v1::JudgedQuery>> JudgementsFromClicks(const ClickedAnswers& clicks);

struct JudgedLists {
  std::vector<RankList> lists;
  int unknown_products = 0;  // judged, and not in the index
};

// The candidates of every query, as they are ranked when it is asked, with what they are worth; queries without a word
// are left out. CANCELLED when `cancelled` says so. Cost: about a millisecond a query.
absl::StatusOr<JudgedLists> ListsOf(const EngineParts& parts, const EngineSettings& settings,
                                    const std::vector<v1::JudgedQuery>& queries, int64_t now_us,
                                    const std::function<bool()>& cancelled);

}  // namespace kontor::search
