#include "libs/domain/recommendations/absence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/random.h"
#include "libs/domain/recommendations/test_facts.h"
#include "libs/domain/recommendations/test_shop.h"

namespace kontor::recommendations {
namespace {

constexpr uint32_t kItems = 200, kFresh = 20;

ItemId FindItem(absl::string_view product) {
  uint32_t item = kNone;
  return absl::SimpleAtoi(product.substr(1), &item) ? item : kNone;
}

// A request with all that can keep an item out, each part of which can be taken away.
struct Situation {
  std::vector<std::pair<ItemId, AbsenceCause>> excluded;
  Bits in_category, in_stock;
  bool only_category = false, only_stock = false;
  std::vector<Rule> rules;
  std::vector<std::pair<ItemId, float>> seen;
  std::vector<ItemId> pool;
  int max_per_category = 0;
  bool one_per_group = false;
  float diversity = 0;
  double exploration = 0;
  int limit = 10;
  uint64_t seed = 1;
};

ItemFacts RandomFacts(base::Random& random) {
  std::vector<ItemFact> facts(kItems + kFresh);
  for (ItemFact& fact : facts) {
    fact.categories = {1 + random.Below(8)};
    fact.brand = 1 + random.Below(6);
    if (random.Chance(0.3)) fact.group = 1 + random.Below(30);
    if (random.Chance(0.8)) {
      fact.prices = {Pounds(static_cast<int64_t>(1 + random.Below(30)), static_cast<int64_t>(random.Below(20)))};
    }
  }
  return FactsOf(facts);
}

Rule RandomRule(int number, base::Random& random) {
  Rule rule;
  rule.id = absl::StrCat("rule-", number);
  rule.priority = static_cast<int>(random.Below(3));
  if (random.Chance(0.5)) rule.condition.brands = {1 + random.Below(6)};
  if (random.Chance(0.3)) rule.condition.categories = {1 + random.Below(8)};
  switch (random.Below(7)) {
    case 0:
      rule.action = Boost{0.3 + 3 * random.Uniform()};
      break;
    case 1:
      rule.action = Bury{};
      break;
    case 2:
      rule.action = Pin{static_cast<int>(1 + random.Below(10))};
      rule.condition = {};
      rule.condition.products = {absl::StrCat("p", random.Below(kItems + kFresh))};
      break;
    case 3:
      if (rule.condition.brands.empty()) rule.condition.brands = {1 + random.Below(6)};
      rule.action = ExcludeItems{};
      break;
    case 4:
      rule.action = Cap{random.Chance(0.5) ? Cap::Per::kBrand : Cap::Per::kCategory, 2};
      break;
    case 5:
      rule.action = MarginFloor{300'000'000};
      break;
    default:
      rule.action = PriceSpread{CurrencyNumber("GBP"), 4};
  }
  return rule;
}

Situation RandomSituation(base::Random& random) {
  Situation s;
  const AbsenceCause causes[] = {AbsenceCause::kExcluded, AbsenceCause::kInCart, AbsenceCause::kBought};
  for (int i = 0; i < 12; ++i) {
    s.excluded.emplace_back(static_cast<ItemId>(random.Below(kItems)), causes[random.Below(3)]);
  }
  s.in_category = s.in_stock = AllBits(kItems + kFresh);
  for (ItemId item = 0; item < kItems + kFresh; ++item) {
    SetBit(s.in_category, item, random.Chance(0.7));
    SetBit(s.in_stock, item, random.Chance(0.9));
  }
  s.only_category = random.Chance(0.3);
  s.only_stock = random.Chance(0.5);
  for (int i = 0; i < 5; ++i) s.rules.push_back(RandomRule(i, random));
  for (ItemId item = 0; item < kItems; item += 1 + static_cast<ItemId>(random.Below(9)))
    s.seen.emplace_back(item, 0.5F);
  for (ItemId item = kItems; item < kItems + kFresh; ++item) s.pool.push_back(item);
  s.max_per_category = static_cast<int>(random.Below(4));
  s.one_per_group = random.Chance(0.5);
  s.diversity = random.Chance(0.5) ? 0.4F : 0;
  s.exploration = random.Chance(0.5) ? 0.2 : 0;
  s.limit = static_cast<int>(1 + random.Below(15));
  s.seed = random();
  return s;
}

class AbsenceTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    shop_ = new TestShop(MakeShop(400, kItems, 11));
    model_ = TrainModel(shop_->history, shop_->catalogue, shop_->persons, {}).value();
  }
  static void TearDownTestSuite() {
    model_.reset();
    delete shop_;
  }

