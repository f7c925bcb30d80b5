#include "services/analytics/result_cache.h"

#include "gtest/gtest.h"

namespace kontor::analytics {
namespace {

std::shared_ptr<const Answer> AnswerOfRows(size_t rows) {
  auto answer = std::make_shared<Answer>();
  answer->result.rows = rows;
  MetricColumn& metric = answer->result.metrics.emplace_back();
  metric.exact.resize(rows);
  metric.is_null.resize(rows);
  return answer;
}

TEST(ResultCacheTest, LeastRecentlyUsedGoesFirst) {
  const std::shared_ptr<const Answer> answer = AnswerOfRows(1000);
  ResultCache cache(MemoryOf(*answer) * 2);
  cache.Put({1, 1}, answer);
  cache.Put({2, 2}, answer);
  EXPECT_NE(cache.Find({1, 1}), nullptr);  // now 2 is the older one
  cache.Put({3, 3}, answer);
  EXPECT_EQ(cache.Find({2, 2}), nullptr);
  EXPECT_NE(cache.Find({1, 1}), nullptr);
  EXPECT_NE(cache.Find({3, 3}), nullptr);
  EXPECT_EQ(cache.bytes(), 2 * MemoryOf(*answer));
  EXPECT_EQ(cache.Find({1, 3}), nullptr);  // another question's answer
}

TEST(ResultCacheTest, AnAnswerBeyondTheBoundIsNotKept) {
  ResultCache cache(MemoryOf(*AnswerOfRows(1000)) - 1);
  cache.Put({1, 1}, AnswerOfRows(1000));
  EXPECT_EQ(cache.Find({1, 1}), nullptr);
  EXPECT_EQ(cache.bytes(), 0);
}

TEST(ResultCacheTest, DigestSeesEveryCell) {
  QueryResult result = AnswerOfRows(3)->result;
  result.keys.push_back({"country", {"DE", "FR"}, {0, 1, 1}});
  const uint64_t digest = RowsDigest(result);
  QueryResult other = result;
  other.metrics[0].exact[2] = 1;
  EXPECT_NE(RowsDigest(other), digest);
  other = result;
  other.metrics[0].is_null[0] = true;
  EXPECT_NE(RowsDigest(other), digest);
  other = result;
  other.keys[0].codes[1] = 0;
  EXPECT_NE(RowsDigest(other), digest);
  other = result;
  other.keys[0].values = {"D", "EFR"};
  EXPECT_NE(RowsDigest(other), digest);
  EXPECT_EQ(RowsDigest(result), digest);
}

}  // namespace
}  // namespace kontor::analytics
