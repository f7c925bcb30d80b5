#pragma once

#include <string>
#include <thread>

#include "libs/base/mutex.h"
#include "libs/platform/log/consumer.h"
#include "libs/platform/log/follower.h"
#include "libs/platform/runtime/metrics.h"

namespace kontor::fleet {

// Keeps the metrics of a service's readers of the log up to date, every two seconds: `kontor_lag_records`,
// `kontor_consumer_events_total` and `kontor_consumer_stopped_partitions`, labelled by the consumer's `group`. Owns one
// thread; what it is given must outlive it.
class LagReporter {
 public:
  // `follower` may be null.
  LagReporter(log::EventLog& log, const std::string& group, const log::Follower* follower,
              const log::Consumer& consumer, runtime::Metrics& metrics);
  ~LagReporter();

 private:
  void Run();
  void Report();
  void ReportView();
  void ReportConsumer();

  log::EventLog& log_;
  const log::Follower* follower_;
  const log::Consumer& consumer_;
  runtime::Gauge view_lag_, consumer_lag_, stopped_partitions_;
  runtime::Counter dead_letters_, parked_, retries_, fenced_;
  log::ConsumerStats reported_;  // of the thread
  base::Mutex mutex_;
  base::CondVar stopping_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace kontor::fleet
