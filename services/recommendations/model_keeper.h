#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/platform/fleet/fleet.h"
#include "services/recommendations/source_failures.h"
#include "services/recommendations/trainer.h"

namespace kontor::recommendations {

struct ModelKeeperOptions {
  absl::Duration refresh = absl::Seconds(5);  // how soon a model that another process promoted is served
  absl::Duration growth_check = absl::Minutes(1);
  double growth = 1.2;                      // stored orders, as a multiple of what the model learned from
  absl::Duration rest = absl::Minutes(10);  // between trainings, and from the start to the first
};

// Keeps models current: serves what the registry names, says what of it fails, and trains anew when the orders have
// grown by a fifth, but not while a canary is being compared with the model in service; and in any case when somebody
// was forgotten since the model in service was learned. Owns one thread; destruction waits for a training's current
// step.
class ModelKeeper {
 public:
  ModelKeeper(Trainer& trainer, ServingModels& serving, postgres::Pool& postgres, absl::Span<const fleet::Shop> shops,
              const base::Clock& clock, runtime::Metrics& metrics, ModelKeeperOptions options = {});
  ~ModelKeeper();

  // One look at every shop; the thread does it every `refresh`. For tests; not together with the thread.
  void LookOnce();

  void Start();

 private:
  void Run();
  // The orders stored, when they are enough more than the model in service and the last attempt had; else nothing.
  double NetworkSeconds(const std::string& shop) const;  // as much as the model in service had
  std::optional<int64_t> GrownTo(const std::string& shop) const;
  bool KnowsTheForgotten(const std::string& shop) const;

  Trainer& trainer_;
  ServingModels& serving_;
  postgres::Pool& postgres_;
  std::vector<std::string> shops_;
  const base::Clock& clock_;
  SourceFailures failures_;
  const ModelKeeperOptions options_;
  absl::Time next_growth_check_;
  std::map<std::string, absl::Time> next_training_;
  std::map<std::string, int64_t> tried_at_;  // stored orders at the last attempt, whatever became of it

  std::atomic<bool> cancelled_{false};
  base::Mutex mutex_;
  base::CondVar stopping_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace kontor::recommendations
