#include <cmath>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/eventually.h"
#include "libs/testing/status_matchers.h"
#include "services/forecasting/test_shop.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::Eventually;
using kontor::testing::StatusIs;
using ::testing::HasSubstr;

TEST_F(ForecastingServiceTest, ARunIsStoredAndAnswersProductsCategoriesAndTheShopAlike) {
  Process process(dsn_, folder_);
  SendShop(process);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastRun run, process.MakeRun());
  ASSERT_EQ(run.state(), v1::ForecastRun::STATE_DONE) << run.error();
  EXPECT_EQ(run.series_done(), run.series_total());
  EXPECT_EQ(run.series_total(), 4 + 3 + 1);  // products, categories, the shop
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse bread, process.Ask(&Service::Forecast, Ask("bread")));
  EXPECT_EQ(bread.run(), run.name());
  ASSERT_EQ(bread.points_size(), 14);
  EXPECT_EQ(bread.data_until().day(), Day(kDays - 2).day());  // the last day is a Sunday without an order
  const absl::CivilDay first = Day(kDays - 1);
  EXPECT_EQ(bread.points(0).start_date().day(), first.day());
  for (int i = 0; i < 14; ++i) {
    const int64_t usual = kWeek[(kDays - 1 + i) % 7];
    EXPECT_NEAR(bread.points(i).mean().units(), static_cast<double>(usual == 0 ? 0 : usual + 2), 3.0) << i;
    double last = 0;
    for (const v1::QuantileValue& quantile : bread.points(i).quantiles()) {
      EXPECT_GE(quantile.value().units(), last);
      last = quantile.value().units();
    }
  }
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse rolls, process.Ask(&Service::Forecast, Ask("rolls")));
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse car, process.Ask(&Service::Forecast, Ask("car")));
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse screw, process.Ask(&Service::Forecast, Ask("screw")));
  v1::ForecastRequest category = Ask("");
  category.mutable_series()->add_category_path("FOOD");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse food, process.Ask(&Service::Forecast, category));
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse shop, process.Ask(&Service::Forecast, Ask("")));
  EXPECT_NEAR(Total(food), Total(bread) + Total(rolls), 1e-6);
  EXPECT_NEAR(Total(shop), Total(food) + Total(car) + Total(screw), 1e-6);
  v1::ForecastRequest weekly = Ask("bread", 4);
  weekly.set_grain(v1::GRAIN_WEEK);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse weeks, process.Ask(&Service::Forecast, weekly));
  EXPECT_NEAR(Total(weeks) / 4, 100 + 12, 12);
}

TEST_F(ForecastingServiceTest, WhatNoRunHoldsIsMadeForTheCaller) {
  Process process(dsn_, folder_);
  SendShop(process);
  v1::ForecastRequest request = Ask("bread", 7);
  request.mutable_series()->set_country("DE");
  request.set_history(5);
  process.AddAfter(*request.mutable_read_after());
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse response, process.Ask(&Service::Forecast, request));
  EXPECT_TRUE(response.run().empty());
  EXPECT_EQ(response.history_size(), 5);
  v1::ForecastRequest revenue = Ask("", 7);
  revenue.set_measure(v1::MEASURE_REVENUE);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse money, process.Ask(&Service::Forecast, revenue));
  EXPECT_EQ(money.points(0).mean().revenue().currency_code(), "EUR");
  v1::ForecastRequest by_method = Ask("bread", 7);
  by_method.set_method("seasonal_naive");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse naive, process.Ask(&Service::Forecast, by_method));
  EXPECT_THAT(naive.model(), HasSubstr("aive"));
  by_method.set_method("crystal_ball");
  EXPECT_THAT(process.Ask(&Service::Forecast, by_method), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(process.Ask(&Service::Forecast, Ask("unknown")), StatusIs(absl::StatusCode::kNotFound, "SERIES_UNKNOWN"));
}

