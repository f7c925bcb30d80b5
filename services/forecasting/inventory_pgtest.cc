#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"
#include "services/forecasting/test_shop.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;

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

TEST_F(ForecastingServiceTest, WhatIsSoldByTheLiterIsNotSimulatedAmongPieces) {
  Process process(dsn_, folder_);
  SendShop(process);
  std::vector<std::string> fuel;
  for (int day = 0; day < kDays; ++day) {
    ev::OrderRecorded order = OrderOf(absl::StrCat("f", day), {{"fuel", 9'000}});
    order.mutable_lines(0)->mutable_quantity()->set_unit_code("LTR");
    fuel.push_back(RecordBytes(order, DayTime(day)));
  }
  process.Send("orders", fuel);
  KONTOR_ASSERT_OK(process.MakeRun());
  v1::SimulateInventoryRequest request;
  request.set_parent("shops/default");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SimulateInventoryResponse largest,
                              process.AskInventory(&Inventory::SimulateInventory, request));
  for (const char* product : {"bread", "rolls", "car", "screw"}) request.add_product_ids(product);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SimulateInventoryResponse pieces,
                              process.AskInventory(&Inventory::SimulateInventory, request));
  EXPECT_NEAR(largest.levels(0).mean_stock_units(), pieces.levels(0).mean_stock_units(), 1e-6);
  request.add_product_ids("fuel");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SimulateInventoryResponse all,
                              process.AskInventory(&Inventory::SimulateInventory, request));
  EXPECT_GT(all.levels(0).mean_stock_units(), 9'000);
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

}  // namespace
}  // namespace kontor::forecasting
