#include "libs/domain/recommendations/knowledge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/domain/recommendations/live_catalogue.h"
#include "libs/domain/recommendations/test_shop.h"

namespace kontor::recommendations {
namespace {

using ::testing::UnorderedElementsAre;
using Kind = RelationKind;

// 0 a printer; 1 its ink, which it needs; 2 a tray, its accessory; 3 paper that works with it; 4 the next printer.
class KnowledgeTest : public ::testing::Test {
 protected:
  static Relations Printers() {
    return Relations().With({{0, {{Kind::kRequires, 1}}},
                             {2, {{Kind::kAccessoryOf, 0}}},
                             {3, {{Kind::kCompatibleWith, 0}}},
                             {4, {{Kind::kReplaces, 0}}}});
  }
  void Ask(OwnedContext& owned, const LiveCatalogue& live, ItemFilter filter = {}) {
    owned.context.live = &live;
    profile_.emplace(owned.context, live.items());
    candidates_.Reset(live.items(), Knowledge::kSignals, filter, *profile_);
    source_.Generate(*profile_, 10, 0, candidates_);
    candidates_.OpenTable();
    source_.Describe(*profile_, 0, candidates_);
  }
  float Value(ItemId item, Knowledge::SignalIndex signal) {
    for (size_t row = 0; row < candidates_.items().size(); ++row) {
      if (candidates_.items()[row] == item) return candidates_.value(row, signal);
    }
    return -1;
  }
  Reason Why(ItemId item) const {
    Reason reason;
    source_.Explain(*profile_, item, reason);
    return reason;
  }

  const Knowledge source_;
  const LiveCatalogue live_{6, {}, Printers()};
  std::optional<Profile> profile_;
  Candidates candidates_;
};

TEST_F(KnowledgeTest, ABasketGetsWhatItNeedsAndWhatGoesWithIt) {
  OwnedContext owned({}, {{0, 1}});
  Ask(owned, live_);
  EXPECT_THAT(candidates_.items(), UnorderedElementsAre(1, 2, 3, 4));
  EXPECT_FLOAT_EQ(Value(1, Knowledge::kGoesWith), 1);
  EXPECT_FLOAT_EQ(Value(1, Knowledge::kNeeded), 1);
  EXPECT_FLOAT_EQ(Value(2, Knowledge::kGoesWith), 1);
  EXPECT_FLOAT_EQ(Value(2, Knowledge::kNeeded), 0);
  EXPECT_FLOAT_EQ(Value(3, Knowledge::kGoesWith), 0.5F);
  EXPECT_FLOAT_EQ(Value(4, Knowledge::kGoesWith), 0.7F);
  EXPECT_EQ(Why(1).evidence, 0u);
  EXPECT_EQ(Why(1).relation, Kind::kRequires);
  EXPECT_EQ(Why(3).relation, Kind::kCompatibleWith);
  EXPECT_EQ(Why(5).evidence, kNone);
}

TEST_F(KnowledgeTest, RelationsHaveADirection) {
  OwnedContext owned({}, {{1, 1}, {2, 1}, {4, 1}});  // ink, tray and successor: their owner has a printer
  Ask(owned, live_);
  EXPECT_THAT(candidates_.items(), UnorderedElementsAre());
  OwnedContext paper({}, {{3, 0.5F}});
  Ask(paper, live_);
  EXPECT_THAT(candidates_.items(), UnorderedElementsAre(0)) << "compatible from either side";
  EXPECT_FLOAT_EQ(Value(0, Knowledge::kGoesWith), 0.25F);
}

TEST_F(KnowledgeTest, PurchasesCountLessAndLessAndNeedNothing) {
  OwnedContext owned({std::vector<ItemId>{5}, std::vector<ItemId>{0}});
  Ask(owned, live_);
  EXPECT_FLOAT_EQ(Value(2, Knowledge::kGoesWith), Knowledge::kBought * Knowledge::kDecay);
  EXPECT_FLOAT_EQ(Value(1, Knowledge::kNeeded), 0);
  std::vector<std::vector<ItemId>> long_ago(20, std::vector<ItemId>{5});
  long_ago.push_back({0});
  OwnedContext old(long_ago);
  Ask(old, live_);
  EXPECT_THAT(candidates_.items(), UnorderedElementsAre());
}

TEST_F(KnowledgeTest, WhatIsAskedAboutHasAccessoriesOnEitherSide) {
  OwnedContext owned({});
  owned.context.about = 2;
  Ask(owned, live_);
  EXPECT_THAT(candidates_.items(), UnorderedElementsAre(0));
  owned.context.about = 0;
  Ask(owned, live_);
  EXPECT_THAT(candidates_.items(), UnorderedElementsAre(2, 3));
  EXPECT_EQ(Why(2).evidence, 0u);
}

TEST_F(KnowledgeTest, ManyRelationsCountAsOneAndExcludedItemsStayOut) {
  const LiveCatalogue live(6, {}, Relations().With({{2, {{Kind::kAccessoryOf, 0}, {Kind::kAccessoryOf, 5}}}}));
  OwnedContext owned({}, {{0, 1}, {5, 1}});
  Ask(owned, live);
  EXPECT_FLOAT_EQ(Value(2, Knowledge::kGoesWith), 1);
  const std::vector<ItemId> excluded = {2};
  Ask(owned, live, {.excluded = excluded});
  EXPECT_THAT(candidates_.items(), UnorderedElementsAre());
}

TEST_F(KnowledgeTest, KnowsNothingWithoutACatalogue) {
  OwnedContext owned({}, {{0, 1}});
  const Profile profile(owned.context, 6);
  candidates_.Reset(6, Knowledge::kSignals, {}, profile);
  source_.Generate(profile, 10, 0, candidates_);
  EXPECT_THAT(candidates_.items(), UnorderedElementsAre());
}

}  // namespace
}  // namespace kontor::recommendations
