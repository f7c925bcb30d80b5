#include "libs/domain/recommendations/relations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "libs/base/random.h"

namespace kontor::recommendations {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = RelationKind;

TEST(RelationsTest, AreSeenFromBothSides) {
  const Relations none;
  const Relations some = none.With({{7, {{Kind::kRequires, 1000}, {Kind::kAccessoryOf, 3}, {Kind::kAccessoryOf, 3}}}});
  EXPECT_TRUE(none.empty());
  EXPECT_THAT(none.Of(7), IsEmpty());
  EXPECT_THAT(some.Of(7), ElementsAre(Relation{3, Kind::kAccessoryOf, true}, Relation{1000, Kind::kRequires, true}));
  EXPECT_THAT(some.Of(3), ElementsAre(Relation{7, Kind::kAccessoryOf, false}));
  EXPECT_THAT(some.Of(1000), ElementsAre(Relation{7, Kind::kRequires, false}));
  EXPECT_THAT(some.Of(8), IsEmpty());
  EXPECT_THAT(some.Of(kNone), IsEmpty());
}

TEST(RelationsTest, AStatementReplacesTheLastOne) {
  const Relations first = Relations().With({{1, {{Kind::kReplaces, 2}}}, {3, {{Kind::kReplaces, 2}}}});
  const Relations second = first.With({{1, {{Kind::kCompatibleWith, 4}, {Kind::kCompatibleWith, 1}}}});
  EXPECT_THAT(second.Of(1), ElementsAre(Relation{4, Kind::kCompatibleWith, true})) << "and none to itself";
  EXPECT_THAT(second.Of(2), ElementsAre(Relation{3, Kind::kReplaces, false}));
  EXPECT_THAT(first.Of(2).size(), 2u) << "what was given away stays as it is";
  EXPECT_THAT(second.With({{1, {}}, {3, {}}}).Of(2), IsEmpty());
}

TEST(RelationsTest, CompatibleAreAccessoriesAndCompatibleItemsOfEitherSide) {
  const Relations all = Relations().With({{0, {{Kind::kAccessoryOf, 5}, {Kind::kRequires, 1}}},
                                          {5, {{Kind::kCompatibleWith, 2}}},
                                          {3, {{Kind::kCompatibleWith, 5}}},
                                          {4, {{Kind::kReplaces, 5}}},
                                          {200, {{Kind::kAccessoryOf, 5}}}});
  Bits expected(2, 0);
  for (const ItemId item : {0, 2, 3}) SetBit(expected, item, true);
  EXPECT_EQ(all.CompatibleWith(5, 100), expected) << "items beyond those asked for are left out";
  EXPECT_EQ(all.CompatibleWith(kNone, 100), Bits(2, 0));
}

// Any sequence of statements leaves what the last of each item says.
TEST(RelationsTest, OrdersOfStatementsDoNotMatter) {
  base::Random random(3);
  Relations relations;
  std::map<ItemId, std::set<std::pair<ItemId, Kind>>> last;
  for (int step = 0; step < 500; ++step) {
    const auto item = static_cast<ItemId>(random.Below(600));
    std::vector<Relations::Stated> stated;
    last[item].clear();
    for (uint64_t i = random.Below(4); i-- > 0;) {
      const auto to = static_cast<ItemId>(random.Below(600));
      const auto kind = static_cast<Kind>(random.Below(kRelationKinds));
      stated.push_back({kind, to});
      if (to != item) last[item].emplace(to, kind);
    }
    relations = relations.With({{item, stated}});
  }
  std::map<ItemId, std::vector<Relation>> expected;
  for (const auto& [item, stated] : last) {
    for (const auto& [to, kind] : stated) {
      expected[item].push_back({to, kind, true});
      expected[to].push_back({item, kind, false});
    }
  }
  for (ItemId item = 0; item < 600; ++item) {
    std::sort(expected[item].begin(), expected[item].end());
    EXPECT_THAT(relations.Of(item), testing::ElementsAreArray(expected[item])) << item;
  }
}

}  // namespace
}  // namespace kontor::recommendations
