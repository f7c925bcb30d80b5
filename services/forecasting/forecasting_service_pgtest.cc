#include <cmath>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/eventually.h"
#include "libs/testing/status_matchers.h"
#include "services/forecasting/test_process.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::Eventually;
using kontor::testing::StatusIs;
using ::testing::HasSubstr;

using Service = v1::ForecastingService::Stub;
using Inventory = v1::InventoryService::Stub;

// A week of a product: more on Saturdays, none on Sundays; an order a day and product.
constexpr int64_t kWeek[] = {10, 12, 14, 16, 20, 28, 0};
constexpr int kDays = 140;

std::vector<std::string> Orders(int from, int to) {
  std::vector<std::string> orders;
  for (int day = from; day < to; ++day) {
    const int64_t units = kWeek[day % 7];
    if (units == 0) continue;
    const int64_t noise = (day * 37) % 5;
    orders.push_back(RecordBytes(
        OrderOf(absl::StrCat("o", day), {{"bread", units + noise}, {"rolls", 2 * units + noise}, {"car", 1 + noise}}),
        DayTime(day), day % 2 == 0 ? "DE" : "FR"));
    if (day % 9 == 0) {
      orders.push_back(RecordBytes(OrderOf(absl::StrCat("s", day), {{"screw", 40}}, 0, "berlin"), DayTime(day), "DE"));
    }
  }
  return orders;
}

void SendShop(Process& process, int days = kDays) {
  process.Send("catalog",
               {RecordBytes(ProductOf("bread", {"FOOD", "BAKERY"}), DayTime(0)),
                RecordBytes(ProductOf("rolls", {"FOOD", "BAKERY"}), DayTime(0)),
                RecordBytes(ProductOf("car", {"TOYS"}), DayTime(0)), RecordBytes(CostOf("bread", 1), DayTime(0))});
  process.Send("orders", Orders(0, days));
}

v1::ForecastRequest Ask(const std::string& product, int horizon = 14) {
  v1::ForecastRequest request;
  request.set_parent("shops/default");
  if (!product.empty()) request.mutable_series()->add_product_ids(product);
  request.set_horizon(horizon);
  return request;
}

double Total(const v1::ForecastResponse& response) {
  double sum = 0;
  for (const v1::ForecastPoint& point : response.points()) sum += point.mean().units();
  return sum;
}

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

TEST_F(ForecastingServiceTest, StockIsPlannedSimulatedAndAllocated) {
  Process process(dsn_, folder_);
  SendShop(process);
  process.Send("inventory", {RecordBytes(LevelOf("bread", 20, 1), DayTime(kDays)),
                             RecordBytes(LevelOf("rolls", 5'000, 1), DayTime(kDays))});
  v1::UpdateInventorySettingsRequest settings;
  settings.mutable_settings()->set_name("shops/default/inventorySettings");
  settings.mutable_settings()->set_publish_events(true);
  settings.mutable_settings()->mutable_policy()->set_lead_time_days(3);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::InventorySettings stored,
                              process.AskInventory(&Inventory::UpdateInventorySettings, settings));
  EXPECT_EQ(stored.etag(), "1");
  settings.mutable_settings()->set_etag("7");
  EXPECT_THAT(process.AskInventory(&Inventory::UpdateInventorySettings, settings),
              StatusIs(absl::StatusCode::kAborted, "SETTINGS_CHANGED"));
  KONTOR_ASSERT_OK(process.MakeRun());

  v1::PlanInventoryRequest request;
  request.set_parent("shops/default");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::PlanInventoryResponse plan,
                              process.AskInventory(&Inventory::PlanInventory, request));
  ASSERT_EQ(plan.plans_size(), 4);
  EXPECT_EQ(plan.to_order(), 1);
  const v1::ProductPlan& bread = plan.plans(0);  // the most urgent
  EXPECT_EQ(bread.product_id(), "bread");
  EXPECT_EQ(bread.title(), "Product bread");
  EXPECT_GT(bread.order_quantity(), 100);
  EXPECT_GT(bread.stock_out_probability(), 0.5);
  EXPECT_EQ(bread.order_value().units(), static_cast<int64_t>(bread.order_quantity()));
  EXPECT_TRUE(bread.has_stock_out_date());
  EXPECT_FALSE(plan.plans(3).has_position());
  request.set_only_orders(true);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::PlanInventoryResponse orders,
                              process.AskInventory(&Inventory::PlanInventory, request));
  EXPECT_EQ(orders.total_size(), 1);

  v1::SimulateInventoryRequest simulate;
  simulate.set_parent("shops/default");
  simulate.add_product_ids("bread");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SimulateInventoryResponse curve,
                              process.AskInventory(&Inventory::SimulateInventory, simulate));
  ASSERT_EQ(curve.levels_size(), 5);
  for (int i = 1; i < 5; ++i) {
    EXPECT_GE(curve.levels(i).fill_rate(), curve.levels(i - 1).fill_rate() - 1e-9);
    EXPECT_GT(curve.levels(i).mean_stock_units(), curve.levels(i - 1).mean_stock_units());
  }
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SimulateInventoryResponse again,
                              process.AskInventory(&Inventory::SimulateInventory, simulate));
  EXPECT_EQ(again.levels(2).fill_rate(), curve.levels(2).fill_rate());

  v1::AllocateStockRequest allocate;
  allocate.set_parent("shops/default");
  allocate.set_product_id("screw");
  allocate.set_available(10);
  allocate.add_store_ids("berlin");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::AllocateStockResponse shares,
                              process.AskInventory(&Inventory::AllocateStock, allocate));
  EXPECT_EQ(shares.allocations(0).units(), 10);
  allocate.add_store_ids("nowhere");
  EXPECT_THAT(process.AskInventory(&Inventory::AllocateStock, allocate), StatusIs(absl::StatusCode::kInvalidArgument));
}