TEST_F(ForecastingServiceTest, AScenarioIsToldByItsParts) {
  Process process(dsn_, folder_);
  std::vector<std::string> orders;
  for (int day = 0; day < kDays; ++day) {  // a fifth less for five of twenty days sells half as much again
    const bool cheap = day % 20 < 5;
    orders.push_back(
        RecordBytes(OrderOf(absl::StrCat("o", day), {{"tea", cheap ? 60 : 40, cheap ? 8 : 10}}), DayTime(day)));
  }
  process.Send("orders", orders);
  v1::ForecastRequest request = Ask("tea", 10);
  process.AddAfter(*request.mutable_read_after());
  v1::Scenario& scenario = *request.mutable_scenario();
  v1::PriceChange& change = *scenario.add_price_changes();
  *change.mutable_start_date() = DateFrom(Day(kDays + 5));
  change.set_factor(0.8);
  scenario.set_holiday_country("DE");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse response, process.Ask(&Service::Forecast, request));
  ASSERT_GE(response.components_size(), 2);
  EXPECT_EQ(response.components(0).title(), "without the scenario");
  for (int i = 0; i < 10; ++i) {
    double sum = 0;
    for (const v1::ForecastComponent& part : response.components()) sum += part.values(i).units();
    EXPECT_NEAR(sum, response.points(i).mean().units(), 1e-6) << i;
  }
  EXPECT_NEAR(response.points(0).mean().units(), 45, 8);
  EXPECT_GT(response.points(9).mean().units(), response.points(0).mean().units() + 8);
  scenario.set_holiday_country("Atlantis");
  EXPECT_THAT(process.Ask(&Service::Forecast, request), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(ForecastingServiceTest, BadInputIsToldAllAtOnce) {
  Process process(dsn_, folder_);
  v1::ForecastRequest request = Ask("bread", 500);
  request.set_history(-1);
  request.add_quantiles(0.9);
  request.add_quantiles(0.1);
  auto& change = *request.mutable_scenario()->add_price_changes();
  change.set_factor(std::nan(""));
  const auto refused = process.Ask(&Service::Forecast, request);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(base::ErrorViolations(refused.status()).size(), 5u);
  EXPECT_THAT(process.Ask(&Service::Forecast, Ask("bread")), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(process.MakeRun(), StatusIs(absl::StatusCode::kNotFound));  // no orders yet
  process.Send("orders", Orders(0, 3));
  EXPECT_THAT(process.MakeRun(), StatusIs(absl::StatusCode::kFailedPrecondition, "TOO_LITTLE_HISTORY"));
  v1::PlanInventoryRequest plan;
  plan.set_parent("shops/default");
  EXPECT_THAT(process.AskInventory(&Inventory::PlanInventory, plan),
              StatusIs(absl::StatusCode::kFailedPrecondition, "NO_FORECASTS"));
  v1::GetForecastRunRequest get;
  get.set_name("shops/default/forecastRuns/9");
  EXPECT_THAT(process.Ask(&Service::GetForecastRun, get), StatusIs(absl::StatusCode::kNotFound, "RUN_UNKNOWN"));
}

TEST_F(ForecastingServiceTest, ForecastsAreMeasuredWhenActualsCome) {
  Process process(dsn_, folder_);
  SendShop(process);
  for (const int day : {90, 97, 104, 111, 118}) {
    KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastRun run, process.MakeRun(Day(day)));
    ASSERT_EQ(run.state(), v1::ForecastRun::STATE_DONE) << run.error();
  }
  v1::GetAccuracyRequest request;
  request.set_parent("shops/default");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::GetAccuracyResponse response, process.Ask(&Service::GetAccuracy, request));
  EXPECT_EQ(response.runs(), 5);
  ASSERT_EQ(response.levels_size(), 3);
  EXPECT_EQ(response.levels(0).level(), "shop");
  EXPECT_LT(response.levels(0).accuracy().wape(), 0.15);
  EXPECT_GT(response.levels(2).accuracy().points(), 4 * 5 * 20);
  EXPECT_GT(response.levels(2).accuracy().coverage_80(), 0.6);
  EXPECT_GE(response.horizons_size(), 20);
  v1::ExplainForecastChangeRequest explain;
  explain.set_parent("shops/default");
  explain.mutable_series()->add_product_ids("bread");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ExplainForecastChangeResponse change,
                              process.Ask(&Service::ExplainForecastChange, explain));
  double sum = 0;
  for (const v1::ChangePart& part : change.parts()) sum += part.units();
  EXPECT_NEAR(sum, change.units() - change.earlier_units(), 1e-6 * change.units());
}

