#include "libs/domain/recommendations/live_catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "libs/base/clock.h"
#include "libs/domain/recommendations/absence.h"
#include "libs/domain/recommendations/model_io.h"
#include "libs/domain/recommendations/neural_source.h"
#include "libs/domain/recommendations/test_shop.h"

namespace kontor::recommendations {
namespace {

constexpr uint32_t kItems = 60;

// A model with every source, networks as well, as it comes back from its file. Feature item / 10 is an item's group.
class LiveCatalogueTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    TestShop shop = MakeShop(150, kItems, 5);
    for (ItemId item = 0; item < kItems; ++item) shop.catalogue.features.AppendItem({item / 10, 6 + item % 3});
    for (uint32_t feature = 0; feature < 9; ++feature) shop.catalogue.feature_terms.push_back(100 + feature);
    TrainOptions options;
    options.min_examples = 20;
    options.neural.max_seconds = 0.3;
    options.neural.clock = &base::SystemClock();
    model_ = LoadModel(SaveModel(**TrainModel(shop.history, shop.catalogue, shop.persons, options))).value();
  }
  static void TearDownTestSuite() { model_.reset(); }

  static LiveCatalogue WithFresh(const std::vector<std::vector<uint32_t>>& features, Relations relations = {}) {
    std::vector<std::shared_ptr<const FreshItem>> fresh;
    for (const auto& one : features) fresh.push_back(std::make_shared<const FreshItem>(EncodeFresh(*model_, one)));
    return {kItems, fresh, std::move(relations)};
  }
  static const Recommendation* Find(const std::vector<Recommendation>& answer, ItemId item) {
    const auto found = std::find_if(answer.begin(), answer.end(), [&](const auto& one) { return one.item == item; });
    return found == answer.end() ? nullptr : &*found;
  }

  static inline std::shared_ptr<const Model> model_;
};

TEST_F(LiveCatalogueTest, TheFileKeepsWhatFeaturesStandFor) {
  EXPECT_THAT(model_->catalogue().feature_terms, testing::ElementsAre(100, 101, 102, 103, 104, 105, 106, 107, 108));
}

TEST_F(LiveCatalogueTest, ANewItemIsRecommendedByWhatItIsLike) {
  const LiveCatalogue live = WithFresh({{2, 6}, {5, 8}});
  OwnedContext owned({std::vector<ItemId>{21, 24}, std::vector<ItemId>{27}});  // of group 2
  owned.context.live = &live;
  for (const Task task : {Task::kNextBasket, Task::kCompleteBasket}) {
    Request request{.task = task, .limit = 15};
    request.bought = BoughtItems::kExclude;
    const std::vector<Recommendation> answer = Recommend(*model_, owned.context, request);
    const Recommendation* fresh = Find(answer, kItems);
    ASSERT_NE(fresh, nullptr);
    ASSERT_FALSE(fresh->reasons.empty());
    for (const Reason& reason : fresh->reasons) {
      EXPECT_TRUE(reason.kind == ReasonKind::kSimilarContent || reason.kind == ReasonKind::kMatchesTaste);
      if (reason.kind == ReasonKind::kSimilarContent) {
        EXPECT_EQ(reason.evidence / 10, 2u);
      }
    }
    EXPECT_EQ(ExplainAbsence(*model_, owned.context, request, kItems).place, fresh - answer.data() + 1);
  }
}

// Items beyond the model's as session, as purchases and as candidates, in every source and effort.
TEST_F(LiveCatalogueTest, EverySourceBearsItemsThatItNeverLearnedOf) {
  const LiveCatalogue live = WithFresh(std::vector<std::vector<uint32_t>>(70, {1, 7}),
                                       Relations().With({{kItems + 69, {{RelationKind::kAccessoryOf, kItems}}}}));
  for (const Effort effort : {Effort::kPopular, Effort::kTrend, Effort::kSession, Effort::kLinear, Effort::kDeep}) {
    OwnedContext owned({std::vector<ItemId>{kItems, 12, kItems + 69}, std::vector<ItemId>{kItems}}, {{kItems + 30, 1}});
    owned.context.live = &live;
    owned.context.effort = effort;
    owned.context.now_seconds = 86'400 * 30;
    for (const BoughtItems bought : {BoughtItems::kInclude, BoughtItems::kExclude, BoughtItems::kOnly}) {
      const std::vector<Recommendation> answer = Recommend(*model_, owned.context, {.limit = 100, .bought = bought});
      for (const Recommendation& one : answer) {
        EXPECT_LT(one.item, live.items());
        EXPECT_TRUE(std::isfinite(one.score));
      }
      if (bought == BoughtItems::kOnly && effort >= Effort::kSession) {
        EXPECT_NE(Find(answer, kItems), nullptr) << "bought is bought, learned of or not";
      }
    }
  }
  for (const auto& source : model_->sources()) EXPECT_EQ(source->failures(), 0) << source->name();
}

