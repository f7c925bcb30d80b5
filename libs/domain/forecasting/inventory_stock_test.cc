#include "libs/domain/forecasting/inventory_stock.h"

#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/domain/forecasting/inventory_simulation.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;
using ::testing::ElementsAre;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

Demand Counts(double mean, double deviation) { return *CountDemand(mean, deviation); }

double LostValue(const std::vector<StoreNeed>& stores, const std::vector<int64_t>& shares) {
  double sum = 0;
  for (size_t i = 0; i < stores.size(); ++i) {
    sum +=
        stores[i].unit_value * stores[i].demand->ExpectedShortage(stores[i].on_hand + static_cast<double>(shares[i]));
  }
  return sum;
}

TEST(AllocateScarceStock, NoOtherSplitLosesLess) {
  const std::vector<StoreNeed> stores = {{Counts(5, 3), 2, 1}, {Counts(3, 2), 0, 1.5}, {Counts(8, 4), 6, 1}};
  KONTOR_ASSERT_OK_AND_ASSIGN(const std::vector<int64_t> found, AllocateScarceStock(9, stores));
  EXPECT_EQ(found[0] + found[1] + found[2], 9);
  for (int64_t a = 0; a <= 9; ++a) {
    for (int64_t b = 0; a + b <= 9; ++b) {
      EXPECT_GE(LostValue(stores, {a, b, 9 - a - b}), LostValue(stores, found) - 1e-12);
    }
  }
}

TEST(AllocateScarceStock, KeepsWhatNobodyWants) {
  const std::vector<StoreNeed> stores = {{Counts(0, 0), 0, 1}, {*NormalDemand(4, 0), 1, 1}};
  EXPECT_THAT(*AllocateScarceStock(100, stores), ElementsAre(0, 3));
  EXPECT_THAT(AllocateScarceStock(-1, stores), StatusIs(kInvalid));
  EXPECT_THAT(AllocateScarceStock(1, {}), StatusIs(kInvalid));
  const std::vector<StoreNeed> broken = {{nullptr, 0, 1}};
  EXPECT_THAT(AllocateScarceStock(1, broken), StatusIs(kInvalid));
}

QuantileForecast Flat(size_t steps, std::vector<double> values) {
  return {{0.1, 0.5, 0.9}, std::vector<std::vector<double>>(steps, std::move(values))};
}

TEST(ForecastStockout, FollowsTheQuantilesOfOneStep) {
  // Stock at the .9 quantile of the first step's demand.
  KONTOR_ASSERT_OK_AND_ASSIGN(const StockoutForecast found,
                              ForecastStockout(14, Flat(5, {6, 10, 14}), {}, {20000, 0.3, 7}));
  EXPECT_NEAR(found.probability[0], 0.1, 0.01);
  for (size_t t = 1; t < 5; ++t) EXPECT_GE(found.probability[t], found.probability[t - 1]);
  EXPECT_EQ(found.likely_step, 2);
  EXPECT_NEAR(found.expected_stock[4], 0, 0.05);
}

TEST(ForecastStockout, ArrivalsPutItOff) {
  const QuantileForecast demand = Flat(6, {4, 5, 6});
  KONTOR_ASSERT_OK_AND_ASSIGN(const StockoutForecast without, ForecastStockout(12, demand, {}, {}));
  KONTOR_ASSERT_OK_AND_ASSIGN(const StockoutForecast with, ForecastStockout(12, demand, {{3, 100}}, {}));
  EXPECT_EQ(without.likely_step, 3);
  EXPECT_FALSE(with.likely_step.has_value());
  EXPECT_THAT(ForecastStockout(-1, demand, {}, {}), StatusIs(kInvalid));
  EXPECT_THAT(ForecastStockout(1, demand, {{7, 1}}, {}), StatusIs(kInvalid));
  EXPECT_THAT(ForecastStockout(1, {}, {}, {}), StatusIs(kInvalid));
  EXPECT_THAT(ForecastStockout(1, demand, {}, {100, 1.5, 1}), StatusIs(kInvalid));
}

TEST(FindDeadStock, IsWhatStaysBeyondDemand) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const Demand demand, QuantileDemand({0.1, 0.5, 0.9}, {2, 5, 12}));
  KONTOR_ASSERT_OK_AND_ASSIGN(const DeadStock some, FindDeadStock(20, *demand, 0.9));
  EXPECT_NEAR(some.excess, 8, 1e-12);
  EXPECT_NEAR(some.share, 0.4, 1e-12);
  EXPECT_FALSE(some.dead);
  KONTOR_ASSERT_OK_AND_ASSIGN(const DeadStock all, FindDeadStock(20, *Counts(0, 0), 0.9));
  EXPECT_TRUE(all.dead);
  EXPECT_EQ(all.excess, 20);
  EXPECT_FALSE(FindDeadStock(0, *Counts(0, 0), 0.9)->dead);
  EXPECT_THAT(FindDeadStock(NAN, *demand, 0.9), StatusIs(kInvalid));
}

