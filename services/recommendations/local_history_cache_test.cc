#include "services/recommendations/local_history_cache.h"

#include <atomic>
#include <future>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"
#include "services/recommendations/fake_history_store.h"

namespace kontor::recommendations {
namespace {

using kontor::testing::StatusIs;

class LocalHistoryCacheTest : public ::testing::Test {
 protected:
  LocalHistoryCacheTest() {
    options_.monotonic = [this] { return absl::Seconds(seconds_.load()); };
  }
  LocalHistoryCache& Cache() {
    if (!cache_) cache_ = std::make_unique<LocalHistoryCache>(below_, origin_, metrics_, options_);
    return *cache_;
  }
  absl::StatusOr<FoundHistory> Get(const std::string& shop, const std::string& subject) {
    return Cache().Get(shop, subject, {patience_, false});
  }
  static std::string FirstOrder(const absl::StatusOr<FoundHistory>& found) {
    if (!found.ok()) return found.status().ToString();
    return found->history->orders().empty() ? "" : found->history->orders()[0].order_id;
  }

  FakeHistoryStore below_, origin_;
  runtime::Metrics metrics_;
  absl::Duration patience_ = absl::Seconds(20);
  std::atomic<int64_t> seconds_{1000};
  LocalHistoryCacheOptions options_;
  std::unique_ptr<LocalHistoryCache> cache_;
};

TEST_F(LocalHistoryCacheTest, AsksOnceWithinTheLifetime) {
  below_.Put("s", "c", {{"o-1", 1, {"A"}}});
  EXPECT_EQ(FirstOrder(Get("s", "c")), "o-1");
  seconds_ += 29;  // the lifetime is between 30 and 60 seconds
  EXPECT_EQ(FirstOrder(Get("s", "c")), "o-1");
  EXPECT_EQ(below_.gets(), 1);
  below_.Put("s", "c", {{"o-2", 1, {"A"}}});
  seconds_ += 31;
  EXPECT_EQ(FirstOrder(Get("s", "c")), "o-2");
  EXPECT_EQ(below_.gets(), 2);
}

TEST_F(LocalHistoryCacheTest, ClearedItHoldsNobodyNotEvenForWhenBelowFails) {
  below_.Put("s", "c", {{"o-1", 1, {"A"}}});
  EXPECT_EQ(FirstOrder(Get("s", "c")), "o-1");
  Cache().Clear();
  EXPECT_EQ(Cache().bytes(), 0);
  below_.Fail(absl::UnavailableError("down"));
  EXPECT_THAT(Get("s", "c"), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(LocalHistoryCacheTest, KeepsShopsApart) {
  below_.Put("s", "c", {{"o-1", 1, {"A"}}});
  EXPECT_EQ(FirstOrder(Get("s", "c")), "o-1");
  EXPECT_EQ(FirstOrder(Get("t", "c")), "");
}

TEST_F(LocalHistoryCacheTest, OneLoadForAllWhoAsk) {
  std::promise<void> open;
  const std::shared_future<void> opened = open.get_future().share();
  below_.Put("s", "c", {{"o-1", 1, {"A"}}});
  below_.OnGet([opened] { opened.wait(); });
  std::vector<std::future<std::string>> answers;
  std::atomic<int> asking{0};
  for (int i = 0; i < 8; ++i) {
    answers.push_back(std::async(std::launch::async, [&] {
      ++asking;
      return FirstOrder(Get("s", "c"));
    }));
    if (i == 0) {
      while (below_.gets() == 0) std::this_thread::yield();
    }
  }
  while (asking < 8) std::this_thread::yield();
  open.set_value();
  for (auto& answer : answers) EXPECT_EQ(answer.get(), "o-1");
  EXPECT_EQ(below_.gets(), 1);
}

TEST_F(LocalHistoryCacheTest, DoesNotWaitForAHangingStore) {
  options_.loaders = 1;
  options_.max_waiting = 2;
  patience_ = absl::Milliseconds(20);
  std::promise<void> open;
  const std::shared_future<void> opened = open.get_future().share();
  below_.OnGet([opened] { opened.wait(); });
  EXPECT_THAT(Get("s", "a"), StatusIs(absl::StatusCode::kUnavailable, kReasonHistoryLate));  // is loaded
  EXPECT_THAT(Get("s", "b"), StatusIs(absl::StatusCode::kUnavailable, kReasonHistoryLate));  // waits
  EXPECT_THAT(Get("s", "c"), StatusIs(absl::StatusCode::kUnavailable, kReasonHistoryLate));  // waits
  EXPECT_THAT(Get("s", "d"), StatusIs(absl::StatusCode::kResourceExhausted, kReasonHistoryBusy));
  open.set_value();
}

TEST_F(LocalHistoryCacheTest, AnswersStaleWhenBelowFails) {
  below_.Put("s", "c", {{"o-1", 1, {"A"}}});
  KONTOR_ASSERT_OK(Get("s", "c"));
  below_.Fail(absl::UnavailableError("away"));
  seconds_ += 61;
  KONTOR_ASSERT_OK_AND_ASSIGN(const FoundHistory found, Get("s", "c"));
  EXPECT_TRUE(found.stale);
  EXPECT_EQ(found.history->orders()[0].order_id, "o-1");
  EXPECT_THAT(Get("s", "new"), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(LocalHistoryCacheTest, ForgetsAlsoWhatIsUnderWay) {
  below_.Put("s", "c", {{"o-1", 1, {"A"}}});
  KONTOR_ASSERT_OK(Get("s", "c"));
  below_.Put("s", "c", {{"o-2", 1, {"A"}}});
  Cache().Forget({{"s", "c"}});
  EXPECT_EQ(FirstOrder(Get("s", "c")), "o-2");

  // The store answers with what it held before the change, after the cache was told to forget.
  std::atomic<bool> once{false};
  below_.OnGet([&] {
    if (once.exchange(true)) return;
    below_.Put("s", "c", {{"o-3", 1, {"A"}}});
    Cache().Forget({{"s", "c"}});
  });
  Cache().Forget({{"s", "c"}});
  EXPECT_EQ(FirstOrder(Get("s", "c")), "o-2");
  EXPECT_EQ(FirstOrder(Get("s", "c")), "o-3");
}

TEST_F(LocalHistoryCacheTest, ReadsPastTheCachesForWhoHasSeenMore) {
  below_.Put("s", "c", {{"o-1", 1, {"A"}}});
  origin_.Put("s", "c", {{"o-2", 1, {"A"}}});
  EXPECT_EQ(FirstOrder(Get("s", "c")), "o-1");
  EXPECT_EQ(FirstOrder(Cache().Get("s", "c", {patience_, true})), "o-2");
  EXPECT_EQ(FirstOrder(Get("s", "c")), "o-2");  // and keeps what it found
  origin_.Fail(absl::UnavailableError("away"));
  KONTOR_ASSERT_OK_AND_ASSIGN(const FoundHistory found, Cache().Get("s", "c", {patience_, true}));
  EXPECT_TRUE(found.stale);
}

TEST_F(LocalHistoryCacheTest, IsBoundedInBytes) {
  options_.max_bytes = 16 * 4000;
  for (int i = 0; i < 500; ++i) {
    below_.Put("s", absl::StrCat("c", i), {{"o-1", 1, {"A", "B", "C"}}});
    KONTOR_ASSERT_OK(Get("s", absl::StrCat("c", i)));
  }
  EXPECT_LE(Cache().bytes(), options_.max_bytes);
  EXPECT_GT(Cache().bytes(), options_.max_bytes / 2);
  const int before = below_.gets();
  KONTOR_ASSERT_OK(Get("s", "c499"));
  EXPECT_EQ(below_.gets(), before);
}

}  // namespace
}  // namespace kontor::recommendations
