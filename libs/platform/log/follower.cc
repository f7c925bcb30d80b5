#include "libs/platform/log/follower.h"

#include <algorithm>
#include <thread>

#include "absl/strings/str_cat.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/platform/log/consumer.h"
#include "libs/platform/log/partition_table.h"

namespace kontor::log {
namespace {

constexpr absl::Duration kIdleWait = absl::Milliseconds(100);
constexpr absl::Duration kBackoffMin = absl::Milliseconds(20);

absl::Status NotYet(absl::string_view what) {
  return base::Error(absl::StatusCode::kUnavailable, kReasonNotYetApplied,
                     absl::StrCat("the view has not applied ", what, " yet; ask again"));
}

}  // namespace

class Follower::Impl {
 public:
  Impl(EventLog& log, const base::Clock& clock, FollowerOptions options, ApplyFunction apply)
      : log_(log), clock_(clock), options_(std::move(options)), apply_(std::move(apply)) {}

  absl::Status Start();
  void Stop();
  std::vector<Position> Applied() const;
  absl::Time Watermark() const;
  absl::Status Ready() const;
  absl::Status WaitUntilCaughtUp(absl::Duration timeout) const;
  absl::Status WaitUntilApplied(const Position& position, absl::Duration timeout) const;
  FollowerStats Stats() const {
    base::MutexLock lock(mutex_);
    return stats_;
  }

 private:
  struct Place {
    Position next;
    int64_t goal = 0;  // the end at Start
    absl::Time received_at = absl::InfinitePast();
    bool behind = false;  // more was on the log when we last looked
  };

  void Loop();
  absl::Status Round();
  absl::Status ReadOne(size_t index);
  bool CaughtUp() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Waits for `done`, which is asked under the lock.
  template <typename Done>
  absl::Status WaitFor(Done done, absl::Duration timeout, absl::string_view what) const;