TEST_F(ForecastingServiceTest, BacktestsStreamTheirOriginsAndSummary) {
  Process process(dsn_, folder_);
  SendShop(process);
  KONTOR_ASSERT_OK(process.MakeRun());
  v1::BacktestRequest request;
  request.set_parent("shops/default");
  request.mutable_series()->add_product_ids("bread");
  request.set_horizon(7);
  for (const char* method : {"seasonal_naive", "mean", "auto_ets"}) request.add_methods(method);
  KONTOR_ASSERT_OK_AND_ASSIGN(const std::vector<v1::BacktestResponse> responses, process.Backtest(request));
  ASSERT_EQ(responses.size(), 4u);
  const v1::BacktestResponse& last = responses.back();
  ASSERT_EQ(last.summary_size(), 3);
  EXPECT_EQ(last.summary(2).method(), "mean");  // blind to the week
  EXPECT_LT(last.summary(0).accuracy().wape(), 0.2);
  request.add_methods("crystal_ball");
  EXPECT_THAT(process.Backtest(request), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(ForecastingServiceTest, ModelsOverAllProductsAreLearnedByARunAndAskedForByName) {
  Process process(dsn_, folder_);
  std::vector<std::string> orders;
  for (int day = 0; day < 168; ++day) {
    std::vector<Sold> lines;
    for (int product = 0; product < 110; ++product) {
      lines.push_back({absl::StrCat("p", product), 1 + (product + kWeek[day % 7]) % 9});
    }
    orders.push_back(RecordBytes(OrderOf(absl::StrCat("o", day), lines), DayTime(day)));
  }
  process.Send("orders", orders);
  v1::ForecastRequest request = Ask("p3", 7);
  process.AddAfter(*request.mutable_read_after());
  request.set_method("network");
  EXPECT_THAT(process.Ask(&Service::Forecast, request), StatusIs(absl::StatusCode::kFailedPrecondition, "NOT_LEARNED"));
  v1::StartForecastRunRequest start;
  start.set_parent("shops/default");
  start.set_learn_seconds(4);
  process.AddAfter(*start.mutable_read_after());
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastRun run, process.MakeRun(start));
  ASSERT_EQ(run.state(), v1::ForecastRun::STATE_DONE) << run.error();
  for (const char* method : {"network", "set_trees"}) {
    request.set_method(method);
    KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse response, process.Ask(&Service::Forecast, request));
    EXPECT_EQ(response.model(), method);
    for (const v1::ForecastPoint& point : response.points()) {
      double last = 0;
      for (const v1::QuantileValue& quantile : point.quantiles()) {
        EXPECT_GE(quantile.value().units(), last);
        last = quantile.value().units();
      }
      EXPECT_GT(point.mean().units(), 0);
      EXPECT_LT(point.mean().units(), 30);
    }
  }
  request.set_grain(v1::GRAIN_MONTH);
  EXPECT_THAT(process.Ask(&Service::Forecast, request), StatusIs(absl::StatusCode::kInvalidArgument));
}

// Of topic decisions, by type.
std::multiset<std::string> Decisions(Process& process) {
  std::multiset<std::string> types;
  for (int partition = 0; partition < 2; ++partition) {
    const auto read = process.log().Read("decisions", partition, 0, {});
    EXPECT_TRUE(read.ok()) << read.status();
    for (const log::LogRecord& record : *read) {
      ev::EventRecord event;
      EXPECT_TRUE(event.ParseFromString(record.bytes));
      types.insert(event.type());
    }
  }
  return types;
}

TEST_F(ForecastingServiceTest, AFinishedRunSaysSoOnTheLog) {
  Process process(dsn_, folder_);
  SendShop(process);
  process.Send("inventory", {RecordBytes(LevelOf("bread", 20, 1), DayTime(kDays))});
  v1::UpdateInventorySettingsRequest settings;
  settings.mutable_settings()->set_name("shops/default/inventorySettings");
  settings.mutable_settings()->set_publish_events(true);
  KONTOR_ASSERT_OK(process.AskInventory(&Inventory::UpdateInventorySettings, settings));
  KONTOR_ASSERT_OK(process.MakeRun());
  const auto count = [&](const char* type) { return Decisions(process).count(type); };
  EXPECT_TRUE(Eventually([&] { return count("kontor.events.v1.StockoutRisk") == 1; }));
  EXPECT_EQ(count("kontor.events.v1.ForecastPublished"), 1u);
  EXPECT_EQ(count("kontor.events.v1.ReorderSuggested"), 1u);
}

TEST_F(ForecastingServiceTest, ARunThatWasGivenUpIsGoneOnWith) {
  {
    Process process(dsn_, folder_);
    SendShop(process);
    KONTOR_ASSERT_OK(process.MakeRun());
    // As a process leaves it that dies after the first products.
    KONTOR_ASSERT_OK(process.pool().Exec(
        "UPDATE forecasting.runs SET state = 1, owner = 'dead', leased_until = now() + interval '1 hour', "
        "after_product = 'bread', series_done = 1"));
    KONTOR_ASSERT_OK(process.pool().Exec("DELETE FROM forecasting.forecasts WHERE level <> 2 OR node > 'bread'"));
    v1::StartForecastRunRequest start;
    start.set_parent("shops/default");
    EXPECT_THAT(process.Ask(&Service::StartForecastRun, start), StatusIs(absl::StatusCode::kAlreadyExists, "RUN_RUNS"));
    KONTOR_ASSERT_OK(process.pool().Exec("UPDATE forecasting.runs SET leased_until = now()"));
  }
  Process process(dsn_, folder_);
  v1::GetForecastRunRequest get;
  get.set_name("shops/default/forecastRuns/1");
  ASSERT_TRUE(Eventually([&] {
    const auto run = process.Ask(&Service::GetForecastRun, get);
    return run.ok() && run->state() == v1::ForecastRun::STATE_DONE;
  }));
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastRun run, process.Ask(&Service::GetForecastRun, get));
  EXPECT_EQ(run.series_done(), 8);
  KONTOR_ASSERT_OK(process.Ask(&Service::Forecast, Ask("rolls")));
  v1::CancelForecastRunRequest cancel;
  cancel.set_name(run.name());
  EXPECT_THAT(process.Ask(&Service::CancelForecastRun, cancel),
              StatusIs(absl::StatusCode::kFailedPrecondition, "RUN_ENDED"));
}

}  // namespace
}  // namespace kontor::forecasting
