#include "services/ingest/housekeeping.h"

#include "libs/platform/runtime/log.h"

namespace kontor::ingest {
namespace {

constexpr absl::Duration kIdLifetime = absl::Hours(24 * 8);

}  // namespace

Housekeeping::Housekeeping(QualityBook& book, QualityStore& quality, EventIdStore& ids, log::EventLog& log,
                           const base::Clock& clock)
    : book_(book), quality_(quality), ids_(ids), log_(log), clock_(clock), thread_([this] { Run(); }) {}

Housekeeping::~Housekeeping() {
  {
    base::MutexLock lock(mutex_);
    stop_ = true;
  }
  stopping_.NotifyAll();
  thread_.join();
  StoreQuality();
}

void Housekeeping::Run() {
  absl::Time next_forget = clock_.Now();
  for (;;) {
    {
      base::MutexLock lock(mutex_);
      if (!stop_) stopping_.WaitFor(mutex_, absl::Seconds(1));
      if (stop_) return;
    }
    StoreQuality();
    if (clock_.Now() < next_forget) continue;
    next_forget = clock_.Now() + absl::Hours(1);
    DropWhatExpired();
  }
}

void Housekeeping::DropWhatExpired() {
  const absl::Status forgotten = ids_.Forget(clock_.Now() - kIdLifetime);
  if (!forgotten.ok()) runtime::LogWarning("expired event ids stay", {{"error", forgotten.ToString()}});
  const absl::Status dropped = log_.ApplyRetention(clock_.Now());
  if (!dropped.ok()) runtime::LogWarning("expired records stay", {{"error", dropped.ToString()}});
}

void Housekeeping::StoreQuality() {
  const QualityBook::Tallies tallies = book_.Take();
  const absl::Status status = quality_.Add(tallies);
  if (status.ok()) return;
  book_.Return(tallies);
  runtime::LogWarning("quality counts are kept for the next try", {{"error", status.ToString()}});
}

}  // namespace kontor::ingest
