#include "services/forecasting/inventory_planner.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"
#include "services/forecasting/agreement.h"
#include "services/forecasting/calendar.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;

// Normal quantiles of kRunLevels in deviations.
constexpr double kNormal[] = {-2.3263, -1.96, -1.6449, -1.2816, -0.6745, 0, 0.6745, 1.2816, 1.6449, 1.96, 2.3263};

StoredForecast Daily(double mean, double deviation, int days = 56) {
  StoredForecast forecast;
  forecast.first_step = 20'000;
  for (int day = 0; day < days; ++day) {
    forecast.mean.push_back(mean);
    forecast.variance.push_back(deviation * deviation);
    forecast.naive.push_back(mean);
    for (const double z : kNormal) {
      forecast.quantiles.push_back(static_cast<float>(std::max(0.0, mean + z * deviation)));
    }
  }
  forecast.base_total = mean * days;
  return forecast;
}

v1::InventoryPolicy Policy(double lead, double review) {
  v1::InventoryPolicy policy;
  policy.set_lead_time_days(lead);
  policy.set_review_days(review);
  return WithDefaults(policy);
}

TEST(PlanProduct, CoversLeadTimeAndReview) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const ProductPlan plan, PlanProduct({"p", std::nullopt, 0}, Daily(10, 4), Policy(7, 7)));
  EXPECT_NEAR(plan.demand_mean, 140, 1e-9);
  EXPECT_NEAR(plan.demand_sd, 4 * std::sqrt(14.0), 1e-9);
  EXPECT_GT(plan.safety_stock, 1.5 * plan.demand_sd);
  EXPECT_LT(plan.safety_stock, 1.9 * plan.demand_sd);
  EXPECT_NEAR(plan.reorder_point, plan.demand_mean + plan.safety_stock, 1e-9);
  EXPECT_EQ(plan.order_quantity, 0);  // no position: nothing can be said
}

TEST(PlanProduct, OrdersInPacksWhatIsMissing) {
  v1::InventoryPolicy policy = Policy(7, 7);
  policy.set_pack_size(12);
  const ProductQuestion low{"p", StockPosition{20, 10}, 0};
  KONTOR_ASSERT_OK_AND_ASSIGN(const ProductPlan plan, PlanProduct(low, Daily(10, 4), policy));
  EXPECT_GE(plan.order_quantity, plan.order_up_to - 30);
  EXPECT_LT(plan.order_quantity, plan.order_up_to - 30 + 12);
  EXPECT_EQ(std::fmod(plan.order_quantity, 12), 0);
  EXPECT_NEAR(plan.days_of_cover, 3, 1e-9);
  const ProductQuestion full{"p", StockPosition{500, 0}, 0};
  KONTOR_ASSERT_OK_AND_ASSIGN(const ProductPlan enough, PlanProduct(full, Daily(10, 4), policy));
  EXPECT_EQ(enough.order_quantity, 0);
}

