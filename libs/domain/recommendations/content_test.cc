#include "libs/domain/recommendations/content.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "libs/domain/recommendations/test_shop.h"

namespace kontor::recommendations {
namespace {

using ::testing::ElementsAre;

// Feature 0 is everybody's but item 4's, 1 is rare, 2 belongs to items 2 and 3; item 4 has none.
ItemFeatures Features() {
  ItemFeatures features;
  features.AppendItem({0, 1});
  features.AppendItem({1, 0, 1});
  features.AppendItem({0, 2});
  features.AppendItem({2, 0});
  features.AppendItem({});
  return features;
}

TEST(ContentTest, SimilarityByHand) {
  const Content content(Features());
  const double common = std::log1p(5.0 / 4), rare = std::log1p(5.0 / 2);
  EXPECT_NEAR(content.Similarity(0, 1), 1, 1e-6);
  EXPECT_NEAR(content.Similarity(0, 2), common * common / (common * common + rare * rare), 1e-6);
  EXPECT_EQ(content.Similarity(0, 4), 0);
  EXPECT_EQ(content.Similarity(4, 4), 0);
}

TEST(ContentTest, FindsWhatNobodyBoughtAndNamesWhatItIsLike) {
  const Content content(Features());
  const OwnedContext owned({std::vector<ItemId>{2}, std::vector<ItemId>{0}});  // 2 bought last
  const Profile profile(owned.context, 5);
  Candidates candidates;
  candidates.Reset(5, 1, {.bought = BoughtItems::kExclude}, profile);
  content.Generate(profile, 10, 0, candidates);
  candidates.OpenTable();
  content.Describe(profile, 0, candidates);
  EXPECT_THAT(candidates.items(), testing::UnorderedElementsAre(1, 3));
  for (size_t row = 0; row < 2; ++row) {
    const ItemId item = candidates.items()[row];
    const float expected = content.Similarity(2, item) + Content::kDecay * content.Similarity(0, item);
    EXPECT_NEAR(candidates.value(row, 0), expected, 1e-6) << item;
  }
  Reason reason;
  content.Explain(profile, 3, reason);
  EXPECT_EQ(reason.evidence, 2u);
}

TEST(ContentTest, ComesBackTheSame) {
  base::ByteWriter out;
  Content(Features()).Save(out);
  base::ByteReader in(out.bytes());
  const Content read = Content::Load(in, 5);
  ASSERT_TRUE(in.status().ok() && in.AtEnd());
  EXPECT_THAT(read.features().Of(1), ElementsAre(0, 1));
  EXPECT_NEAR(read.Similarity(0, 1), 1, 1e-6);
  base::ByteReader small(out.bytes());
  Content::Load(small, 4);
  EXPECT_EQ(small.status().code(), absl::StatusCode::kDataLoss) << "more items than the catalogue";
}

}  // namespace
}  // namespace kontor::recommendations
