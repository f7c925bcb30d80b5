#include "libs/domain/recommendations/objective.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kontor::recommendations {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;

constexpr int64_t kUnit = 1'000'000'000;

ItemFacts Priced(const std::vector<std::vector<ItemPrice>>& prices) {
  std::vector<ItemFacts::Change> changes;
  for (ItemId item = 0; item < prices.size(); ++item) {
    ItemFact fact;
    fact.prices = prices[item];
    changes.emplace_back(item, fact);
  }
  return ItemFacts().With(changes);
}

std::vector<float> Worth(const Objective& objective, const std::vector<float>& margins,
                         const std::vector<OutcomeChances>& chances, const std::vector<float>& odds) {
  std::vector<Scored> scored;
  for (uint32_t i = 0; i < odds.size(); ++i) scored.push_back({i, odds[i], i});
  ApplyObjective(objective, margins, chances, scored);
  std::vector<float> worth;
  for (const Scored& one : scored) worth.push_back(one.score);
  return worth;
}

TEST(RelativeMarginsTest, AreInMediansOfTheMainCurrency) {
  const uint32_t eur = CurrencyNumber("EUR"), usd = CurrencyNumber("USD");
  const ItemFacts facts = Priced({{{eur, 10 * kUnit, 6 * kUnit}},
                                  {{eur, 10 * kUnit, 8 * kUnit}},
                                  {{eur, 10 * kUnit, 12 * kUnit}},  // at a loss
                                  {{eur, 10 * kUnit}},              // of unknown cost
                                  {{usd, 90 * kUnit, 1 * kUnit}},   // in another currency alone
                                  {{eur, 10 * kUnit, 9 * kUnit}},
                                  {}});
  // Positive margins 4, 2, 1; their median 2.
  EXPECT_THAT(RelativeMargins(facts, {0, 1, 2, 3, 4, 5, 6, 7}, 0), ElementsAre(2, 1, 0, 1, 1, .5, 1, 1));
}

TEST(RelativeMarginsTest, KnowsNothingWithoutCosts) {
  EXPECT_THAT(RelativeMargins(ItemFacts(), {0, 1}, 0), ElementsAre(1, 1));
  const uint32_t eur = CurrencyNumber("EUR");
  const ItemFacts over = Priced({{{eur, 10 * kUnit, 5 * kUnit, 100}}, {{eur, 10 * kUnit}}});
  EXPECT_THAT(RelativeMargins(over, {0, 1}, 100), ElementsAre(1, 1)) << "a price that has ended counts no more";
}

TEST(ApplyObjectiveTest, WithoutChancesTheOddsDecide) {
  const std::vector<float> odds = {1, .5, .25};
  EXPECT_THAT(Worth({.purchase = 3}, {1, 1, 1}, {}, odds), ElementsAre(1, .5, .25));
  EXPECT_THAT(Worth({.click = 1, .cart = 1}, {9, 9, 9}, {}, odds), ElementsAre(1, .5, .25));
  EXPECT_THAT(Worth({.margin = 1}, {.5, 2, 0}, {}, odds), ElementsAre(.5, 1, 0));
  EXPECT_THAT(Worth({.purchase = 1, .margin = 1}, {0, 1, 3}, {}, odds), ElementsAre(1, 1, 1));
}

TEST(ApplyObjectiveTest, WeighsWhatIsExpected) {
  const std::vector<OutcomeChances> chances = {{.1F, .02F, .01F}, {.05F, .04F, .02F}};
  EXPECT_THAT(Worth({.click = 1}, {1, 1}, chances, {1, 1}), ElementsAre(1, FloatEq(.5)));
  EXPECT_THAT(Worth({.purchase = 1}, {1, 1}, chances, {1, 1}), ElementsAre(FloatEq(.5), 1));
  EXPECT_THAT(Worth({.margin = 2}, {4, 1}, chances, {1, 1}), ElementsAre(1, FloatEq(.5)));
  EXPECT_THAT(Worth({.margin = 1}, {0, 0}, chances, {1, 1}), ElementsAre(0, 0)) << "nothing pays";
}

}  // namespace
}  // namespace kontor::recommendations
