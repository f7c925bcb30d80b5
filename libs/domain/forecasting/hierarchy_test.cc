#include "libs/domain/forecasting/hierarchy.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

std::vector<std::string> Reasons(const absl::Status& status) {
  std::vector<std::string> reasons;
  for (const base::Violation& violation : base::ErrorViolations(status)) reasons.push_back(violation.reason);
  return reasons;
}

TEST(Hierarchy, CrossingGroupsSumTheirBottoms) {
  KONTOR_ASSERT_OK_AND_ASSIGN(
      const Hierarchy shop,
      Hierarchy::Make(GroupedNodes("total", {"a1", "a2", "b1", "b2"},
                                   {{"product", {"a", "a", "b", "b"}}, {"store", {"1", "2", "1", "2"}}})));
  EXPECT_EQ(shop.node_count(), 9);
  EXPECT_EQ(shop.bottom_count(), 4);
  EXPECT_THAT(shop.bottoms(0), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(shop.bottoms(*shop.Find("product/b")), ElementsAre(2, 3));
  EXPECT_THAT(shop.bottoms(*shop.Find("store/1")), ElementsAre(0, 2));
  EXPECT_THAT(shop.Find("store/3"), StatusIs(absl::StatusCode::kNotFound));
  const NodeRows rows = shop.Aggregate(NodeRows{{1, 10}, {2, 20}, {3, 30}, {4, 40}});
  EXPECT_THAT(rows[0], ElementsAre(10, 100));  // reached by two ways, counted once
  EXPECT_THAT(rows[*shop.Find("store/1")], ElementsAre(4, 40));
  EXPECT_EQ(shop.Incoherence(rows), 0);
  NodeRows broken = rows;
  broken[0][1] = 110;
  EXPECT_NEAR(shop.Incoherence(broken), 10 / 110.0, 1e-12);
}

TEST(Hierarchy, TellsEveryViolationAtOnce) {
  const absl::Status status = Hierarchy::Make({{"total", {}, false},
                                               {"", {"total"}, true},
                                               {"a", {"total"}, true},
                                               {"a", {"total"}, true},
                                               {"lost", {"nowhere"}, true},
                                               {"empty", {"total"}, false},
                                               {"above", {}, false},
                                               {"x", {"y", "above"}, false},
                                               {"y", {"x"}, false},
                                               {"below", {"y"}, true},
                                               {"parent", {"total"}, true},
                                               {"child", {"parent"}, true}})
                                  .status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Reasons(status), UnorderedElementsAre("EMPTY_NAME", "DUPLICATE_NAME", "ORPHAN", "NO_BOTTOMS", "CYCLE",
                                                    "CYCLE", "BOTTOM_WITH_CHILDREN"));
  EXPECT_THAT(Hierarchy::Make({}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Reasons(Hierarchy::Make({{"me", {"me"}, true}}).status()), ::testing::Contains("CYCLE"));
}

TEST(Hierarchy, MayHaveSeveralRoots) {
  KONTOR_ASSERT_OK_AND_ASSIGN(
      const Hierarchy two,
      Hierarchy::Make({{"a", {"left", "right"}, true}, {"left", {}, false}, {"right", {}, false}}));
  EXPECT_THAT(two.bottoms(1), ElementsAre(0));
  EXPECT_THAT(two.parents(0), ElementsAre(1, 2));
  EXPECT_THAT(two.children(2), ElementsAre(0));
}

}  // namespace
}  // namespace kontor::forecasting
