#include "libs/domain/recommendations/rerank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/random.h"
#include "libs/domain/recommendations/test_facts.h"

namespace kontor::recommendations {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ItemId FindItem(absl::string_view product) {
  uint32_t item = kNone;
  return absl::SimpleAtoi(product.substr(1), &item) ? item : kNone;
}

// Items 0, 1, 2, … with falling scores.
std::vector<Scored> Falling(uint32_t count) {
  std::vector<Scored> scored;
  for (uint32_t i = 0; i < count; ++i) scored.push_back({i, static_cast<float>(count - i), i});
  return scored;
}

std::vector<ItemId> ItemsOf(const std::vector<Placed>& placed) {
  std::vector<ItemId> items;
  for (const Placed& one : placed) items.push_back(one.item);
  return items;
}

class RerankTest : public ::testing::Test {
 protected:
  RerankTest() {
    for (uint32_t item = 0; item < 20; ++item) {
      ItemFact fact;
      fact.categories = {1 + item / 5};
      fact.brand = 1 + item % 2;
      fact.prices = {Pounds(10 + item % 3)};
      facts_.push_back(fact);
    }
  }
  void AddRule(const std::string& id, RuleAction action, std::vector<std::string> products = {}) {
    Rule rule;
    rule.id = id;
    rule.priority = -static_cast<int>(rules_.size());  // in the order of the calls
    rule.action = action;
    rule.condition.products = std::move(products);
    rules_.push_back(rule);
  }
  std::vector<Placed> Run(std::vector<Scored> scored, std::vector<PassedOver>* passed_over = nullptr) {
    columns_ = FactsOf(facts_);
    compiled_ = CompiledRules(rules_, columns_, FindItem, 0);
    active_ = compiled_.Active(0, "", 0);
    options_.facts = &columns_;
    options_.rules = &compiled_;
    options_.active_rules = active_;
    return Rerank(scored, options_, passed_over);
  }
  std::vector<ItemId> Items(std::vector<Scored> scored) { return ItemsOf(Run(std::move(scored))); }