google::type::Money Euros(int64_t units, int32_t nanos = 0) {
  google::type::Money money;
  money.set_currency_code("EUR");
  money.set_units(units);
  money.set_nanos(nanos);
  return money;
}

TEST_F(ForecastingServiceTest, StockIsOptimisedUnderGivenCosts) {
  Process process(dsn_, folder_);
  SendShop(process);
  KONTOR_ASSERT_OK(process.MakeRun());
  v1::OptimizeStockRequest request;
  request.set_parent("shops/default");
  request.set_product_id("bread");
  EXPECT_THAT(process.AskInventory(&Inventory::OptimizeStock, request), StatusIs(absl::StatusCode::kInvalidArgument));
  request.mutable_newsvendor()->set_days(14);
  *request.mutable_newsvendor()->mutable_overage_cost() = Euros(1);
  *request.mutable_newsvendor()->mutable_underage_cost() = Euros(3);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::OptimizeStockResponse once,
                              process.AskInventory(&Inventory::OptimizeStock, request));
  EXPECT_EQ(once.critical_ratio(), 0.75);
  EXPECT_NEAR(once.level(), 2 * 112, 25);  // a little more than what two weeks sell
  EXPECT_GT(once.cost().units(), 0);
  request.mutable_lot_sizing()->set_weeks(8);
  *request.mutable_lot_sizing()->mutable_order_cost() = Euros(300);
  *request.mutable_lot_sizing()->mutable_holding_cost() = Euros(1);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::OptimizeStockResponse lots,
                              process.AskInventory(&Inventory::OptimizeStock, request));
  ASSERT_EQ(lots.lots_size(), 8);
  double ordered = 0;
  int orders = 0;
  for (const v1::Lot& lot : lots.lots()) {
    ordered += lot.quantity();
    orders += lot.quantity() > 0 ? 1 : 0;
  }
  EXPECT_NEAR(ordered, 8 * 112, 90);
  EXPECT_TRUE(orders >= 3 && orders <= 5) << orders;  // 300 is what 112 units cost for 2.7 weeks
  request.mutable_reorder_policy()->set_lead_time_weeks(1);
  *request.mutable_reorder_policy()->mutable_order_cost() = Euros(300);
  *request.mutable_reorder_policy()->mutable_holding_cost() = Euros(1);
  *request.mutable_reorder_policy()->mutable_shortage_cost() = Euros(9);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::OptimizeStockResponse policy,
                              process.AskInventory(&Inventory::OptimizeStock, request));
  EXPECT_GT(policy.reorder_point(), 112);
  EXPECT_GT(policy.order_up_to(), policy.reorder_point() + 112);
  *request.mutable_reorder_policy()->mutable_shortage_cost() = Euros(-1);
  EXPECT_THAT(process.AskInventory(&Inventory::OptimizeStock, request), StatusIs(absl::StatusCode::kInvalidArgument));
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