InventorySystem Shop() {
  InventorySystem system;
  system.demand = Flat(60, {6, 10, 14});
  system.lead_time = {2, 0};
  system.on_hand = 30;
  system.unit_cost = 3;
  return system;
}

TEST(SimulateInventory, KeepsItsBooks) {
  // Certain demand of 10 a period, lead time 2, review 1, order up to 30: served always, 10 units at each end.
  InventorySystem system = Shop();
  system.demand = {{0.1, 0.9}, std::vector<std::vector<double>>(20, {10, 10})};
  system.correlation = 1;
  KONTOR_ASSERT_OK_AND_ASSIGN(const SimulationResult found, SimulateInventory(system, {{30}, {30}}, {400, 5}));
  // The part of a path's mass below the first level lies under 10.
  EXPECT_GT(found.fill_rate, 0.999);
  EXPECT_GT(found.cycle_service, 0.99);
  EXPECT_NEAR(found.working_capital, 3 * found.mean_stock, 1e-9);
  // What came in is what went out and what stays: orders of the last two periods are still under way.
  EXPECT_LE(found.units_ordered, 200);
}

TEST(SimulateInventory, IsTheSameForASeedAndObeysPacks) {
  InventorySystem system = Shop();
  system.pack = 12;
  system.minimum_order = 20;
  system.lead_time.deviation = 1;
  const InventoryPolicy policy = {{30}, {45}};
  KONTOR_ASSERT_OK_AND_ASSIGN(const SimulationResult one, SimulateInventory(system, policy, {50, 9}));
  KONTOR_ASSERT_OK_AND_ASSIGN(const SimulationResult two, SimulateInventory(system, policy, {50, 9}));
  EXPECT_EQ(one.fill_rate, two.fill_rate);
  EXPECT_EQ(one.mean_stock, two.mean_stock);
  EXPECT_NEAR(std::fmod(one.units_ordered * 50, 12), 0, 1e-6);
  EXPECT_GE(one.units_ordered, 24 * one.orders - 1e-9);
}

TEST(SimulateInventory, BackordersAreMetLater) {
  InventorySystem system = Shop();
  system.on_hand = 0;
  KONTOR_ASSERT_OK_AND_ASSIGN(const SimulationResult lost, SimulateInventory(system, {{25}, {25}}, {}));
  system.backorders = true;
  KONTOR_ASSERT_OK_AND_ASSIGN(const SimulationResult waiting, SimulateInventory(system, {{25}, {25}}, {}));
  EXPECT_GT(waiting.units_ordered, lost.units_ordered);
}

TEST(ServiceCurve, MoreServiceCostsMoreCapitalAndComesTrue) {
  InventorySystem system = Shop();
  system.correlation = 0;
  system.backorders = true;
  KONTOR_ASSERT_OK_AND_ASSIGN(const std::vector<ServicePoint> curve,
                              ServiceCurve(system, {0.7, 0.8, 0.9, 0.97}, {400, 3}));
  for (size_t i = 0; i < curve.size(); ++i) {
    EXPECT_NEAR(curve[i].result.cycle_service, curve[i].service, 0.06) << curve[i].service;
    if (i == 0) continue;
    EXPECT_GT(curve[i].result.working_capital, curve[i - 1].result.working_capital);
    EXPECT_GE(curve[i].result.fill_rate, curve[i - 1].result.fill_rate);
  }
}

TEST(SimulateInventory, RefusesNonsense) {
  InventorySystem system = Shop();
  EXPECT_THAT(SimulateInventory(system, {{5}, {4}}, {}), StatusIs(kInvalid));
  EXPECT_THAT(SimulateInventory(system, {{1, 2}, {4}}, {}), StatusIs(kInvalid));
  EXPECT_THAT(SimulateInventory(system, {{NAN}, {4}}, {}), StatusIs(kInvalid));
  EXPECT_THAT(SimulateInventory(system, {{1}, {4}}, {0, 1}), StatusIs(kInvalid));
  system.review = 0;
  EXPECT_THAT(SimulateInventory(system, {{1}, {4}}, {}), StatusIs(kInvalid));
  system = Shop();
  system.demand.values[3] = {5, 4, 6};
  EXPECT_THAT(SimulateInventory(system, {{1}, {4}}, {}), StatusIs(kInvalid));
  EXPECT_THAT(ServiceCurve(Shop(), {0.9, 0.8}, {}), StatusIs(kInvalid));
}

}  // namespace
}  // namespace kontor::forecasting