  // The situation as a request; borrows from this object.
  struct Asked {
    Asked(const Situation& s, const ItemFacts& facts) : eligible(kItems + kFresh), rules(s.rules, facts, FindItem, 0) {
      for (const auto& [item, cause] : s.excluded) eligible.Exclude(item, cause);
      if (s.only_category) eligible.KeepBorrowed(s.in_category, AbsenceCause::kCategory);
      if (s.only_stock) eligible.KeepBorrowed(s.in_stock, AbsenceCause::kOutOfStock);
      active = rules.Active(0, "", 0);
      for (const uint32_t rule : active) {
        if (!rules.rules()[rule].rule.filters()) continue;
        eligible.RemoveBorrowed(rules.rules()[rule].removes, AbsenceCause::kRuleFilter, rule);
      }
      request.limit = s.limit;
      request.eligible = &eligible;
      RerankOptions& rerank = request.rerank;
      rerank.facts = &facts;
      rerank.rules = &rules;
      rerank.active_rules = active;
      rerank.seen = s.seen;
      rerank.max_per_category = s.max_per_category;
      rerank.one_per_group = s.one_per_group;
      rerank.diversity = s.diversity;
      rerank.exploration = {s.exploration, s.pool};
      rerank.seed = s.seed;
    }
    Eligibility eligible;
    CompiledRules rules;
    std::vector<uint32_t> active;
    Request request;
  };

  // Without the cause: the same situation but for it. False for causes that cannot be taken away.
  static bool TakeAway(const Hindrance& why, ItemId item, const CompiledRules& rules, Situation& s) {
    switch (why.cause) {
      case AbsenceCause::kExcluded:
      case AbsenceCause::kInCart:
      case AbsenceCause::kBought: {
        auto& list = s.excluded;
        list.erase(std::remove(list.begin(), list.end(), std::pair(item, why.cause)), list.end());
        return true;
      }
      case AbsenceCause::kCategory:
        s.only_category = false;
        return true;
      case AbsenceCause::kOutOfStock:
        s.only_stock = false;
        return true;
      case AbsenceCause::kRuleFilter:
      case AbsenceCause::kCapped:
      case AbsenceCause::kRuleRank: {
        const std::string& id = rules.rules()[why.rule].rule.id;
        s.rules.erase(std::remove_if(s.rules.begin(), s.rules.end(), [&](const Rule& r) { return r.id == id; }),
                      s.rules.end());
        return true;
      }
      case AbsenceCause::kVariantShown:
        s.one_per_group = false;
        return true;
      case AbsenceCause::kCategoryFull:
        s.max_per_category = 0;
        return true;
      case AbsenceCause::kSeenOften:
        s.seen.clear();
        return true;
      case AbsenceCause::kDiversity:
        s.diversity = 0;
        return true;
      case AbsenceCause::kExploration:
        s.exploration = 0;
        return true;
      default:
        return false;
    }
  }

  static bool AloneDecides(AbsenceCause cause) {
    return cause == AbsenceCause::kSeenOften || cause == AbsenceCause::kRuleRank || cause == AbsenceCause::kDiversity ||
           cause == AbsenceCause::kExploration;
  }

  static std::map<ItemId, int> PlacesOf(const UserContext& context, const Request& request) {
    std::map<ItemId, int> places;
    int place = 0;
    for (const Recommendation& one : Recommend(*model_, context, request)) places[one.item] = ++place;
    return places;
  }

