#include "services/recommendations/request_log.h"

#include "gtest/gtest.h"

namespace kontor::recommendations {
namespace {

TEST(RequestLogTest, KeepsTheNewestOfEachShop) {
  const std::vector<fleet::Shop> shops = {{"one", absl::UTCTimeZone()}, {"other", absl::UTCTimeZone()}};
  RequestLog log(shops);
  EXPECT_TRUE(log.Newest("one", 5).empty());
  v1::RecommendRequest request;
  for (int i = 0; i < 1'500; ++i) {
    request.set_page_size(i);
    log.Keep("one", request);
  }
  log.Keep("unknown", request);
  ASSERT_EQ(log.Newest("one", 3).size(), 3u);
  EXPECT_EQ(log.Newest("one", 3)[0]->page_size(), 1'499);
  EXPECT_EQ(log.Newest("one", 3)[2]->page_size(), 1'497);
  EXPECT_EQ(log.Newest("one", 5'000).size(), RequestLog::kKept);
  EXPECT_EQ(log.Newest("one", 5'000).back()->page_size(), 500);
  EXPECT_TRUE(log.Newest("other", 5).empty());
  EXPECT_TRUE(log.Newest("unknown", 5).empty());
}

TEST(RequestLogTest, ForgetsWhatItIsToldTo) {
  const std::vector<fleet::Shop> shops = {{"one", absl::UTCTimeZone()}};
  RequestLog log(shops);
  v1::RecommendRequest request;
  for (int i = 0; i < 1'200; ++i) {
    request.set_page_size(i);
    log.Keep("one", request);
  }
  log.Forget("one", [](const v1::RecommendRequest& kept) { return kept.page_size() % 2 == 1; });
  log.Keep("one", request);
  const auto newest = log.Newest("one", 5'000);
  ASSERT_EQ(newest.size(), 501u);
  EXPECT_EQ(newest[0]->page_size(), 1'199);
  EXPECT_EQ(newest[1]->page_size(), 1'198);
  EXPECT_EQ(newest[500]->page_size(), 200);
}

}  // namespace
}  // namespace kontor::recommendations