TEST(PlanProduct, StockOutComesWhenTheStockIsUsedUp) {
  const ProductQuestion question{"p", StockPosition{100, 0}, 0};
  const StoredForecast daily = Daily(10, 2);
  KONTOR_ASSERT_OK_AND_ASSIGN(ProductPlan plan, PlanProduct(question, daily, Policy(14, 7)));
  KONTOR_ASSERT_OK(AddStockOut(question, daily, Policy(14, 7), plan));
  ASSERT_TRUE(plan.stock_out.has_value());
  EXPECT_NEAR(static_cast<double>(*plan.stock_out - (kEpoch + 20'000)), 9.5, 1.5);
  EXPECT_GT(plan.stock_out_probability, 0.95);
  ProductPlan soon;
  KONTOR_ASSERT_OK(AddStockOut(question, daily, Policy(3, 7), soon));
  EXPECT_LT(soon.stock_out_probability, 0.05);
}

TEST(PlanProduct, StockThatNobodyWantsIsDead) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const ProductPlan plan,
                              PlanProduct({"p", StockPosition{40, 0}, 0}, Daily(0, 0), Policy(7, 7)));
  EXPECT_TRUE(plan.dead);
  EXPECT_EQ(plan.order_quantity, 0);
}

TEST(PlanProduct, TheEconomicQuantityIsHarris) {
  v1::InventoryPolicy policy = Policy(7, 7);
  policy.mutable_order_cost()->set_units(8);
  policy.set_holding_cost_share(0.225);
  KONTOR_ASSERT_OK_AND_ASSIGN(const ProductPlan plan,
                              PlanProduct({"p", std::nullopt, 1'000'000'000}, Daily(1300.0 / 365, 1), policy));
  EXPECT_NEAR(plan.economic_quantity, 304.0467800264368, 1e-9);  // Snyder and Shen 2019, example 3.1
}

TEST(Extended, GoesOnWithTheLastWeek) {
  StoredForecast daily = Daily(1, 0, 14);
  daily.mean[9] = 5;
  const StoredForecast longer = Extended(daily, 30);
  EXPECT_EQ(longer.mean[16], 5);
  EXPECT_EQ(longer.mean[23], 5);
  EXPECT_EQ(longer.mean[24], 1);
  EXPECT_EQ(longer.quantiles.size(), 30 * std::size(kRunLevels));
}

TEST(StoredForecast, ComesBackAsItWasSaved) {
  StoredForecast forecast = Daily(3, 1, 5);
  forecast.model = "ETS(A,N,N)";
  forecast.backtest_wape = 0.25;
  std::string plain = SaveForecast(forecast);
  forecast.factors = {{1, "fair", 1, 0.5}};
  forecast.multipliers.assign(forecast.mean.size(), 1.5);
  forecast.factors_wape = 0.125;
  const std::string bytes = SaveForecast(forecast);
  KONTOR_ASSERT_OK_AND_ASSIGN(const StoredForecast back, LoadForecast(bytes));
  EXPECT_EQ(back.mean, forecast.mean);
  EXPECT_EQ(back.quantiles, forecast.quantiles);
  EXPECT_EQ(back.model, "ETS(A,N,N)");
  EXPECT_EQ(back.backtest_wape, 0.25);
  EXPECT_FALSE(back.backtest_naive_wape.has_value());
  ASSERT_EQ(back.factors.size(), 1u);
  EXPECT_EQ(back.factors[0].name, "fair");
  EXPECT_EQ(back.multipliers, forecast.multipliers);
  EXPECT_EQ(back.factors_wape, 0.125);
  plain.resize(plain.size() - 31);  // what version 1 had not: no factors, no multipliers, two errors, a flag
  plain[0] = 1;
  KONTOR_ASSERT_OK_AND_ASSIGN(const StoredForecast old, LoadForecast(plain));
  EXPECT_EQ(old.mean, forecast.mean);
  EXPECT_TRUE(old.factors.empty());
  for (size_t cut = 0; cut < bytes.size(); cut += 7) {
    EXPECT_THAT(LoadForecast(absl::string_view(bytes).substr(0, cut)), StatusIs(absl::StatusCode::kDataLoss)) << cut;
  }
}

TEST(Agreement, ProductsSumToCategoriesAndShop) {
  absl::flat_hash_map<std::string, ProductInfo> products;
  products["a"].category = {"FOOD", "BREAD"};
  products["b"].category = {"FOOD"};
  std::vector<std::pair<Node, StoredForecast>> rows = {{{Level::kShop, ""}, Daily(40, 3)},
                                                       {{Level::kCategory, "FOOD"}, Daily(25, 2)},
                                                       {{Level::kCategory,
                                                         "FOOD\x1f"
                                                         "BREAD"},
                                                        Daily(12, 2)},
                                                       {{Level::kProduct, "a"}, Daily(10, 2)},
                                                       {{Level::kProduct, "b"}, Daily(14, 2)},
                                                       {{Level::kProduct, "c"}, Daily(9, 4)},
                                                       {{Level::kProduct, "kg"}, Daily(7, 1)}};
  rows.back().second.pieces = false;
  Agreement agreement(products);
  for (const auto& [node, forecast] : rows) agreement.Add(node, forecast);
  KONTOR_ASSERT_OK(agreement.Solve());
  for (auto& [node, forecast] : rows) agreement.Move(node, forecast);
  for (size_t day = 0; day < 56; ++day) {
    const auto mean = [&](size_t row) { return rows[row].second.mean[day]; };
    EXPECT_NEAR(mean(2), mean(3), 1e-9);
    EXPECT_NEAR(mean(1), mean(3) + mean(4), 1e-9);
    EXPECT_NEAR(mean(0), mean(1) + mean(5), 1e-9);
    EXPECT_EQ(mean(6), 7);
    for (size_t row = 0; row < rows.size(); ++row) {
      for (size_t q = 1; q < std::size(kRunLevels); ++q) {
        const auto& quantiles = rows[row].second.quantiles;
        EXPECT_LE(quantiles[day * std::size(kRunLevels) + q - 1], quantiles[day * std::size(kRunLevels) + q]);
      }
    }
  }
  EXPECT_GT(rows[5].second.mean[0], 9);  // the least sure one moves most
}

}  // namespace
}  // namespace kontor::forecasting
