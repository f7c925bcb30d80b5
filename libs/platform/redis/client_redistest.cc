#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "libs/platform/redis/client.h"
#include "libs/testing/fault_gate.h"
#include "libs/testing/private_redis.h"
#include "libs/testing/status_matchers.h"

namespace kontor::redis {
namespace {

using testing::IsOk;
using testing::StatusIs;

class ClientTest : public ::testing::Test {
 protected:
  static std::unique_ptr<Client> Connect(const std::string& url, RedisOptions options = {}) {
    options.url = url;
    auto client = Client::Create(options);
    EXPECT_THAT(client, IsOk());
    return *std::move(client);
  }
  // For tests of what is answered, not how soon: the machine is shared.
  static std::unique_ptr<Client> ConnectPatiently(const std::string& url) {
    RedisOptions options;
    options.call_timeout = absl::Seconds(10);
    return Connect(url, options);
  }
  // The longest of `calls` calls in milliseconds.
  static double LongestCall(Client& client, int calls) {
    double longest = 0;
    for (int i = 0; i < calls; ++i) {
      const auto start = std::chrono::steady_clock::now();
      EXPECT_THAT(client.Get("key"), StatusIs(absl::StatusCode::kUnavailable));
      const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
      longest = std::max(longest, took.count());
    }
    return longest;
  }

  std::unique_ptr<testing::PrivateRedis> redis_ = testing::PrivateRedis::Start();
};

TEST_F(ClientTest, BytesComeBackAsTheyWere) {
  const auto client = ConnectPatiently(redis_->url());
  const std::string key("k\r\nDEL x\0y", 10);
  const std::string value("\0\xff\r\n*1\r\n", 8);
  ASSERT_THAT(client->SetEx(key, value, absl::Minutes(1)), IsOk());
  EXPECT_EQ(client->Get(key)->value(), value);
  EXPECT_EQ(*client->Get("absent"), std::nullopt);
  const auto both = client->MGet({"absent", key});
  EXPECT_EQ((*both)[0], std::nullopt);
  EXPECT_EQ((*both)[1], value);
  ASSERT_THAT(client->Del({key}), IsOk());
  EXPECT_EQ(*client->Get(key), std::nullopt);
  EXPECT_EQ(client->Stats().hits, 2);
}

TEST_F(ClientTest, ValuesExpire) {
  const auto client = ConnectPatiently(redis_->tcp_url());
  ASSERT_THAT(client->SetEx("k", "v", absl::Microseconds(1)), IsOk());
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  while (client->Get("k")->has_value()) ASSERT_LT(std::chrono::steady_clock::now(), give_up);
}

TEST_F(ClientTest, KilledIsQuicklyUnavailableAndComesBack) {
  RedisOptions options;
  options.breaker_open = absl::Milliseconds(50);
  const auto client = Connect(redis_->tcp_url(), options);
  ASSERT_THAT(client->Ping(), IsOk());
  redis_->Kill();
  EXPECT_LT(LongestCall(*client, 20), 100);
  EXPECT_TRUE(client->Stats().breaker_is_open);
  EXPECT_GT(client->Stats().refused_by_breaker, 0);
  redis_->Restart();
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!client->Ping().ok()) ASSERT_LT(std::chrono::steady_clock::now(), give_up);
  EXPECT_FALSE(client->Stats().breaker_is_open);
}

TEST_F(ClientTest, ASlowRedisCostsTheDeadlineThenNothing) {
  testing::FaultGate gate(redis_->port());
  const auto client = Connect("tcp://127.0.0.1:" + std::to_string(gate.port()));
  ASSERT_THAT(client->Ping(), IsOk());
  gate.BlackHole(testing::FaultGate::Direction::kToClient);
  // The deadline is 10 ms; the machine is shared.
  EXPECT_LT(LongestCall(*client, 5), 200);
  EXPECT_TRUE(client->Stats().breaker_is_open);
  EXPECT_GE(client->Stats().timeouts, 1);
  gate.Pass();
}

TEST_F(ClientTest, AFullRedisRefusesWritesAndStillReads) {
  const auto client = ConnectPatiently(redis_->url());
  ASSERT_THAT(client->SetEx("k", "v", absl::Minutes(1)), IsOk());
  redis_->Command("CONFIG SET maxmemory-policy noeviction");
  redis_->Command("CONFIG SET maxmemory 1");
  EXPECT_THAT(client->SetEx("big", std::string(1 << 20, 'x'), absl::Minutes(1)),
              StatusIs(absl::StatusCode::kResourceExhausted, "REDIS_FULL"));
  EXPECT_EQ(client->Get("k")->value(), "v");
  EXPECT_FALSE(client->Stats().breaker_is_open);
}

TEST_F(ClientTest, FlushedIsAMiss) {
  const auto client = ConnectPatiently(redis_->url());
  ASSERT_THAT(client->SetEx("k", "v", absl::Minutes(1)), IsOk());
  redis_->Command("FLUSHALL");
  EXPECT_EQ(*client->Get("k"), std::nullopt);
}

TEST_F(ClientTest, ManyThreadsShareThePool) {
  const auto client = ConnectPatiently(redis_->url());
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&client, t] {
      const std::string key = "k" + std::to_string(t);
      for (int i = 0; i < 50; ++i) {
        EXPECT_THAT(client->SetEx(key, std::to_string(i), absl::Minutes(1)), IsOk());
        EXPECT_EQ(client->Get(key)->value(), std::to_string(i));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(UrlTest, OtherFormsAreRefused) {
  for (const char* url : {"", "redis://x", "unix://", "tcp://host", "tcp://:1", "tcp://h:0", "tcp://h:x"}) {
    RedisOptions options;
    options.url = url;
    EXPECT_THAT(Client::Create(options), StatusIs(absl::StatusCode::kInvalidArgument)) << url;
  }
}

}  // namespace
}  // namespace kontor::redis
