#pragma once

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/platform/runtime/metrics.h"
#include "services/forecasting/global_models.h"
#include "services/forecasting/past_reader.h"
#include "services/forecasting/run_events.h"
#include "services/forecasting/run_store.h"

namespace kontor::forecasting {

inline constexpr int kRunDays = 56, kRunWeeks = 26;  // horizons that runs store

// Works runs off: those that were asked for, and one for every day that has ended. A run that is given time for it
// first learns a network over all products. Its products are forecast in the order of their ids, a chunk at a time on
// all processors; each chunk is stored with how far the run is, so that a process that takes a run over goes on there.
// Then come categories and the shop, all are moved to agree with each other (weighted least squares, reconcile.h), and
// the run ends with its events. Memory: a chunk's sales, and at the end the means of all series. Owns one thread,
// behind calls; destruction waits for a chunk.
class ForecastRunner {
 public:
  struct Parts {
    PastReader& pasts;
    DemandStore& demand;
    MarketStore& market;
    RunStore& runs;
    RunEvents& events;
    GlobalModels& models;
    const base::Clock& clock;
    runtime::Metrics& metrics;
    std::string owner;                             // unique among processes
    absl::Duration first_run = absl::Minutes(10);  // from the start to the first that nobody asked for
  };
  explicit ForecastRunner(Parts parts);
  ~ForecastRunner();

  void Start();

  // FAILED_PRECONDITION (TOO_LITTLE_HISTORY) for fewer than 14 days of orders, else as RunStore::Start.
  absl::StatusOr<Run> Start(const fleet::Shop& shop, const std::string& request_id, absl::CivilDay data_until,
                            int64_t learn_seconds = 0);

  // Works one run off, if there is one that nobody works on. For tests; not together with the thread.
  absl::StatusOr<bool> WorkOnce();

 private:
  void Loop();
  void StartDue();
  absl::Status Work(Run& run);
  absl::Status LearnGlobalModels(const fleet::Shop& shop, Run& run);
  absl::Status ForecastProducts(const fleet::Shop& shop, const Market& market, const std::set<int>& closed_weekdays,
                                Run& run);
  absl::Status ForecastGroups(const fleet::Shop& shop, const DailySales& all, const Market& market,
                              const std::set<int>& closed_weekdays, Run& run);
  absl::Status MakeAgree(Run& run, v1::Grain grain);

  const Parts parts_;
  const runtime::Counter finished_, failed_;
  const runtime::Gauge seconds_;
  std::map<std::string, absl::Time> next_;  // run that nobody asked for, by shop
  std::atomic<bool> stopped_{false};
  base::Mutex mutex_;
  base::CondVar waking_;
  bool wake_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

constexpr char kReasonTooLittleHistory[] = "TOO_LITTLE_HISTORY";

}  // namespace kontor::forecasting
