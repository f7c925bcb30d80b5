#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/platform/log/outbox.h"
#include "libs/platform/postgres/pool.h"
#include "services/forecasting/calendar.h"
#include "services/forecasting/stored_forecast.h"

namespace kontor::forecasting {

// A run as it stands.
struct Run {
  std::string shop;
  int64_t number = 0;
  v1::ForecastRun::State state = v1::ForecastRun::STATE_RUNNING;
  absl::CivilDay data_until;
  absl::Time create_time;
  std::optional<absl::Time> end_time;
  int64_t series_total = 0, series_done = 0;
  std::string after_product;  // products up to this one are done
  double bulk_units = 0;      // past.h
  int64_t learn_seconds = 0;
  std::string engine_version, error;
};

struct ForecastRow {
  Node node;
  v1::Grain grain = v1::GRAIN_DAY;
  StoredForecast forecast;
};

std::string RunName(const Run& run);
// The number of shops/{shop}/forecastRuns/{run}; nothing for another name.
std::optional<int64_t> RunNumber(absl::string_view name, absl::string_view shop);

// Tables runs and forecasts. A run belongs to the process that holds its lease; what that process writes is refused
// (ABORTED, RUN_LOST) once another has taken it over or it was cancelled. Errors are the pool's. Thread-safe.
class RunStore {
 public:
  explicit RunStore(postgres::Pool& pool) : pool_(pool) {}

  // ALREADY_EXISTS (RUN_RUNS) while one of the shop is under way; the same non-empty request id: the run it started.
  absl::StatusOr<Run> Start(const std::string& shop, const std::string& request_id, absl::CivilDay data_until,
                            int64_t learn_seconds, absl::Time now);
  absl::StatusOr<Run> Get(const std::string& shop, int64_t number);  // NOT_FOUND (RUN_UNKNOWN)
  // Below `before` (0: all), the newest first.
  absl::StatusOr<std::vector<Run>> List(const std::string& shop, int64_t before, int limit);
  // The newest that is done, below `before` (0: all); NOT_FOUND (NO_FORECASTS).
  absl::StatusOr<Run> NewestDone(const std::string& shop, int64_t before = 0);
  // FAILED_PRECONDITION (RUN_ENDED) for one that is not under way.
  absl::StatusOr<Run> Cancel(const std::string& shop, int64_t number, absl::Time now);

  // A run that is under way and that nobody holds, held by `owner` from now on.
  absl::StatusOr<std::optional<Run>> Claim(const std::string& owner, absl::Time now, absl::Duration lease);
  // Writes rows and how far the run is, and holds it for another `lease`.
  absl::Status Progress(const Run& run, const std::string& owner, absl::Time now, absl::Duration lease,
                        absl::Span<const ForecastRow> rows);
  // Ends it, publishes, and removes all but the newest `keep` runs with their forecasts.
  absl::Status Finish(const Run& run, const std::string& owner, absl::Time now, absl::Span<const log::OutboxRow> events,
                      int keep);
  // Lets go of it, for another process.
  absl::Status Release(const Run& run, const std::string& owner);
  absl::Status Fail(const Run& run, const std::string& owner, absl::Time now, const std::string& error);

  // NOT_FOUND (FORECAST_UNKNOWN).
  absl::StatusOr<StoredForecast> Read(const std::string& shop, int64_t run, v1::Grain grain, const Node& node);
  // In the order of nodes, those after `after`.
  absl::StatusOr<std::vector<std::pair<Node, StoredForecast>>> ReadLevel(const std::string& shop, int64_t run,
                                                                         v1::Grain grain, Level level,
                                                                         const std::string& after, int limit);

 private:
  absl::Status Write(postgres::Transaction& transaction, const Run& run, absl::Span<const ForecastRow> rows);

  postgres::Pool& pool_;
};

constexpr char kReasonRunRuns[] = "RUN_RUNS";
constexpr char kReasonRunUnknown[] = "RUN_UNKNOWN";
constexpr char kReasonRunEnded[] = "RUN_ENDED";
constexpr char kReasonRunLost[] = "RUN_LOST";
constexpr char kReasonNoForecasts[] = "NO_FORECASTS";
constexpr char kReasonForecastUnknown[] = "FORECAST_UNKNOWN";

}  // namespace kontor::forecasting
