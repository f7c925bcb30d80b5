#include "libs/platform/fleet/lag_reporter.h"

#include <vector>

namespace kontor::fleet {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(2);

runtime::Gauge LagGauge(runtime::Metrics& metrics, const std::string& group, const char* reader) {
  return metrics.gauge("kontor_lag_records", "Records on the log that the reader has not applied.",
                       {{"group", group}, {"reader", reader}});
}

runtime::Counter EventCounter(runtime::Metrics& metrics, const std::string& group, const char* event) {
  return metrics.counter("kontor_consumer_events_total", "What happened to the consumer.",
                         {{"event", event}, {"group", group}});
}

}  // namespace

LagReporter::LagReporter(log::EventLog& log, const std::string& group, const log::Follower* follower,
                         const log::Consumer& consumer, runtime::Metrics& metrics)
    : log_(log),
      follower_(follower),
      consumer_(consumer),
      view_lag_(LagGauge(metrics, group, "view")),
      consumer_lag_(LagGauge(metrics, group, "consumer")),
      stopped_partitions_(metrics.gauge("kontor_consumer_stopped_partitions",
                                        "Partitions that the consumer has given up until an operator helps.",
                                        {{"group", group}})),
      dead_letters_(EventCounter(metrics, group, "dead_letter")),
      parked_(EventCounter(metrics, group, "parked")),
      retries_(EventCounter(metrics, group, "retry")),
      fenced_(EventCounter(metrics, group, "fenced")),
      thread_([this] { Run(); }) {}

LagReporter::~LagReporter() {
  {
    const base::MutexLock lock(mutex_);
    stop_ = true;
  }
  stopping_.NotifyAll();
  thread_.join();
}

void LagReporter::Run() {
  for (;;) {
    Report();
    const base::MutexLock lock(mutex_);
    if (!stop_) stopping_.WaitFor(mutex_, kInterval);
    if (stop_) return;
  }
}

void LagReporter::Report() {
  if (follower_ != nullptr) ReportView();
  ReportConsumer();
}

void LagReporter::ReportView() {
  int64_t lag = 0;
  for (const log::Position& next : follower_->Applied()) {
    const absl::StatusOr<int64_t> end = log_.End(next.topic, next.partition);
    if (!end.ok()) return;
    lag += *end - next.offset;
  }
  view_lag_.Set(static_cast<double>(lag));
}

void LagReporter::ReportConsumer() {
  const log::ConsumerStats now = consumer_.Stats();
  stopped_partitions_.Set(now.partitions_stopped);
  dead_letters_.Add(static_cast<double>(now.dead_letters - reported_.dead_letters));
  parked_.Add(static_cast<double>(now.parked - reported_.parked));
  retries_.Add(static_cast<double>(now.retries - reported_.retries));
  fenced_.Add(static_cast<double>(now.fenced - reported_.fenced));
  reported_ = now;
  const absl::StatusOr<std::vector<log::PartitionProgress>> progress = consumer_.Progress();
  if (!progress.ok()) return;
  int64_t lag = 0;
  for (const log::PartitionProgress& partition : *progress) lag += partition.lag();
  consumer_lag_.Set(static_cast<double>(lag));
}

}  // namespace kontor::fleet
