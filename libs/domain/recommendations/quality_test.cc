#include "libs/domain/recommendations/quality.h"

#include <cmath>

#include "gtest/gtest.h"
#include "libs/domain/recommendations/test_shop.h"

namespace kontor::recommendations {
namespace {

ItemFact Of(const char* category, const char* brand, bool sold = true) {
  ItemFact fact;
  fact.categories = {TermOf(TermKind::kCategory, category)};
  fact.brand = TermOf(TermKind::kBrand, brand);
  fact.sold = sold;
  return fact;
}

ItemFacts FourItems() {
  return ItemFacts().With(
      {{0, Of("TEA", "A")}, {1, Of("TEA", "B")}, {2, Of("SOAP", "A")}, {3, Of("SOAP", "A", false)}});
}

TEST(QualityTest, CoverageAndGiniAreOverWhatIsOnSale) {
  const ItemFacts facts = FourItems();
  EXPECT_DOUBLE_EQ(*CatalogueCoverage(facts, {{0, 5}, {3, 100}, {kNone, 7}}), 1.0 / 3);
  EXPECT_DOUBLE_EQ(*ExposureGini(facts, {{0, 5}, {3, 100}}), 2.0 / 3);
  EXPECT_DOUBLE_EQ(*ExposureGini(facts, {{0, 5}, {1, 5}, {2, 5}}), 0);
  EXPECT_DOUBLE_EQ(*CatalogueCoverage(facts, {}), 0);
  EXPECT_FALSE(CatalogueCoverage(ItemFacts(), {{0, 1}}).has_value());
}

TEST(QualityTest, DistanceIsOverThePairsOfAList) {
  const ItemFacts facts = FourItems();
  // Of category (.5) and brand (.2): 0-1 share the first, 0-2 the second, 1-2 neither.
  const double first = 1 - .5 / .7, second = 1 - .2 / .7;
  EXPECT_NEAR(*IntraListDistance(facts, {0, 1, 2}), (first + second + 1) / 3, 1e-6);
  EXPECT_NEAR(*IntraListDistance(facts, {0, kNone, 1}), first, 1e-6);
  EXPECT_FALSE(IntraListDistance(facts, {0}).has_value());
  EXPECT_FALSE(IntraListDistance(facts, {0, kNone}).has_value());
}

TEST(QualityTest, NoveltyIsTheMeanInformationOfWhatIsShown) {
  Catalogue catalogue;
  catalogue.products.Intern("COMMON");
  catalogue.products.Intern("RARE");
  auto popularity = std::make_shared<const Popularity>(
      Popularity::Train(MakeBaskets(2, {{{0, 1}}, {{0, 1}}, {{0}}, {{0}}, {{0}}, {{0}}, {{0}}, {{0}}}), {}, {}));
  Model model(std::move(catalogue), {popularity}, popularity);
  model.counts.baskets = 8;
  ASSERT_NEAR(model.popularity().Share(kNone, 0), 1, 1e-6);
  ASSERT_NEAR(model.popularity().Share(kNone, 1), 0.25, 1e-6);
  EXPECT_NEAR(*Novelty(model, {{0, 3}, {1, 1}}), 0.5, 1e-6);  // (3 * 0 + 1 * 2) / 4
  EXPECT_NEAR(*Novelty(model, {{kNone, 2}}), 4, 1e-6);        // half a basket of 8
  EXPECT_FALSE(Novelty(model, {}).has_value());
}

}  // namespace
}  // namespace kontor::recommendations
