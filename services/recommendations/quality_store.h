#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kontor/recommendations/v1/quality_service.pb.h"
#include "libs/domain/stats/calibration.h"
#include "libs/platform/postgres/pool.h"

namespace kontor::recommendations {

// Which outcomes: of a shop, first seen within [start, end), of one placement or all (0), of one model or all (0).
struct OutcomeQuery {
  std::string shop;
  absl::Time start, end;
  int placement = 0;
  int64_t model = 0;
  v1::QualityGrouping group_by = v1::QUALITY_GROUPING_UNSPECIFIED;
};

// What outcomes add up to. Of a source: its places, and the answers that had one.
struct OutcomeCounts {
  int64_t answers = 0, places = 0, clicks = 0, carts = 0, purchases = 0;  // the last three of places
  int64_t answers_clicked = 0, answers_bought = 0;
  stats::Calibration calibration;  // empty for sources
  std::map<int, int64_t> leads;    // places by v1::Reason::Kind; empty for sources
  std::map<int, int64_t> tiers;    // answers by v1::Tier
};
// By placement, source, model, strategy or tier; 0 without a grouping.
using CountsByKey = std::map<int64_t, OutcomeCounts>;

// How differently two mixes are composed (stats::PopulationStabilityIndex); nothing where one is empty.
std::optional<double> MixDrift(const std::map<int, int64_t>& before, const std::map<int, int64_t>& now);

// Reads tables outcomes and outcome_places. Each call scans the time's rows: about a second for a million answers.
// UNAVAILABLE while PostgreSQL is away, or takes longer than a statement may. Thread-safe.
class QualityStore {
 public:
  explicit QualityStore(postgres::Pool& pool) : pool_(pool) {}

  absl::StatusOr<CountsByKey> Count(const OutcomeQuery& query) const;
  // How often each product was shown, by key.
  absl::Status Exposures(const OutcomeQuery& query,
                         absl::FunctionRef<void(int64_t key, const std::string& product, int64_t times)> take) const;
  // The lists of at most kSampled answers, chosen by their random ids.
  absl::Status Lists(const OutcomeQuery& query,
                     absl::FunctionRef<void(int64_t key, const std::vector<std::string>& products)> take) const;
  // By placement the mean number of different products a day, over days (back from the end) with `least` places.
  absl::StatusOr<std::map<int64_t, double>> ProductsPerDay(const OutcomeQuery& query, int64_t least) const;

  static constexpr int kSampled = 5'000;

 private:
  absl::StatusOr<postgres::Result> Ask(const std::string& sql, const OutcomeQuery& query) const;
  absl::Status CountAnswers(const OutcomeQuery& query, CountsByKey& counts) const;
  absl::Status CountPlaces(const OutcomeQuery& query, CountsByKey& counts) const;
  absl::Status CountMixes(const OutcomeQuery& query, CountsByKey& counts) const;

  postgres::Pool& pool_;
};

}  // namespace kontor::recommendations
