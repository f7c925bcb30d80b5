#include "libs/domain/nn/ranking.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "libs/domain/nn/test_data.h"

namespace kontor::nn {
namespace {

// Scores are the table itself: one dimension, user vector 1.
class FixedEncoder : public UserEncoder {
 public:
  FixedEncoder(std::vector<float> scores, std::vector<float> bias)
      : scores_(std::move(scores)), bias_(std::move(bias)) {}
  uint32_t item_count() const override { return static_cast<uint32_t>(scores_.size()); }
  uint32_t dimensions() const override { return 1; }
  absl::Span<const float> output_table() const override { return scores_; }
  absl::Span<const float> output_bias() const override { return bias_; }
  absl::Status Encode(absl::Span<const uint32_t>, absl::Span<float> out) const override {
    out[0] = 1;
    return absl::OkStatus();
  }
  absl::Status EncodeItem(absl::Span<const uint32_t>, absl::Span<float>) const override { return absl::OkStatus(); }
  std::string Save() const override { return ""; }

 private:
  std::vector<float> scores_, bias_;
};

size_t Rank(std::vector<float> scores, std::vector<uint32_t> history, uint32_t target) {
  return TargetRank(absl::MakeSpan(scores), history, target);
}

TEST(RankingTest, TheTargetStandsBehindThoseAboveAndHalfOfItsTies) {
  EXPECT_EQ(Rank({5, 4, 3, 2}, {}, 2), 2U);
  EXPECT_EQ(Rank({5, 4, 3, 2}, {0}, 2), 1U);
  EXPECT_EQ(Rank({1, 1, 1, 1, 1}, {}, 3), 2U);
  EXPECT_EQ(Rank({1, 1, 1, 1}, {}, 3), 1U);
}

TEST(RankingTest, ATargetThatWasHadOrHasNoScoreIsAMiss) {
  EXPECT_EQ(Rank({5, 4, 3}, {0}, 0), 3U);
  EXPECT_EQ(Rank({5, std::numeric_limits<float>::quiet_NaN(), 3}, {}, 1), 3U);
}

TEST(RankingTest, MeansOverUsers) {
  Shop shop;
  shop.histories.item_count = 4;
  shop.histories.Add({0});  // item 1 is first
  shop.histories.Add({});   // item 1 is second: 1 / log2(3)
  shop.histories.Add({});   // item 3 is fourth
  shop.targets = {1, 1, 3};
  const absl::StatusOr<RankingQuality> quality = FullRanking(FixedEncoder({4, 3, 2, 1}, {}), shop.Validation(), 3);
  ASSERT_TRUE(quality.ok());
  EXPECT_DOUBLE_EQ(quality->hit_rate, 2.0 / 3);
  EXPECT_DOUBLE_EQ(quality->ndcg, (1 + 1 / std::log2(3.0)) / 3);
  const absl::StatusOr<RankingQuality> biased =
      FullRanking(FixedEncoder({4, 3, 2, 1}, {0, 0, 0, 9}), shop.Validation(), 1);
  ASSERT_TRUE(biased.ok());
  EXPECT_DOUBLE_EQ(biased->hit_rate, 1.0 / 3);  // only item 3 is first now
}

}  // namespace
}  // namespace kontor::nn
