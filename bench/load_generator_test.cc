#include "bench/load_generator.h"

#include <chrono>
#include <set>
#include <thread>

#include "gtest/gtest.h"
#include "libs/base/mutex.h"

namespace kontor::bench {
namespace {

void Busy(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

TEST(LoadGeneratorTest, QuantilesAreByNearestRank) {
  LoadResult result;
  EXPECT_EQ(result.QuantileMs(0.5), 0);
  for (int i = 100; i >= 1; --i) result.latencies_us.push_back(i * 1000);
  EXPECT_EQ(result.QuantileMs(0.5), 50);
  EXPECT_EQ(result.QuantileMs(0.99), 99);
  EXPECT_EQ(result.QuantileMs(1), 100);
  EXPECT_EQ(result.QuantileMs(0), 1);
}

TEST(LoadGeneratorTest, OpenLoopStartsEveryCallOnceAndCountsErrors) {
  std::set<int64_t> seen;
  const LoadResult result = RunOpenLoop(
      [&](int64_t index, const std::function<void(bool)>& done) {
        seen.insert(index);
        done(index % 10 != 0);
      },
      2000, absl::Milliseconds(100), 1000);
  EXPECT_EQ(seen.size(), 200u);
  EXPECT_EQ(*seen.begin(), 1000);
  EXPECT_EQ(result.errors, 20);
  EXPECT_EQ(result.latencies_us.size(), 180u);
}

TEST(LoadGeneratorTest, AnOpenLoopWithoutAnEndKeepsItsPaceUntilItIsStopped) {
  int calls = 0;
  const LoadResult result = RunOpenLoopWhile(
      [&](int64_t index, const std::function<void(bool)>& done) {
        EXPECT_EQ(index, calls++);
        done(true);
      },
      1000, [&] { return calls < 50; });
  EXPECT_EQ(calls, 50);
  EXPECT_EQ(result.latencies_us.size(), 50u);
  EXPECT_GE(result.seconds, .049);
}

// 1,000 calls a second, one of which holds the sender up for 100 ms: about 100 calls had to wait, 50 ms on average, and
// all of that is counted although each of them took no time once it was sent.
TEST(LoadGeneratorTest, OpenLoopChargesTheWaitBehindAStall) {
  const LoadResult result = RunOpenLoop(
      [&](int64_t index, const std::function<void(bool)>& done) {
        if (index == 50) Busy(std::chrono::milliseconds(100));
        done(true);
      },
      1000, absl::Milliseconds(300));
  ASSERT_EQ(result.latencies_us.size(), 300u);
  int waited = 0;
  for (const int64_t latency : result.latencies_us) waited += latency > 20'000;
  EXPECT_GE(waited, 75);
  EXPECT_GE(result.QuantileMs(1), 95);
}

// 1,000 calls a second of 20 ms each, five at a time: no more than 250 a second can be sent, the others are left out.
TEST(LoadGeneratorTest, AFloodLeavesOutWhatExceedsItsBound) {
  base::Mutex mutex;
  int open = 0, most = 0;
  std::vector<std::thread> threads;
  const LoadResult result = RunFlood(
      [&](int64_t, const std::function<void(bool)>& done) {
        {
          base::MutexLock lock(mutex);
          most = std::max(most, ++open);
        }
        threads.emplace_back([&, done] {
          std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the length of a call
          {
            base::MutexLock lock(mutex);
            --open;
          }
          done(true);
        });
      },
      1000, 5, absl::Milliseconds(200));
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most, 5);
  EXPECT_GE(result.latencies_us.size(), 5u);
  EXPECT_LE(result.latencies_us.size(), 55u);
  EXPECT_GE(result.QuantileMs(0.5), 19);
}

TEST(LoadGeneratorTest, ClosedLoopKeepsToItsConcurrency) {
  base::Mutex mutex;
  int open = 0, most = 0;
  std::vector<std::thread> threads;
  const LoadResult result = RunClosedLoop(
      [&](int64_t, const std::function<void(bool)>& done) {
        {
          base::MutexLock lock(mutex);
          most = std::max(most, ++open);
        }
        threads.emplace_back([&, done] {
          Busy(std::chrono::milliseconds(1));
          {
            base::MutexLock lock(mutex);
            --open;
          }
          done(true);
        });
      },
      3, absl::Milliseconds(100));
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most, 3);
  EXPECT_GT(result.latencies_us.size(), 10u);
  EXPECT_GT(result.rate(), 0);
}

}  // namespace
}  // namespace kontor::bench
