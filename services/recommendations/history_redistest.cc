#include <algorithm>
#include <chrono>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/fault_gate.h"
#include "libs/testing/private_redis.h"
#include "libs/testing/status_matchers.h"
#include "services/recommendations/caching_history_store.h"
#include "services/recommendations/fake_history_store.h"

// The cache in Redis, with Redis gone, slow, silent, emptied or full of rubbish: answers go on, and in time.
namespace kontor::recommendations {
namespace {

using kontor::testing::FaultGate;
using kontor::testing::PrivateRedis;
using Steady = std::chrono::steady_clock;

class RedisHistoryTest : public ::testing::Test {
 protected:
  RedisHistoryTest() : server_(PrivateRedis::Start()), gate_(server_->port()) {
    redis::RedisOptions options;
    options.url = absl::StrCat("tcp://127.0.0.1:", gate_.port());
    client_ = *redis::Client::Create(options);
    store_ = std::make_unique<CachingHistoryStore>(below_, *client_, clock_, metrics_, 1);
    below_.Put("s", "c", {{"o-1", 1, {"A", "B"}}});
  }

  std::string FirstOrder() {
    const auto found = store_->Get("s", "c");
    if (!found.ok()) return found.status().ToString();
    return found->history->orders().empty() ? "" : found->history->orders()[0].order_id;
  }
  // Milliseconds of the calls, the slowest one in a hundred.
  double P99OfCalls(int calls) {
    std::vector<double> times;
    for (int i = 0; i < calls; ++i) {
      const auto start = Steady::now();
      EXPECT_EQ(FirstOrder(), "o-1");
      times.push_back(std::chrono::duration<double, std::milli>(Steady::now() - start).count());
    }
    std::sort(times.begin(), times.end());
    return times[times.size() * 99 / 100];
  }
  // Asks until the cache answers, whatever the machine is busy with: a call to Redis may take 10 ms and no more.
  void Warm() {
    const auto give_up = Steady::now() + std::chrono::seconds(20);
    int before = -1;
    while (before != below_.gets() && Steady::now() < give_up) {
      before = below_.gets();
      EXPECT_EQ(FirstOrder(), "o-1");
    }
    EXPECT_EQ(before, below_.gets()) << "Redis answers nothing";
  }

  std::unique_ptr<PrivateRedis> server_;
  FaultGate gate_;
  kontor::testing::FakeClock clock_;
  runtime::Metrics metrics_;
  FakeHistoryStore below_;
  std::unique_ptr<redis::Client> client_;
  std::unique_ptr<CachingHistoryStore> store_;
};

TEST_F(RedisHistoryTest, AnswersFromTheCacheUntilTold) {
  Warm();
  below_.Put("s", "c", {{"o-2", 1, {"A"}}});
  EXPECT_EQ(FirstOrder(), "o-1");
  const std::vector<std::pair<std::string, std::string>> changed = {{"s", "c"}, {"s", "unknown"}};
  store_->Forget(changed);
  EXPECT_FALSE((*client_->Get("recommendations/history/s/c")).has_value());  // no key holds the token any more
  EXPECT_EQ(FirstOrder(), "o-2");
  EXPECT_NE(metrics_.Text().find("kontor_recommendations_history_cache_hits_total{layer=\"redis\"}"),
            std::string::npos);
}

TEST_F(RedisHistoryTest, GoesOnWhenRedisDies) {
  Warm();
  server_->Kill();
  gate_.CutOnce();
  EXPECT_LT(P99OfCalls(300), 100);
  server_->Restart();
  Warm();
}

TEST_F(RedisHistoryTest, GoesOnWhenRedisIsSlowOrSilent) {
  Warm();
  gate_.Delay(FaultGate::Direction::kToClient, absl::Milliseconds(50));
  EXPECT_LT(P99OfCalls(300), 100);
  gate_.Pass();
  gate_.BlackHole(FaultGate::Direction::kToServer);
  EXPECT_LT(P99OfCalls(300), 100);
  gate_.Pass();
  server_->Freeze();
  EXPECT_LT(P99OfCalls(300), 100);
  server_->Thaw();
}

TEST_F(RedisHistoryTest, FillsAgainAfterAFlush) {
  Warm();
  server_->Command("FLUSHALL");
  const int before = below_.gets();
  EXPECT_EQ(FirstOrder(), "o-1");
  EXPECT_GT(below_.gets(), before);
  Warm();
}

TEST_F(RedisHistoryTest, PassesOverRubbish) {
  Warm();
  server_->Command("SET recommendations/history/s/c rubbish");
  EXPECT_EQ(FirstOrder(), "o-1");
  server_->Command("SET recommendations/history/s/c \"\"");
  EXPECT_EQ(FirstOrder(), "o-1");
}

TEST_F(RedisHistoryTest, WhatIsNoLongerFreshServesOnlyWhenTheStoreIsAway) {
  Warm();
  below_.Put("s", "c", {{"o-2", 1, {"A"}}});
  clock_.Advance(CachingHistoryStore::kFresh - absl::Seconds(1));
  EXPECT_EQ(FirstOrder(), "o-1");
  clock_.Advance(absl::Minutes(2));
  below_.Fail(absl::UnavailableError("away"));
  KONTOR_ASSERT_OK_AND_ASSIGN(const FoundHistory found, store_->Get("s", "c"));
  EXPECT_TRUE(found.stale);
  EXPECT_EQ(found.history->orders()[0].order_id, "o-1");
  below_.Fail(absl::OkStatus());
  EXPECT_EQ(FirstOrder(), "o-2");
}

TEST_F(RedisHistoryTest, PassesOnThatTheStoreIsAway) {
  below_.Fail(absl::UnavailableError("away"));
  EXPECT_THAT(store_->Get("s", "new"), kontor::testing::StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace kontor::recommendations
