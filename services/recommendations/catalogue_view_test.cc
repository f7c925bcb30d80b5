#include "services/recommendations/catalogue_view.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kontor::recommendations {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CatalogueViewTest, TheHighestRevisionCounts) {
  CatalogueView view;
  view.Apply({.product = "A", .revision = 2, .title = "LANTERN", .category_path = {"HOME", "LIGHT"}});
  view.Apply({.product = "A", .revision = 1, .title = "OLD"});
  view.Apply({.product = "A", .revision = 2, .title = "SECOND"});
  EXPECT_EQ(view.Find("A").title, "LANTERN");
  EXPECT_EQ(view.Find("A").category, "HOME");
  EXPECT_EQ(view.NameOf("A"), "LANTERN");
  EXPECT_EQ(view.NameOf("B"), "B");
  EXPECT_EQ(view.Find("B").title, "");
}

TEST(CatalogueViewTest, RemovedProductsComeBackUnderAHigherRevision) {
  CatalogueView view;
  view.Apply({.product = "A", .revision = 0, .title = "LANTERN"});
  const uint64_t before = view.removals();
  view.Apply({.product = "A", .revision = 1, .removed = true});
  EXPECT_NE(view.removals(), before);
  EXPECT_THAT(view.Removed(), ElementsAre("A"));
  EXPECT_EQ(view.NameOf("A"), "LANTERN");
  view.Apply({.product = "A", .revision = 2, .title = "LANTERN II"});
  EXPECT_THAT(view.Removed(), IsEmpty());
  EXPECT_EQ(view.NameOf("A"), "LANTERN II");
}

}  // namespace
}  // namespace kontor::recommendations