  static void CheckItem(const UserContext& context, const Situation& situation, const ItemFacts& facts, ItemId item,
                        std::map<AbsenceCause, int>& met) {
    const Asked asked(situation, facts);
    const std::map<ItemId, int> places = PlacesOf(context, asked.request);
    const Absence absence = ExplainAbsence(*model_, context, asked.request, item);
    const auto shown = places.find(item);
    ASSERT_EQ(absence.place, shown == places.end() ? 0 : shown->second) << item;
    if (absence.place > 0) {
      ASSERT_TRUE(absence.causes.empty());
      return;
    }
    ASSERT_FALSE(absence.causes.empty());
    const bool filtered = !asked.eligible.Allows(item);
    ASSERT_EQ(filtered, absence.causes[0].cause < AbsenceCause::kNotNominated);
    ASSERT_TRUE(filtered || absence.causes.size() == 1);
    Situation without = situation;
    bool taken = true;
    for (const Hindrance& why : absence.causes) {
      ++met[why.cause];
      taken = taken && TakeAway(why, item, asked.rules, without);
    }
    if (!taken) return;
    const Asked next(without, facts);
    const Absence after = ExplainAbsence(*model_, context, next.request, item);
    ASSERT_EQ(after.place > 0, PlacesOf(context, next.request).count(item) > 0);
    if (AloneDecides(absence.causes[0].cause)) {
      ASSERT_GT(after.place, 0) << "item " << item << ", cause " << static_cast<int>(absence.causes[0].cause);
    }
    for (const Hindrance& why : absence.causes) {
      for (const Hindrance& still : after.causes) {
        ASSERT_FALSE(still.cause == why.cause && still.rule == kNone && why.rule == kNone) << "the same cause again";
      }
    }
    ASSERT_TRUE(next.eligible.Allows(item)) << "all that kept it out was named";
  }

  static inline TestShop* shop_ = nullptr;
  static inline std::shared_ptr<Model> model_;
};

TEST_F(AbsenceTest, EveryCauseIsTrueAndWithoutItTheNextOneHolds) {
  base::Random random(20);
  const Baskets baskets = Baskets::FromHistory(shop_->history, kItems);
  std::map<AbsenceCause, int> met;
  for (int round = 0; round < 25; ++round) {
    const ItemFacts facts = RandomFacts(random);
    const Situation situation = RandomSituation(random);
    const auto user = static_cast<uint32_t>(random.Below(400));
    const std::vector<PastBasket> past = baskets.PastOf(user);
    UserContext context;
    context.person = shop_->persons[user];
    context.baskets = past;
    for (ItemId item = static_cast<ItemId>(random.Below(3)); item < kItems + kFresh; item += 3) {
      CheckItem(context, situation, facts, item, met);
      if (HasFatalFailure()) FAIL() << "round " << round;
    }
  }
  for (const AbsenceCause cause :
       {AbsenceCause::kExcluded, AbsenceCause::kCategory, AbsenceCause::kRuleFilter, AbsenceCause::kNotNominated,
        AbsenceCause::kVariantShown, AbsenceCause::kCategoryFull, AbsenceCause::kCapped, AbsenceCause::kRankedBelow,
        AbsenceCause::kRuleRank}) {
    EXPECT_GT(met[cause], 0) << static_cast<int>(cause);
  }
}

TEST_F(AbsenceTest, TellsRankAndSignals) {
  const OwnedContext owned({{3, 4}, {4, 50}});
  Request request;
  request.limit = 3;
  const std::vector<Recommendation> all = Recommend(*model_, owned.context, {.limit = 50});
  const Absence fifth = ExplainAbsence(*model_, owned.context, request, all[4].item);
  EXPECT_EQ(fifth.place, 0);
  ASSERT_EQ(fifth.causes.size(), 1u);
  EXPECT_EQ(fifth.causes[0].cause, AbsenceCause::kRankedBelow);
  EXPECT_EQ(fifth.rank, 5);
  EXPECT_FLOAT_EQ(fifth.score, all[4].score);
  EXPECT_FLOAT_EQ(fifth.last_score, all[2].score);
  EXPECT_EQ(fifth.signals.size(), model_->ranker().signals().size());
  float sum = 0;
  for (const float part : fifth.contributions) sum += part;
  EXPECT_GT(sum, 0);
  const Absence first = ExplainAbsence(*model_, owned.context, request, all[0].item);
  EXPECT_EQ(first.place, 1);
  EXPECT_TRUE(first.causes.empty());
}

TEST_F(AbsenceTest, OfGivenLists) {
  const std::vector<Scored> given = {{5, 1, 0}, {9, 0.5F, 1}, {7, 0.3F, 2}};
  Request request;
  request.limit = 2;
  const auto ask = [&](ItemId item) {
    return ExplainAbsenceFromGiven(*model_, given, request, item, AbsenceCause::kNotListed);
  };
  EXPECT_EQ(ask(9).place, 2);
  EXPECT_EQ(ask(7).causes[0].cause, AbsenceCause::kRankedBelow);
  EXPECT_EQ(ask(7).rank, 3);
  EXPECT_EQ(ask(1).causes[0].cause, AbsenceCause::kNotListed);
}

}  // namespace
}  // namespace kontor::recommendations