TEST_F(LiveCatalogueTest, ANewItemAloneIsAPersonsTaste) {
  const LiveCatalogue live = WithFresh({{3, 6}});
  OwnedContext owned({}, {{kItems, 1}});
  owned.context.live = &live;
  EXPECT_EQ(TierOf(*model_, owned.context), Tier::kPersonal);
  const std::vector<ItemId> excluded = {kItems};
  Request request{.task = Task::kCompleteBasket, .limit = 60};
  request.excluded = excluded;
  const std::vector<Recommendation> answer = Recommend(*model_, owned.context, request);
  EXPECT_TRUE(std::any_of(answer.begin(), answer.end(), [](const Recommendation& one) {
    return one.item / 10 == 3 && std::any_of(one.reasons.begin(), one.reasons.end(), [](const Reason& reason) {
             return reason.kind == ReasonKind::kSimilarContent && reason.evidence == kItems;
           });
  })) << "what is like it, by it";
}

TEST_F(LiveCatalogueTest, ExplorationKeepsWhatDoesNotRank) {
  RankContext context;
  context.learned = 10;
  Request request{.limit = 2};
  const std::vector<Scored> all = {{1, .9F, 0}, {11, .8F, 1}, {12, .1F, 2}, {2, .05F, 3}, {13, .01F, 4}};
  std::vector<Scored> scored = all;
  LeaveToChance(request, context, kNone, scored);
  EXPECT_EQ(scored.size(), all.size()) << "nobody explores";
  request.rerank.exploration.share = 0.5;
  LeaveToChance(request, context, 13, scored);
  std::vector<ItemId> left;
  for (const Scored& one : scored) left.push_back(one.item);
  EXPECT_THAT(left, testing::ElementsAre(1, 11, 2, 13));
}

// A network that cannot answer, or answers what is no number.
class BrokenEncoder : public nn::UserEncoder {
 public:
  explicit BrokenEncoder(bool refuses) : refuses_(refuses) {}
  uint32_t item_count() const override { return 2; }
  uint32_t dimensions() const override { return 1; }
  absl::Span<const float> output_table() const override { return table_; }
  absl::Span<const float> output_bias() const override { return {}; }
  absl::Status Encode(absl::Span<const uint32_t>, absl::Span<float> out) const override { return Say(out); }
  absl::Status EncodeItem(absl::Span<const uint32_t>, absl::Span<float> out) const override { return Say(out); }
  std::string Save() const override { return ""; }

 private:
  absl::Status Say(absl::Span<float> out) const {
    out[0] = std::numeric_limits<float>::quiet_NaN();
    return refuses_ ? absl::InternalError("broken") : absl::OkStatus();
  }
  const bool refuses_;
  const std::vector<float> table_ = {1, 2};
};

TEST(NeuralSourceTest, FailuresAreCountedAndLeaveTheAnswerToOthers) {
  for (const bool refuses : {true, false}) {
    const NeuralSource source(NeuralSource::Kind::kTwoTower, std::make_shared<const BrokenEncoder>(refuses));
    const OwnedContext owned({std::vector<ItemId>{1}});
    const Profile profile(owned.context, 2);
    Candidates candidates;
    candidates.Reset(2, 1, {}, profile);
    source.Generate(profile, 10, 0, candidates);
    EXPECT_TRUE(candidates.items().empty());
    EXPECT_EQ(source.failures(), 1);
    const std::vector<uint32_t> features = {0};
    EXPECT_TRUE(source.EncodeItem(features).empty());
    EXPECT_EQ(source.failures(), 2);
  }
}

}  // namespace
}  // namespace kontor::recommendations
