#include "services/forecasting/tree_factors.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/forecasting/calendar.h"

namespace kontor::forecasting {
namespace {

const absl::CivilDay kFirst(2026, 3, 2);

// Product a is in the category "FRUIT/VEG" below "FOOD", b in "DAIRY" below "FOOD"; a is half off on the third day, in
// the store "s" alone.
class TreeFactorsTest : public ::testing::Test {
 protected:
  TreeFactorsTest() {
    MarketFacts facts;
    facts.promotions = {{kFirst + 2, kFirst + 2, {"a"}, {"s"}, 0.5}};
    facts.sold = {{"a", "s", "", {"FOOD", "FRUIT/VEG"}, 30},
                  {"a", "", "", {"FOOD", "FRUIT/VEG"}, 10},
                  {"b", "s", "", {"FOOD", "DAIRY"}, 60}};
    market_.emplace(std::move(facts));
  }

  // The promotion's factor on the third day, by what the node groups by; -1: no factor at all.
  std::map<std::vector<std::string>, double> OnTheThirdDay(const std::vector<CellDimension>& dimensions,
                                                           const std::vector<std::vector<std::string>>& cells,
                                                           const Selection& top = {}) {
    std::map<std::vector<std::string>, DailySales> sales;
    for (const std::vector<std::string>& cell : cells) sales[cell] = {{kFirst, {1, 1}}};
    const auto tree = BuildTree(sales, false);
    EXPECT_TRUE(tree.ok()) << tree.status();
    const TreeFactors factors(*market_, top, *tree, dimensions);
    Past past;
    past.first_step = StepOf(kFirst, v1::GRAIN_DAY);
    past.sold.resize(4);
    std::map<std::vector<std::string>, double> out;
    for (size_t node = 0; node < tree->keys.size(); ++node) {
      std::vector<std::string> name;
      for (const auto& [dimension, value] : tree->keys[node]) name.push_back(value);
      const std::vector<Factor> found = factors.Of(node, past, 2);
      out[name] = found.empty() ? -1 : found[0].values[2];
      explained_[name] = factors.ExplainedDays(node, kFirst + 3).size();
    }
    return out;
  }

  std::optional<Market> market_;
  std::map<std::vector<std::string>, size_t> explained_;  // days, as OnTheThirdDay
};

std::string PathOf(const std::string& first, const std::string& second) { return first + kPathSeparator + second; }

TEST_F(TreeFactorsTest, EveryGroupHasTheShareOfItsOwnSalesUnderPromotion) {
  const std::string fruit = PathOf("FOOD", "FRUIT/VEG"), dairy = PathOf("FOOD", "DAIRY");
  const auto by_path = OnTheThirdDay({CellDimension::kCategory, CellDimension::kProduct}, {{fruit, "a"}, {dairy, "b"}});
  EXPECT_DOUBLE_EQ(by_path.at({}), 0.5 * 0.3);
  EXPECT_DOUBLE_EQ(by_path.at({fruit}), 0.5 * 0.75);
  EXPECT_DOUBLE_EQ(by_path.at({fruit, "a"}), 0.5 * 0.75);
  EXPECT_DOUBLE_EQ(by_path.at({dairy, "b"}), 0);
  EXPECT_EQ(explained_.at({fruit, "a"}), 1);
  EXPECT_EQ(explained_.at({dairy, "b"}), 0);
  const auto by_store = OnTheThirdDay({CellDimension::kStore, CellDimension::kProduct}, {{"s", "a"}, {"s", "b"}});
  EXPECT_DOUBLE_EQ(by_store.at({"s"}), 0.5 / 3);
  EXPECT_DOUBLE_EQ(by_store.at({"s", "a"}), 0.5);
}

TEST_F(TreeFactorsTest, WhatIsAskedForCountsAtEveryGroup) {
  const Selection fruit{.category = {"FOOD", "FRUIT/VEG"}};
  const auto shallow = OnTheThirdDay({CellDimension::kCategory}, {{"FOOD"}}, fruit);
  EXPECT_DOUBLE_EQ(shallow.at({"FOOD"}), 0.5 * 0.75);
  const auto stores = OnTheThirdDay({CellDimension::kStore}, {{"s"}, {"t"}}, fruit);
  EXPECT_DOUBLE_EQ(stores.at({"s"}), 0.5);
  EXPECT_DOUBLE_EQ(stores.at({"t"}), 0);
}

TEST_F(TreeFactorsTest, WhatLacksAValueHasNoFactors) {
  const auto stores = OnTheThirdDay({CellDimension::kStore}, {{"s"}, {""}});
  EXPECT_EQ(stores.at({""}), -1);
  EXPECT_GT(stores.at({"s"}), 0);
}

}  // namespace
}  // namespace kontor::forecasting
