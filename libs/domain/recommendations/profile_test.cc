#include "libs/domain/recommendations/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "libs/domain/recommendations/test_shop.h"

namespace kontor::recommendations {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::vector<std::pair<ItemId, uint32_t>> Recent(const Profile& profile) {
  std::vector<std::pair<ItemId, uint32_t>> out;
  for (const RecentItem& item : profile.recent()) out.emplace_back(item.item, item.age);
  return out;
}

TEST(ProfileTest, RecentItemsAreOneSequenceNewestFirst) {
  // Session 5 then 2, before it a basket of 1 and 2, before that one of 3; 9 is not in the catalogue.
  const OwnedContext known({{1, 2}, {3, 1}}, {{5, 1}, {9, 1}, {2, 0.5F}});
  EXPECT_THAT(Recent(Profile(known.context, 6)), ElementsAre(Pair(5, 0), Pair(2, 2), Pair(1, 3), Pair(3, 4)));
}

TEST(ProfileTest, RecentItemsAreBounded) {
  std::vector<std::vector<ItemId>> baskets;
  for (ItemId item = 0; item < 500; ++item) baskets.push_back({item});
  const OwnedContext known(baskets);
  const Profile profile(known.context, 500);
  ASSERT_EQ(profile.recent().size(), Profile::kMaxRecent);
  EXPECT_EQ(profile.recent().back().item, Profile::kMaxRecent - 1);
}

}  // namespace
}  // namespace kontor::recommendations
