#pragma once

#include <thread>

#include "libs/base/mutex.h"
#include "libs/platform/log/consumer.h"
#include "libs/platform/log/follower.h"
#include "libs/platform/runtime/metrics.h"

namespace kontor::analytics {

// Keeps the metrics of both readers up to date, every two seconds. Owns one thread; what it is given must outlive it.
class LagReporter {
 public:
  LagReporter(log::EventLog& log, const log::Follower& follower, const log::Consumer& consumer,
              runtime::Metrics& metrics);
  ~LagReporter();

 private:
  void Run();
  void Report();
  void ReportView();
  void ReportConsumer();

  log::EventLog& log_;
  const log::Follower& follower_;
  const log::Consumer& consumer_;
  runtime::Gauge view_lag_, consumer_lag_, stopped_partitions_;
  runtime::Counter dead_letters_, parked_, retries_, fenced_;
  log::ConsumerStats reported_;  // of the thread
  base::Mutex mutex_;
  base::CondVar stopping_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace kontor::analytics
