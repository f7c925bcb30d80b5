#include "services/ingest/housekeeping.h"

#include "libs/platform/runtime/log.h"

namespace kontor::ingest {
namespace {

constexpr absl::Duration kIdLifetime = absl::Hours(24 * 8);

}  // namespace

Housekeeping::Housekeeping(QualityBook& book, QualityStore& quality, EventIdStore& ids, const base::Clock& clock)
    : book_(book), quality_(quality), ids_(ids), clock_(clock), thread_([this] { Run(); }) {}

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
    const absl::Status status = ids_.Forget(clock_.Now() - kIdLifetime);
    if (!status.ok()) runtime::LogWarning("expired event ids stay", {{"error", status.ToString()}});
  }
}

void Housekeeping::StoreQuality() {
  const QualityBook::Tallies tallies = book_.Take();
  const absl::Status status = quality_.Add(tallies);
  if (status.ok()) return;
  book_.Return(tallies);
  runtime::LogWarning("quality counts are kept for the next try", {{"error", status.ToString()}});
}

}  // namespace kontor::ingest
