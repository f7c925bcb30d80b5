#include "libs/platform/log/append_queue.h"

#include <algorithm>
#include <thread>

#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"

namespace kontor::log {
namespace {

using kontor::testing::IsOk;
using kontor::testing::StatusIs;

// A partition that counts its writes and can hold the first one back.
struct SlowPartition {
  absl::StatusOr<int64_t> Write(absl::Span<const NewRecord* const> records) {
    base::MutexLock lock(mutex);
    ++arrived;
    changed.NotifyAll();
    while (hold) changed.Wait(mutex);
    sizes.push_back(records.size());
    const int64_t first = end;
    end += static_cast<int64_t>(records.size());
    if (fail) return absl::UnavailableError("no");
    return first;
  }
  void WaitForArrival() {
    base::MutexLock lock(mutex);
    while (arrived == 0) changed.Wait(mutex);
  }
  void LetGo() {
    base::MutexLock lock(mutex);
    hold = false;
    changed.NotifyAll();
  }

  base::Mutex mutex;
  base::CondVar changed;
  bool hold = false, fail = false;
  int arrived = 0;
  int64_t end = 0;
  std::vector<size_t> sizes;
};

AppendQueue MakeQueue(SlowPartition& partition, AppendQueue::Limits limits = {}) {
  return AppendQueue(limits,
                     [&](int64_t, absl::Span<const NewRecord* const> records) { return partition.Write(records); });
}

TEST(AppendQueue, CallersThatWaitBehindAWriteLeaveTogether) {
  SlowPartition partition;
  partition.hold = true;
  AppendQueue queue = MakeQueue(partition, {.group_records = 8});
  std::vector<std::thread> callers;
  const auto call = [&] { callers.emplace_back([&] { EXPECT_THAT(queue.Append({{"k", "v"}}, {1}), IsOk()); }); };
  call();
  partition.WaitForArrival();
  for (int i = 0; i < 20; ++i) call();
  partition.LetGo();
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(partition.end, 21);
  EXPECT_LE(*std::max_element(partition.sizes.begin(), partition.sizes.end()), 8u);
}

TEST(AppendQueue, LargeAppendsAreCutAndKeepTheirOrder) {
  SlowPartition partition;
  AppendQueue queue = MakeQueue(partition, {.group_records = 10, .write_records = 10, .write_bytes = 1000});
  const std::vector<NewRecord> records(25, {"k", "v"});
  auto offsets = queue.Append(records, std::vector<int64_t>(25, 1));
  ASSERT_THAT(offsets, IsOk());
  for (size_t i = 0; i < 25; ++i) EXPECT_EQ((*offsets)[i], static_cast<int64_t>(i));
  EXPECT_EQ(partition.sizes, (std::vector<size_t>{10, 10, 5}));
  partition.sizes.clear();
  ASSERT_THAT(queue.Append(std::vector<NewRecord>(3, {"k", std::string(600, 'x')}), {1, 1, 1}), IsOk());
  EXPECT_EQ(partition.sizes, (std::vector<size_t>{1, 1, 1}));
}

TEST(AppendQueue, BytesInFlightAreBounded) {
  SlowPartition partition;
  partition.hold = true;
  AppendQueue queue = MakeQueue(partition, {.bytes_in_flight_max = 100});
  std::thread first([&] { EXPECT_THAT(queue.Append({{"k", std::string(80, 'x')}}, {1}), IsOk()); });
  partition.WaitForArrival();
  EXPECT_THAT(queue.Append({{"k", std::string(30, 'x')}}, {1}),
              StatusIs(absl::StatusCode::kResourceExhausted, kReasonLogBusy));
  partition.LetGo();
  first.join();
  EXPECT_THAT(queue.Append({{"k", std::string(300, 'x')}}, {1}), IsOk());
}

TEST(AppendQueue, AFailureReachesEveryCallerOfTheGroupAndNobodyElse) {
  SlowPartition partition;
  partition.fail = true;
  AppendQueue queue = MakeQueue(partition);
  EXPECT_THAT(queue.Append({{"k", "v"}}, {1}), StatusIs(absl::StatusCode::kUnavailable));
  partition.fail = false;
  EXPECT_THAT(queue.Append({{"k", "v"}}, {1}), IsOk());
}

}  // namespace
}  // namespace kontor::log