  EventLog& log_;
  const base::Clock& clock_;
  const FollowerOptions options_;
  const ApplyFunction apply_;
  mutable base::Mutex mutex_;
  mutable base::CondVar moved_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Place> places_ ABSL_GUARDED_BY(mutex_);
  absl::Time looked_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // for the ends, last time
  FollowerStats stats_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

absl::Status Follower::Impl::Start() {
  std::vector<Place> places;
  for (const std::string& topic : options_.topics) {
    ASSIGN_OR_RETURN(const int partitions, log_.Partitions(topic));
    for (int partition = 0; partition < partitions; ++partition) {
      Place place;
      ASSIGN_OR_RETURN(place.goal, log_.End(topic, partition));
      const auto from = std::find_if(options_.from.begin(), options_.from.end(),
                                     [&](const Position& p) { return p.partition == partition && p.topic == topic; });
      if (from != options_.from.end()) {
        place.next = *from;
      } else {
        ASSIGN_OR_RETURN(const int64_t begin, log_.Begin(topic, partition));
        place.next = {topic, partition, begin};
      }
      place.behind = place.next.offset < place.goal;
      places.push_back(std::move(place));
    }
  }
  {
    base::MutexLock lock(mutex_);
    places_ = std::move(places);
  }
  thread_ = std::thread([this] { Loop(); });
  return absl::OkStatus();
}

void Follower::Impl::Stop() {
  {
    base::MutexLock lock(mutex_);
    stop_ = true;
    moved_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void Follower::Impl::Loop() {
  absl::Duration backoff = kBackoffMin;
  while (true) {
    const absl::Status status = Round();
    base::MutexLock lock(mutex_);
    if (absl::IsOutOfRange(status)) {
      stats_.status = status;
      return;
    }
    if (stop_) return;
    if (status.ok()) {
      backoff = kBackoffMin;
      continue;
    }
    ++stats_.errors;
    moved_.WaitFor(mutex_, backoff);
    backoff = std::min(options_.backoff_max, backoff * 2);
  }
}

absl::Status Follower::Impl::Round() {
  const std::vector<Position> next = Applied();
  const absl::Time looked_at = clock_.Now();
  ASSIGN_OR_RETURN(const std::vector<size_t> ready, log_.WaitForRecords(next, kIdleWait));
  {
    base::MutexLock lock(mutex_);
    looked_at_ = looked_at;
    for (Place& place : places_) place.behind = false;
    for (size_t index : ready) places_[index].behind = true;
  }
  for (size_t index : ready) RETURN_IF_ERROR(ReadOne(index));
  return absl::OkStatus();
}

absl::Status Follower::Impl::ReadOne(size_t index) {
  Position next;
  {
    base::MutexLock lock(mutex_);
    if (stop_) return absl::OkStatus();
    next = places_[index].next;
  }
  ASSIGN_OR_RETURN(const std::vector<LogRecord> records,
                   log_.Read(next.topic, next.partition, next.offset, options_.batch));
  if (records.empty()) return absl::OkStatus();
  apply_(next.topic, next.partition, records);
  base::MutexLock lock(mutex_);
  Place& place = places_[index];
  place.next.offset = records.back().offset + 1;
  place.received_at = std::max(place.received_at, records.back().received_at);
  place.behind = static_cast<int>(records.size()) >= options_.batch.max_records;
  stats_.records += static_cast<int64_t>(records.size());
  ++stats_.batches;
  moved_.NotifyAll();
  return absl::OkStatus();
}

std::vector<Position> Follower::Impl::Applied() const {
  base::MutexLock lock(mutex_);
  std::vector<Position> applied;
  for (const Place& place : places_) applied.push_back(place.next);
  return applied;
}

absl::Time Follower::Impl::Watermark() const {
  base::MutexLock lock(mutex_);
  absl::Time watermark = looked_at_;
  for (const Place& place : places_) {
    if (place.behind) watermark = std::min(watermark, place.received_at);
  }
  return watermark;
}

bool Follower::Impl::CaughtUp() const {
  return !places_.empty() && std::all_of(places_.begin(), places_.end(),
                                         [](const Place& place) { return place.next.offset >= place.goal; });
}

absl::Status Follower::Impl::Ready() const {
  base::MutexLock lock(mutex_);
  if (!stats_.status.ok()) return base::Annotate(stats_.status, "the view has stopped");
  if (CaughtUp()) return absl::OkStatus();
  return base::Error(
      absl::StatusCode::kUnavailable, kReasonViewNotReady,
      absl::StrCat("the view is being built from the log, ", stats_.records, " records so far; ask again in a moment"));
}

template <typename Done>
absl::Status Follower::Impl::WaitFor(Done done, absl::Duration timeout, absl::string_view what) const {
  const int64_t deadline_ns = MonotonicNs() + absl::ToInt64Nanoseconds(timeout);
  base::MutexLock lock(mutex_);
  while (!done()) {
    const int64_t left_ns = deadline_ns - MonotonicNs();
    if (left_ns <= 0 || stop_) return NotYet(what);
    moved_.WaitFor(mutex_, absl::Nanoseconds(left_ns));
  }
  return absl::OkStatus();
}

absl::Status Follower::Impl::WaitUntilCaughtUp(absl::Duration timeout) const {
  return WaitFor([this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return CaughtUp(); }, timeout,
                 "what was on the log when it started");
}

absl::Status Follower::Impl::WaitUntilApplied(const Position& position, absl::Duration timeout) const {
  const std::vector<Position> all = Applied();
  const auto at = std::find_if(all.begin(), all.end(), [&](const Position& p) {
    return p.partition == position.partition && p.topic == position.topic;
  });
  if (at == all.end()) {
    return base::Error(absl::StatusCode::kNotFound, kReasonUnknownTopic,
                       absl::StrCat("the view does not follow ", position.topic, "/", position.partition));
  }
  const size_t index = static_cast<size_t>(at - all.begin());
  return WaitFor([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return places_[index].next.offset > position.offset; }, timeout,
                 FormatPosition(position));
}

Follower::Follower(EventLog& log, const base::Clock& clock, FollowerOptions options, ApplyFunction apply)
    : impl_(std::make_unique<Impl>(log, clock, std::move(options), std::move(apply))) {}
Follower::~Follower() { Stop(); }
absl::Status Follower::Start() { return impl_->Start(); }
void Follower::Stop() { impl_->Stop(); }
std::vector<Position> Follower::Applied() const { return impl_->Applied(); }
absl::Time Follower::Watermark() const { return impl_->Watermark(); }
absl::Status Follower::Ready() const { return impl_->Ready(); }
absl::Status Follower::WaitUntilCaughtUp(absl::Duration timeout) const { return impl_->WaitUntilCaughtUp(timeout); }
absl::Status Follower::WaitUntilApplied(const Position& position, absl::Duration timeout) const {
  return impl_->WaitUntilApplied(position, timeout);
}
FollowerStats Follower::Stats() const { return impl_->Stats(); }

}  // namespace kontor::log
