#include "libs/domain/recommendations/recommend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/recommendations/evaluation.h"
#include "libs/domain/recommendations/test_shop.h"

namespace kontor::recommendations {
namespace {

using ::testing::UnorderedElementsAre;

class RecommendTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    shop_ = new TestShop(MakeShop(400, 200, 11));
    model_ = TrainModel(shop_->history, shop_->catalogue, shop_->persons, {}).value();
  }
  static void TearDownTestSuite() {
    model_.reset();
    delete shop_;
  }
  static uint32_t CategoryOf(ItemId item) { return item / 10; }

  static inline TestShop* shop_ = nullptr;
  static inline std::shared_ptr<Model> model_;
};

TEST_F(RecommendTest, BeatsPopularityAndOwnFrequencyOnWhatItHoldsOut) {
  const HoldOut hold_out = HoldOutLast(Baskets::FromHistory(shop_->history, 200));
  const FrequencyPeer peer(hold_out.train);
  const auto evaluate = [&](FrequencyPeer::By by) {
    return EvaluateNextBasket(hold_out, hold_out.examples, shop_->persons, 10,
                              [&](const Example&, const UserContext& context, BoughtItems bought) {
                                return peer.Top(by, context, bought, 10);
                              });
  };
  const NextBasketMetrics popular = evaluate(FrequencyPeer::By::kPopularity);
  const NextBasketMetrics own = evaluate(FrequencyPeer::By::kOwnThenPopularity);
  EXPECT_GT(model_->metrics.customers, 200);
  EXPECT_GT(model_->metrics.recall_at_10, 1.1 * own.all.recall);
  EXPECT_GT(model_->metrics.ndcg_at_10, own.all.ndcg);
  EXPECT_GT(own.all.recall, popular.all.recall);
  EXPECT_GT(model_->metrics.recall_at_10_new, 1.5 * popular.new_products.recall);
}

TEST_F(RecommendTest, AnswersAreDistinctSortedAndExplained) {
  const Baskets baskets = Baskets::FromHistory(shop_->history, 200);
  for (uint32_t user = 0; user < 50; ++user) {
    const std::vector<PastBasket> past = baskets.PastOf(user);
    UserContext context;
    context.person = shop_->persons[user];
    context.baskets = past;
    context.context = 1 + user % 3;
    const std::vector<Recommendation> answer = Recommend(*model_, context, {.limit = 20});
    ASSERT_EQ(answer.size(), 20u);
    std::set<ItemId> seen;
    for (size_t i = 0; i < answer.size(); ++i) {
      EXPECT_TRUE(seen.insert(answer[i].item).second);
      EXPECT_LE(answer[i].score, answer[i == 0 ? 0 : i - 1].score);
      ASSERT_FALSE(answer[i].reasons.empty());
      float sum = 0;
      for (size_t r = 0; r < answer[i].reasons.size(); ++r) {
        sum += answer[i].reasons[r].share;
        EXPECT_LE(answer[i].reasons[r].share, answer[i].reasons[r == 0 ? 0 : r - 1].share);
      }
      EXPECT_NEAR(sum, 1, 1e-4);
    }
  }
}

TEST_F(RecommendTest, ReasonsAreTrue) {
  const Baskets baskets = Baskets::FromHistory(shop_->history, 200);
  int bought_before = 0, together = 0;
  for (uint32_t user = 0; user < 100; ++user) {
    const std::vector<PastBasket> past = baskets.PastOf(user);
    UserContext context;
    context.person = shop_->persons[user];
    context.baskets = past;
    const Profile profile(context, 200);
    for (const Recommendation& one : Recommend(*model_, context, {})) {
      for (const Reason& reason : one.reasons) {
        if (reason.kind == ReasonKind::kBoughtBefore) {
          ++bought_before;
          ASSERT_NE(profile.Find(one.item), nullptr);
          EXPECT_EQ(reason.count, profile.Find(one.item)->count);
          EXPECT_EQ(reason.last_time_seconds, profile.Find(one.item)->last_time_seconds);
        } else if (reason.kind == ReasonKind::kBoughtTogether) {
          ++together;
          ASSERT_NE(reason.evidence, kNone);
          EXPECT_NE(reason.evidence, one.item);
          EXPECT_NE(profile.Find(reason.evidence), nullptr) << "evidence is something of theirs";
        }
      }
    }
  }
  EXPECT_GT(bought_before, 50);
  EXPECT_GT(together, 50);
}

