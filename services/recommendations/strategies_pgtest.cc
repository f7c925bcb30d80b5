#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/recommendations/attribution_token.h"
#include "services/recommendations/outcome_writer.h"
#include "services/recommendations/placement_handler.h"
#include "services/recommendations/test_database.h"
#include "services/recommendations/test_handler.h"

// From the events that follow answers to what is chosen next.
namespace kontor::recommendations {
namespace {

using kontor::testing::PrivatePostgres;

class StrategiesTest : public RecommendHandlerTest {
 protected:
  StrategiesTest() { clock_.Set(kNow); }

  v1::PlacementSettings Settings() const {
    v1::PlacementSettings settings;
    settings.set_name("shops/default/placements/for-you");
    settings.set_strategy(v1::STRATEGY_AUTO);
    return settings;
  }
  absl::Status Update(const v1::PlacementSettings& settings) {
    v1::UpdatePlacementSettingsRequest request;
    *request.mutable_settings() = settings;
    return placements_handler_.UpdatePlacementSettings(call_, request).status();
  }
  // Gives `answers` answers and has each seen; of the strategy that pleases half are clicked, of others one in twenty.
  void Live(int answers, v1::Strategy pleases) {
    base::Random random(17);
    std::vector<std::string> events;
    for (int i = 0; i < answers; ++i) {
      request_.set_seed(++seed_);
      const v1::RecommendResponse answer = Ask();
      const TestRecord about{.visitor = absl::StrCat("v", i),
                             .occurred_at = clock_.Now(),
                             .attribution_token = answer.attribution_token()};
      events.push_back(RecordBytes(Shown(Products(answer)), about));
      if (random.Chance(answer.strategy() == pleases ? .5 : .05)) {
        events.push_back(RecordBytes(Clicked(answer.recommendations(0).product_id()), about));
      }
    }
    OutcomeWriter writer;
    log::Effects effects;
    KONTOR_ASSERT_OK(ApplyBatch(*pool_, writer, events, effects, "behavior"));
  }
  v1::EvaluateStrategiesResponse Evaluate() {
    v1::EvaluateStrategiesRequest request;
    request.set_parent("shops/default");
    const auto response = placements_handler_.EvaluateStrategies(call_, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.value_or(v1::EvaluateStrategiesResponse());
  }

  static inline const absl::Time kNow = absl::FromUnixSeconds(1'323'435'000);
  uint64_t seed_ = 0;
  std::unique_ptr<postgres::Pool> pool_ = TestPool(PrivatePostgres::Shared().CreateDatabase());
  PlacementStore store_{*pool_};
  PlacementKeeper keeper_{{*pool_, store_, placements_, clock_, shops_}};
  PlacementHandler placements_handler_{{*pool_, store_, keeper_, placements_, clock_}};
};

TEST_F(StrategiesTest, WhatPleasesIsChosenMore) {
  KnowTeaDrinker();
  request_.add_session_product_ids("SOAP");
  KONTOR_ASSERT_OK(Update(Settings()));
  Live(600, v1::STRATEGY_SESSION);
  KONTOR_ASSERT_OK(keeper_.RefreshAll());
  int sessions = 0;
  double expected = 0;
  for (int i = 0; i < 100; ++i) {
    request_.set_seed(++seed_);
    const v1::RecommendResponse answer = Ask();
    if (answer.strategy() != v1::STRATEGY_SESSION) continue;
    ++sessions;
    EXPECT_GT(answer.strategy_propensity(), .8);
    expected = ParseAttributionToken(answer.attribution_token())->expected;
  }
  EXPECT_GT(sessions, 80);
  EXPECT_NEAR(expected, .5, .12);
}

TEST_F(StrategiesTest, EvaluationTellsWhatEachWouldHaveBrought) {
  KnowTeaDrinker();
  request_.add_session_product_ids("SOAP");
  KONTOR_ASSERT_OK(Update(Settings()));
  Live(1'500, v1::STRATEGY_SESSION);
  const v1::EvaluateStrategiesResponse evaluated = Evaluate();
  EXPECT_EQ(evaluated.answers(), 1'500);
  ASSERT_EQ(evaluated.estimates_size(), 6);
  for (const v1::StrategyEstimate& estimate : evaluated.estimates()) {
    ASSERT_EQ(estimate.refused_reason(), "") << estimate.refused_text();
    const double truth = estimate.strategy() == v1::STRATEGY_SESSION ? .5
                         : estimate.strategy() == v1::STRATEGY_AUTO  ? .14
                                                                     : .05;
    EXPECT_NEAR(estimate.doubly_robust().value(), truth, .07) << v1::Strategy_Name(estimate.strategy());
    EXPECT_LT(estimate.doubly_robust().low(), estimate.doubly_robust().value());
    EXPECT_GT(estimate.doubly_robust().high(), estimate.doubly_robust().value());
  }
}

TEST_F(StrategiesTest, TooFewAnswersAreRefusedWithAReason) {
  KnowTeaDrinker();
  KONTOR_ASSERT_OK(Update(Settings()));
  Live(20, v1::STRATEGY_HISTORY);
  const v1::EvaluateStrategiesResponse evaluated = Evaluate();
  for (const v1::StrategyEstimate& estimate : evaluated.estimates()) {
    EXPECT_NE(estimate.refused_reason(), "") << v1::Strategy_Name(estimate.strategy());
    EXPECT_FALSE(estimate.has_doubly_robust());
  }
}

TEST_F(StrategiesTest, AnObjectiveDecidesWhatPleases) {
  KnowTeaDrinker();
  request_.add_session_product_ids("SOAP");
  v1::PlacementSettings settings = Settings();
  settings.mutable_objective()->set_purchase(1);
  KONTOR_ASSERT_OK(Update(settings));
  Live(400, v1::STRATEGY_SESSION);  // clicks alone
  KONTOR_ASSERT_OK(keeper_.RefreshAll());
  const v1::EvaluateStrategiesResponse evaluated = Evaluate();
  for (const v1::StrategyEstimate& estimate : evaluated.estimates()) EXPECT_EQ(estimate.observed_reward(), 0);
  request_.set_seed(1);
  EXPECT_LT(Ask().strategy_propensity(), .5);
}

}  // namespace
}  // namespace kontor::recommendations
