#include "services/ingest/housekeeping.h"

#include "gtest/gtest.h"
#include "libs/platform/fleet/topics.h"
#include "libs/platform/log/memory_event_log.h"
#include "libs/testing/eventually.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/status_matchers.h"
#include "services/ingest/fake_event_id_store.h"

namespace kontor::ingest {
namespace {

// Remembers what was added; away for as long as it is told. Thread-safe.
class FakeQualityStore : public QualityStore {
 public:
  explicit FakeQualityStore(bool away) : away_(away) {}
  absl::Status Add(const QualityBook::Tallies& tallies) override {
    base::MutexLock lock(mutex_);
    if (away_) refused_ += !tallies.empty();
    if (away_) return absl::UnavailableError("away");
    for (const auto& [key, tally] : tallies) count_ += tally.count;
    return absl::OkStatus();
  }
  absl::StatusOr<kontor::ingest::v1::QualityReport> Report(const std::string&) override {
    return kontor::ingest::v1::QualityReport();
  }
  void ComeBack() {
    base::MutexLock lock(mutex_);
    away_ = false;
  }
  int64_t count() {
    base::MutexLock lock(mutex_);
    return count_;
  }
  int refused() {
    base::MutexLock lock(mutex_);
    return refused_;
  }

 private:
  base::Mutex mutex_;
  bool away_ ABSL_GUARDED_BY(mutex_);
  int64_t count_ ABSL_GUARDED_BY(mutex_) = 0;
  int refused_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST(HousekeepingTest, TheLogKeepsWhatItsTopicsKeep) {
  testing::FakeClock clock;
  const auto log = log::MakeMemoryEventLog(clock);
  ASSERT_THAT(log->CreateTopics(fleet::AllTopics(1)), testing::IsOk());
  const absl::Time old = clock.Now() - absl::Hours(24 * 401);
  for (const char* topic : {fleet::kBehavior, fleet::kOrders}) {
    ASSERT_THAT(log->Append(topic, {log::NewRecord{"k", "old", old}, log::NewRecord{"k", "new", clock.Now()}}),
                testing::IsOk());
  }
  QualityBook book;
  FakeQualityStore quality(false);
  FakeEventIdStore ids;
  const Housekeeping housekeeping(book, quality, ids, *log, clock);
  EXPECT_TRUE(testing::Eventually([&] { return *log->Begin(fleet::kBehavior, 0) == 1; }));
  EXPECT_EQ(*log->Begin(fleet::kOrders, 0), 0) << "orders are kept for ever";
}

TEST(HousekeepingTest, CountsOutliveAStoreThatIsAway) {
  testing::FakeClock clock;
  const auto log = log::MakeMemoryEventLog(clock);
  QualityBook book;
  FakeQualityStore quality(true);
  FakeEventIdStore ids;
  {
    const Housekeeping housekeeping(book, quality, ids, *log, clock);
    book.Count({"default", "web", "accepted"}, clock.Now(), clock.Now(), "");
    book.Count({"default", "web", "accepted"}, clock.Now(), clock.Now(), "");
    EXPECT_TRUE(testing::Eventually([&] { return quality.refused() > 0; }));
    quality.ComeBack();
  }
  EXPECT_EQ(quality.count(), 2);
}

}  // namespace
}  // namespace kontor::ingest
