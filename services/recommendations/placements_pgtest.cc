#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/recommendations/placement_handler.h"
#include "services/recommendations/test_database.h"
#include "services/recommendations/test_handler.h"

// Settings of placements in PostgreSQL, and their way into answers.
namespace kontor::recommendations {
namespace {

using kontor::testing::PrivatePostgres;
using kontor::testing::StatusIs;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class PlacementsTest : public RecommendHandlerTest {
 protected:
  PlacementsTest() { request_.set_seed(5); }

  static v1::PlacementSettings Settings(v1::Strategy strategy, const std::string& etag = "") {
    v1::PlacementSettings settings;
    settings.set_name("shops/default/placements/for-you");
    settings.set_strategy(strategy);
    settings.set_etag(etag);
    return settings;
  }
  void SetPrice(const std::string& product, int64_t price, int64_t cost) {
    kontor::events::v1::PriceSet set;
    set.set_product_id(product);
    set.set_currency_code("GBP");
    set.mutable_price()->set_units(price);
    set.mutable_cost()->set_units(cost);
    Send(fleet::kCatalog, product, RecordBytes(set));
  }
  absl::StatusOr<v1::PlacementSettings> Update(const v1::PlacementSettings& settings) {
    v1::UpdatePlacementSettingsRequest request;
    *request.mutable_settings() = settings;
    return placements_handler_.UpdatePlacementSettings(call_, request);
  }

  std::unique_ptr<postgres::Pool> pool_ = TestPool(PrivatePostgres::Shared().CreateDatabase());
  PlacementStore store_{*pool_};
  PlacementKeeper keeper_{{*pool_, store_, placements_, clock_, shops_}};
  PlacementHandler placements_handler_{{*pool_, store_, keeper_, placements_, clock_}};
};

TEST_F(PlacementsTest, SettingsDecideWhereTheRequestSaysNothing) {
  KnowTeaDrinker();
  EXPECT_EQ(Ask().strategy(), v1::STRATEGY_ENSEMBLE);
  KONTOR_ASSERT_OK(Update(Settings(v1::STRATEGY_DISCOVERY)));
  const v1::RecommendResponse discovered = Ask();
  EXPECT_EQ(discovered.strategy(), v1::STRATEGY_DISCOVERY);
  EXPECT_EQ(discovered.strategy_propensity(), 1);
  EXPECT_THAT(Products(discovered), Not(Contains("TEA")));
  request_.set_strategy(v1::STRATEGY_HISTORY);
  const v1::RecommendResponse asked = Ask();
  EXPECT_EQ(asked.strategy(), v1::STRATEGY_HISTORY);
  EXPECT_THAT(Products(asked), Contains("TEA"));
  request_.set_placement(v1::PLACEMENT_POPULAR);
  request_.clear_strategy();
  EXPECT_EQ(Ask().strategy(), v1::STRATEGY_UNSPECIFIED);
}

TEST_F(PlacementsTest, AutoDrawsFromTheSeedAndSaysHow) {
  KnowTeaDrinker();
  request_.add_session_product_ids("SOAP");
  KONTOR_ASSERT_OK(Update(Settings(v1::STRATEGY_AUTO)));
  std::set<v1::Strategy> seen;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    request_.set_seed(seed);
    const v1::RecommendResponse one = Ask(), again = Ask();
    EXPECT_EQ(one.strategy(), again.strategy());
    EXPECT_EQ(Products(one), Products(again));
    EXPECT_EQ(one.snapshot(), again.snapshot());
    EXPECT_THAT(one.snapshot(), HasSubstr(".s"));
    EXPECT_GT(one.strategy_propensity(), .02);
    EXPECT_LT(one.strategy_propensity(), .5) << "nothing is known of any strategy";
    seen.insert(one.strategy());
    // Asked for by name the same list comes out.
    const v1::Strategy drawn = one.strategy();
    request_.set_strategy(drawn);
    EXPECT_EQ(Products(Ask()), Products(one)) << v1::Strategy_Name(drawn);
    request_.clear_strategy();
  }
  EXPECT_THAT(seen, SizeIs(kStrategies));
}

TEST_F(PlacementsTest, AStrangerGetsWhatAStrangerCan) {
  KONTOR_ASSERT_OK(Update(Settings(v1::STRATEGY_HISTORY)));
  const v1::RecommendResponse response = Ask();
  EXPECT_EQ(response.strategy(), v1::STRATEGY_ENSEMBLE) << "there is no history to go by";
  EXPECT_FALSE(response.recommendations().empty());
}

TEST_F(PlacementsTest, AnObjectiveOfMarginPrefersWhatPays) {
  KnowTeaDrinker();
  Ask();
  SetPrice("CUP", 9, 1);
  SetPrice("TEA", 9, 9);
  const std::vector<std::string> plain = Products(Ask());
  EXPECT_NE(plain.back(), "TEA");
  v1::PlacementSettings settings = Settings(v1::STRATEGY_UNSPECIFIED);
  settings.mutable_objective()->set_margin(1);
  KONTOR_ASSERT_OK(Update(settings));
  const v1::RecommendResponse response = Ask();
  EXPECT_EQ(response.recommendations(response.recommendations_size() - 1).product_id(), "TEA") << "pays nothing";
  EXPECT_THAT(response.snapshot(), HasSubstr(".p1"));
  request_.mutable_objective()->set_purchase(1);
  EXPECT_EQ(Products(Ask()), plain) << "nothing has been learned of purchases beside the ranker";
}

TEST_F(PlacementsTest, AnEtagGuardsWhatIsReplaced) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::PlacementSettings first, Update(Settings(v1::STRATEGY_AUTO)));
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::PlacementSettings second, Update(Settings(v1::STRATEGY_SESSION, first.etag())));
  EXPECT_THAT(Update(Settings(v1::STRATEGY_TREND, first.etag())), StatusIs(absl::StatusCode::kAborted));
  v1::PlacementSettings basket = Settings(v1::STRATEGY_AUTO, "7");
  basket.set_name("shops/default/placements/basket");
  EXPECT_THAT(Update(basket), StatusIs(absl::StatusCode::kAborted)) << "there is nothing yet";
  v1::ListPlacementSettingsRequest list;
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto listed, placements_handler_.ListPlacementSettings(call_, list));
  ASSERT_EQ(listed.settings_size(), 1);
  EXPECT_EQ(listed.settings(0).SerializeAsString(), second.SerializeAsString());
}

TEST_F(PlacementsTest, BadSettingsAreRefusedAllAtOnce) {
  v1::PlacementSettings settings = Settings(v1::STRATEGY_AUTO);
  settings.set_name("shops/default/placements/popular");
  settings.mutable_objective()->set_click(-1);
  const absl::Status refused = Update(settings).status();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(base::ErrorViolations(refused).size(), 2u);
  settings.set_name("shops/other/placements/for-you");
  settings.mutable_objective()->set_click(0);
  EXPECT_EQ(base::ErrorViolations(Update(settings).status()).size(), 3u) << "no name, so no choice, and no weight";
  v1::EvaluateStrategiesRequest evaluate;
  evaluate.set_placement(v1::PLACEMENT_SIMILAR);
  EXPECT_THAT(placements_handler_.EvaluateStrategies(call_, evaluate), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace kontor::recommendations