TEST_F(RecommendTest, BoughtItemsByChoice) {
  const OwnedContext owned({{3, 4}, {4, 50}});
  const std::set<ItemId> bought = {3, 4, 50};
  for (const Recommendation& one : Recommend(*model_, owned.context, {.limit = 50, .bought = BoughtItems::kExclude})) {
    EXPECT_FALSE(bought.contains(one.item));
  }
  std::vector<ItemId> only;
  for (const Recommendation& one : Recommend(*model_, owned.context, {.limit = 50, .bought = BoughtItems::kOnly})) {
    only.push_back(one.item);
  }
  EXPECT_THAT(only, UnorderedElementsAre(3, 4, 50));
}

TEST_F(RecommendTest, ExclusionsCategoriesAndCapsHold) {
  const OwnedContext owned({{3, 4}, {4, 50}});
  Eligibility eligible(200);
  for (const ItemId item : {4, 5}) eligible.Exclude(item, AbsenceCause::kExcluded);
  Bits groups(WordsFor(200), 0);
  for (ItemId item = 0; item < 10; ++item) {
    SetBit(groups, item, true);
    SetBit(groups, 70 + item, true);
  }
  eligible.Keep(groups, AbsenceCause::kCategory);
  const auto answer = Recommend(*model_, owned.context, {.limit = 30, .eligible = &eligible});
  EXPECT_EQ(answer.size(), 18u) << "two groups of ten but two";
  for (const Recommendation& one : answer) {
    EXPECT_TRUE(CategoryOf(one.item) == 0 || CategoryOf(one.item) == 7);
    EXPECT_NE(one.item, 4u);
    EXPECT_NE(one.item, 5u);
  }
  std::map<uint32_t, int> per_category;
  for (const Recommendation& one :
       Recommend(*model_, owned.context, {.limit = 15, .rerank = {.max_per_category = 2}})) {
    EXPECT_LE(++per_category[CategoryOf(one.item)], 2);
  }
}

// Too few customers to fit weights: the defaults must rank baskets and strangers as well.
TEST(DefaultRankerTest, ASmallShopIsRankedToo) {
  const TestShop shop = MakeShop(40, 50, 5);
  const auto model = TrainModel(shop.history, shop.catalogue, shop.persons, {}).value();
  ASSERT_LT(model->metrics.customers, 50);

  const OwnedContext stranger({});
  const auto popular = Recommend(*model, stranger.context, {.limit = 3});
  ASSERT_EQ(popular.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(popular[i].item, model->popularity().Order()[i]);
    EXPECT_GT(popular[i].score, 0);
    EXPECT_FALSE(popular[i].reasons.empty());
  }

  int in_group = 0;
  for (ItemId item = 0; item < 50; item += 10) {
    const OwnedContext owned({}, {{item, 1}, {item + 1, 1}});
    const std::vector<ItemId> excluded = {item, item + 1};
    for (const Recommendation& one :
         Recommend(*model, owned.context, {.task = Task::kCompleteBasket, .limit = 5, .excluded = excluded})) {
      in_group += one.item / 10 == item / 10;
    }
  }
  EXPECT_GT(in_group, 12) << "of 25; by chance 4";
}