  std::vector<ItemFact> facts_;
  std::vector<Rule> rules_;
  ItemFacts columns_;
  CompiledRules compiled_;
  std::vector<uint32_t> active_;
  RerankOptions options_;
};

TEST_F(RerankTest, BestFirstThenByItem) {
  options_.limit = 2;
  EXPECT_THAT(Items({{7, 1, 0}, {3, 2, 1}, {5, 2, 2}}), ElementsAre(3, 5));
  options_.limit = 9;
  EXPECT_THAT(Items({{7, 1, 0}, {3, 2, 1}, {5, 2, 2}}), ElementsAre(3, 5, 7));
  options_.limit = 0;
  EXPECT_THAT(Items({{7, 1, 0}}), IsEmpty());
  options_.limit = 4;
  EXPECT_THAT(Items({}), IsEmpty());
}

TEST_F(RerankTest, CategoryLimitPassesOver) {
  options_.limit = 5;
  options_.max_per_category = 2;
  std::vector<PassedOver> passed;
  EXPECT_THAT(ItemsOf(Run(Falling(12), &passed)), ElementsAre(0, 1, 5, 6, 10));
  ASSERT_EQ(passed.size(), 6u);
  EXPECT_EQ(passed[0].item, 2u);
  EXPECT_EQ(passed[0].why.cause, AbsenceCause::kCategoryFull);
}

TEST_F(RerankTest, BoostsMultiplyAndBuriedGoBehind) {
  options_.limit = 4;
  AddRule("boost", Boost{3}, {"p3", "p4"});
  AddRule("again", Boost{2}, {"p4"});
  AddRule("bury", Bury{}, {"p0"});
  const std::vector<Placed> placed = Run(Falling(5));  // 5 4 3 2 1 → p4 6, p3 6, p1 4, p2 3, p0 buried
  EXPECT_THAT(ItemsOf(placed), ElementsAre(3, 4, 1, 2));
  EXPECT_FLOAT_EQ(placed[1].score, 1);
  EXPECT_FLOAT_EQ(placed[1].final_score, 6);
  EXPECT_THAT(placed[1].rules, ElementsAre(0, 1));
  EXPECT_THAT(placed[2].rules, IsEmpty());
  options_.limit = 5;
  EXPECT_EQ(Items(Falling(5)).back(), 0u);
}

TEST_F(RerankTest, PinsTakeTheirPlacesAndPassOn) {
  options_.limit = 4;
  AddRule("first", Pin{1}, {"p9"});
  AddRule("also first", Pin{1}, {"p2"});
  AddRule("beyond", Pin{7}, {"p11"});
  AddRule("unknown", Pin{2}, {"p777"});
  const std::vector<Placed> placed = Run(Falling(5));
  EXPECT_THAT(ItemsOf(placed), ElementsAre(9, 2, 0, 1));
  EXPECT_EQ(placed[0].row, kNone) << "no source nominated it";
  EXPECT_EQ(placed[1].row, 2u);
  EXPECT_THAT(placed[0].rules, ElementsAre(0));
}

TEST_F(RerankTest, PinsMindWhatMayBeShown) {
  options_.limit = 3;
  AddRule("first", Pin{1}, {"p9", "p8"});
  Eligibility eligible(20);
  eligible.Exclude(9, AbsenceCause::kInCart);
  options_.eligible = &eligible;
  EXPECT_THAT(Items(Falling(3)), ElementsAre(8, 0, 1));
}

TEST_F(RerankTest, APinByConditionTakesTheBestRanked) {
  options_.limit = 3;
  AddRule("brand first", Pin{1});
  rules_[0].condition.brands = {2};  // odd items
  EXPECT_THAT(Items(Falling(6)), ElementsAre(1, 0, 2));
  EXPECT_THAT(Items({{0, 1, 0}}), ElementsAre(1, 0)) << "none is ranked: the first";
}

TEST_F(RerankTest, CapsHoldTogetherAndCountPins) {
  options_.limit = 6;
  AddRule("two of a brand", Cap{Cap::Per::kBrand, 2});
  AddRule("first", Pin{3}, {"p12"});
  std::vector<PassedOver> passed;
  EXPECT_THAT(ItemsOf(Run(Falling(10), &passed)), ElementsAre(0, 1, 12, 3)) << "two even ones with the pin, two odd";
  ASSERT_FALSE(passed.empty());
  EXPECT_EQ(passed[0].item, 2u);
  EXPECT_EQ(passed[0].why.cause, AbsenceCause::kCapped);
  EXPECT_EQ(compiled_.rules()[passed[0].why.rule].rule.id, "two of a brand");
}

TEST_F(RerankTest, OneOfAVariantGroup) {
  facts_[1].group = facts_[3].group = 7;
  options_.limit = 3;
  options_.one_per_group = true;
  std::vector<PassedOver> passed;
  EXPECT_THAT(ItemsOf(Run(Falling(5), &passed)), ElementsAre(0, 1, 2));
  options_.limit = 4;
  passed.clear();
  EXPECT_THAT(ItemsOf(Run(Falling(5), &passed)), ElementsAre(0, 1, 2, 4));
  ASSERT_EQ(passed.size(), 1u);
  EXPECT_EQ(passed[0].why.cause, AbsenceCause::kVariantShown);
  EXPECT_EQ(passed[0].why.other, 1u);
}

TEST_F(RerankTest, SeenOftenFalls) {
  options_.limit = 3;
  const std::vector<std::pair<ItemId, float>> seen = {{0, 0.5F}};
  options_.seen = seen;
  const std::vector<Placed> placed = Run(Falling(4));  // 4 3 2 1 → 2 3 2 1
  EXPECT_THAT(ItemsOf(placed), ElementsAre(1, 0, 2));
  EXPECT_FLOAT_EQ(placed[1].final_score, 2);
}

TEST_F(RerankTest, APriceSpreadReplacesTheLastPlace) {
  facts_[4].prices = {Pounds(30)};
  options_.limit = 3;
  AddRule("spread", PriceSpread{CurrencyNumber("GBP"), 0.5});
  std::vector<PassedOver> passed;
  const std::vector<Placed> placed = Run(Falling(6), &passed);
  EXPECT_THAT(ItemsOf(placed), ElementsAre(0, 1, 4));
  EXPECT_THAT(placed[2].rules, ElementsAre(0));
  ASSERT_EQ(passed.size(), 1u);
  EXPECT_EQ(passed[0].item, 2u);
  EXPECT_EQ(passed[0].why.other, 4u);
  facts_[4].prices.clear();
  EXPECT_THAT(Items(Falling(6)), ElementsAre(0, 1, 2)) << "nobody meets it";
}

TEST_F(RerankTest, MarginalRelevanceByHand) {
  // Items 0 to 4 are of category 1, 5 to 9 of category 2; brands alternate, prices do not count. Similarity of 0 and 1:
  // path .5 of weights .7 = .714; of 0 and 2: 1; of 0 and 5: 0; of 0 and 6: .2 / .7 = .286.
  options_.limit = 3;
  options_.diversity = 0.5F;
  // Scores 10, 9, 8, 7, 6, 5, … relevance 1, .9, .8, .7, .6, .5, .4
  // Second place: 1: .45 - .357 = .093; 2: .4 - .5; 5: .25 - 0 = .25; 6: .2 - .143. → 5
  // Third: 1: .45 - .5 * max(.714, sim(1,5) = .286) = .093; 6: .2 - .5 * max(.286, sim(5,6) = .714) < 0. → 1
  EXPECT_THAT(Items(Falling(10)), ElementsAre(0, 5, 1));
  options_.diversity = 0;
  EXPECT_THAT(Items(Falling(10)), ElementsAre(0, 1, 2));
}

TEST_F(RerankTest, DiversityNeverLosesPlacesAndGrows) {
  options_.limit = 10;
  const auto likeness = [&](float diversity) {
    options_.diversity = diversity;
    const std::vector<ItemId> items = Items(Falling(20));
    EXPECT_EQ(items.size(), 10u);
    EXPECT_EQ(std::set<ItemId>(items.begin(), items.end()).size(), 10u);
    double sum = 0;
    for (size_t a = 0; a < 10; ++a) {
      for (size_t b = 0; b < a; ++b) sum += FactSimilarity(columns_, items[a], items[b]);
    }
    return sum;
  };
  EXPECT_GT(likeness(0), likeness(0.5F));
  EXPECT_GE(likeness(0.5F), likeness(1));
}

TEST_F(RerankTest, ExplorationTakesTheLastPlacesByItsPropensities) {
  options_.limit = 5;
  const std::vector<ItemId> pool = {0, 15, 16, 17, 18};  // 0 is ranked: passed over
  options_.exploration = {0.3, pool};                    // one place, and one more in half of the answers
  std::map<ItemId, int> shown;
  std::map<ItemId, double> propensity;
  constexpr int kRuns = 20'000;
  for (int run = 0; run < kRuns; ++run) {
    options_.seed = static_cast<uint64_t>(run);
    const std::vector<Placed> placed = Run(Falling(8));
    ASSERT_EQ(placed.size(), 5u);
    bool explored = false;
    for (const Placed& one : placed) {
      ++shown[one.item];
      propensity[one.item] = one.propensity;
      EXPECT_TRUE(!explored || one.explored) << "last places only";
      explored |= one.explored;
      EXPECT_EQ(one.explored, one.item >= 15);
    }
  }
  EXPECT_THAT(shown[0], kRuns);
  EXPECT_EQ(propensity[0], 1);
  EXPECT_EQ(propensity[2], 1);
  EXPECT_DOUBLE_EQ(propensity[3], 0.5);
  EXPECT_DOUBLE_EQ(propensity[15], 1.5 / 4);
  for (const auto& [item, times] : shown) {
    const double p = propensity[item];
    EXPECT_NEAR(static_cast<double>(times) / kRuns, p, 4 * std::sqrt(p * (1 - p) / kRuns) + 1e-9) << item;
  }
}

TEST_F(RerankTest, ExplorationWithoutProductsIsNone) {
  options_.limit = 5;
  options_.exploration = {1, {}};
  EXPECT_THAT(Items(Falling(8)), ElementsAre(0, 1, 2, 3, 4));
  const std::vector<ItemId> pool = {15, 16};
  options_.exploration = {1, pool};
  EXPECT_EQ(Items(Falling(8)).size(), 5u);
  const std::vector<Placed> only = Run({});
  EXPECT_EQ(only.size(), 2u);
  EXPECT_EQ(only[0].propensity, 1);
}

TEST_F(RerankTest, TheSameSeedIsTheSameAnswer) {
  const std::vector<ItemId> pool = {11, 12, 13, 14, 15};
  options_.limit = 6;
  options_.exploration = {0.4, pool};
  options_.diversity = 0.3F;
  options_.seed = 42;
  EXPECT_EQ(Items(Falling(10)), Items(Falling(10)));
}

}  // namespace
}  // namespace kontor::recommendations