TEST_F(RecommendTest, ABasketCallsForItsCompanions) {
  int in_group = 0;
  for (ItemId item = 100; item < 200; item += 10) {
    const OwnedContext owned({}, {{item, 1}, {item + 1, 1}});
    const std::vector<ItemId> excluded = {item, item + 1};
    for (const Recommendation& one :
         Recommend(*model_, owned.context, {.task = Task::kCompleteBasket, .limit = 5, .excluded = excluded})) {
      in_group += CategoryOf(one.item) == CategoryOf(item);
    }
  }
  EXPECT_GT(in_group, 30) << "of 50; by chance 2.5";
}

TEST_F(RecommendTest, StrangersGetWhatIsPopularWhereTheyAre) {
  UserContext context;
  EXPECT_EQ(TierOf(*model_, context), Tier::kPopular);
  context.context = 2;
  EXPECT_EQ(TierOf(*model_, context), Tier::kContext);
  const auto answer = Recommend(*model_, context, {});
  ASSERT_EQ(answer.size(), 10u);
  int in_context = 0;
  for (const Recommendation& one : answer) {
    for (const Reason& reason : one.reasons) {
      const ContextId sold_in = model_->popularity().SoldIn(2, one.item);
      EXPECT_EQ(reason.kind, sold_in == kNone ? ReasonKind::kPopular : ReasonKind::kPopularInContext);
      EXPECT_EQ(reason.context, sold_in);
      in_context += sold_in == 2;
    }
  }
  EXPECT_GT(in_context, 5);
  const OwnedContext known({{1}}, {});
  EXPECT_EQ(TierOf(*model_, known.context), Tier::kPersonal);
}

TEST_F(RecommendTest, UnknownNumbersDoNoHarm) {
  const OwnedContext owned({{1, 100'000, kNone}}, {{kNone, 1}, {2, -1}});
  UserContext context = owned.context;
  context.context = 12'345;
  const std::vector<ItemId> excluded = {kNone};
  EXPECT_EQ(Recommend(*model_, context, {.excluded = excluded}).size(), 10u);
  Eligibility nothing(200);
  nothing.Keep({}, AbsenceCause::kCategory);
  EXPECT_TRUE(Recommend(*model_, context, {.eligible = &nothing}).empty());
  EXPECT_TRUE(Recommend(*model_, context, {.limit = 0}).empty());
}

TEST_F(RecommendTest, ThreadsAnswerAlike) {
  const OwnedContext owned({{3, 4}, {4, 50}});
  const auto expected = Recommend(*model_, owned.context, {});
  std::vector<std::thread> threads;
  std::vector<int> different(4, 0);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const auto answer = Recommend(*model_, owned.context, {});
        for (size_t k = 0; k < expected.size(); ++k) different[t] += answer[k].item != expected[k].item;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int count : different) EXPECT_EQ(count, 0);
}

TEST(TrainModelTest, SaysWhatIsWrong) {
  TestShop shop = MakeShop(5, 20, 1);
  EXPECT_EQ(TrainModel(history::History(), shop.catalogue, {}, {}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(base::ErrorReason(TrainModel(history::History(), shop.catalogue, {}, {}).status()), "TOO_LITTLE_HISTORY");
  EXPECT_EQ(TrainModel(shop.history, shop.catalogue, {}, {}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(TrainModel(shop.history, Catalogue(), shop.persons, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
  shop.catalogue.context_parents[0] = 2;
  EXPECT_EQ(TrainModel(shop.history, shop.catalogue, shop.persons, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(TrainModelTest, AFewBasketsMakeAModelWithDefaultWeights) {
  const TestShop shop = MakeShop(5, 20, 1);
  const auto model = TrainModel(shop.history, shop.catalogue, shop.persons, {});
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->metrics.customers, 0);
  const OwnedContext owned({{3}, {3, 4}});
  const auto answer = Recommend(**model, owned.context, {.limit = 5});
  ASSERT_EQ(answer.size(), 5u);
  EXPECT_EQ(answer[0].item, 3u) << "bought in both baskets";
  EXPECT_EQ(answer[0].reasons[0].kind, ReasonKind::kBoughtBefore);
}

}  // namespace
}  // namespace kontor::recommendations
