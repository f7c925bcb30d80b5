#include "libs/domain/forecasting/inventory_policies.h"

#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/domain/forecasting/inventory_lot_sizing.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;
using ::testing::ElementsAre;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

// E[(D - a)+] of any distribution: the integral of its tail.
double ShortageByIntegration(const DemandDistribution& demand, double from) {
  const double step = demand.whole_numbers() ? 1 : 0.01;
  double sum = 0;
  for (double x = from; x < from + 60 * std::sqrt(demand.variance()) + 10; x += step) {
    sum += step * (1 - demand.Cdf(demand.whole_numbers() ? x : x + step / 2));
  }
  return sum;
}

TEST(Demand, AgreesWithScipy) {
  // scipy.stats.nbinom(5, .2): mean 20, variance 100; scipy.stats.gamma(4, scale=2.5).
  KONTOR_ASSERT_OK_AND_ASSIGN(const Demand counts, CountDemand(20, 10));
  EXPECT_EQ(counts->Quantile(0.95), 39);
  EXPECT_NEAR(counts->Cdf(30), 0.8565082903071652, 1e-12);
  EXPECT_NEAR(counts->ExpectedShortage(30), 1.1370825884046238, 1e-10);
  KONTOR_ASSERT_OK_AND_ASSIGN(const Demand gamma, GammaDemand(10, 5));
  EXPECT_NEAR(gamma->Quantile(0.95), 19.384141319831812, 1e-9);
  EXPECT_NEAR(gamma->Cdf(12), 0.7057700835034357, 1e-12);
  EXPECT_NEAR(gamma->ExpectedShortage(12), 1.2318285383989345, 1e-9);
}

TEST(Demand, ShortageIsTheIntegralOfTheTailForEveryShape) {
  std::vector<Demand> all;
  for (auto made : {NormalDemand(10, 3), GammaDemand(10, 8), CountDemand(4, 3), CountDemand(4, 1),
                    QuantileDemand({0.1, 0.5, 0.9}, {2, 5, 12}), QuantileDemand({0.5, 0.9}, {0, 4})}) {
    KONTOR_ASSERT_OK(made);
    all.push_back(*made);
  }
  for (const Demand& demand : all) {
    for (const double amount : {0.0, 3.0, 7.0, 15.0}) {
      EXPECT_NEAR(demand->ExpectedShortage(amount), ShortageByIntegration(*demand, amount), 2e-3) << amount;
    }
    for (const double level : {0.05, 0.3, 0.5, 0.77, 0.9, 0.99}) {
      const double at = demand->Quantile(level);
      EXPECT_GE(demand->Cdf(at), level - 1e-9);
      if (at <= 0) continue;
      EXPECT_LE(demand->Cdf(at - (demand->whole_numbers() ? 1 : 1e-6)), level + 1e-6);
    }
  }
}

TEST(Demand, OfLeadTimeAddsBothKindsOfVariance) {
  // 4 weeks + 1 of review, 10 ± 3 a week, lead time ± 0.5: mean 50, variance 5 × 9 + 100 × 0.25.
  KONTOR_ASSERT_OK_AND_ASSIGN(const Demand flat, LeadTimeDemand(10, 3, {4, 0.5}, 1, DemandShape::kNormal));
  EXPECT_NEAR(flat->mean(), 50, 1e-12);
  EXPECT_NEAR(flat->variance(), 70, 1e-9);
  KONTOR_ASSERT_OK_AND_ASSIGN(const Demand steps, LeadTimeDemand({10, 10, 10, 10, 10, 10}, {9, 9, 9, 9, 9, 9}, {4, 0.5},
                                                                 1, DemandShape::kNormal));
  EXPECT_NEAR(steps->variance(), 70, 1e-9);
  EXPECT_THAT(LeadTimeDemand({10, 10}, {9, 9}, {4, 0}, 1, DemandShape::kNormal), StatusIs(kInvalid));
  EXPECT_THAT(LeadTimeDemand(10, 3, {0, 0}, 0, DemandShape::kGamma), StatusIs(kInvalid));
  EXPECT_THAT(LeadTimeDemand(-1, 3, {1, 0}, 0, DemandShape::kGamma), StatusIs(kInvalid));
}

TEST(Demand, RefusesWhatIsNoDistribution) {
  EXPECT_THAT(NormalDemand(NAN, 1), StatusIs(kInvalid));
  EXPECT_THAT(GammaDemand(1, -1), StatusIs(kInvalid));
  EXPECT_THAT(QuantileDemand({0.5}, {1}), StatusIs(kInvalid));
  EXPECT_THAT(QuantileDemand({0.5, 0.4}, {1, 2}), StatusIs(kInvalid));
  EXPECT_THAT(QuantileDemand({0.5, 0.9}, {2, 1}), StatusIs(kInvalid));
  EXPECT_THAT(QuantileDemand({0.5, 0.9}, {-1, 1}), StatusIs(kInvalid));
  KONTOR_ASSERT_OK_AND_ASSIGN(const Demand nothing, GammaDemand(0, 2));
  EXPECT_EQ(nothing->Quantile(0.99), 0);
  KONTOR_ASSERT_OK_AND_ASSIGN(const Demand never, QuantileDemand({0.5, 0.9}, {0, 0}));
  EXPECT_EQ(never->Quantile(0.999), 0);
  EXPECT_EQ(never->ExpectedShortage(1), 0);
}

TEST(Demand, StaysANumberAtTheEdges) {
  for (auto made : {GammaDemand(1e-6, 1e6), CountDemand(1e-6, 1e6), CountDemand(1e9, 1e9), GammaDemand(1e12, 1e12),
                    CountDemand(1e-300, 1), NormalDemand(0, 1e12)}) {
    KONTOR_ASSERT_OK_AND_ASSIGN(const Demand demand, std::move(made));
    for (const double level : {1e-12, 0.5, 0.999999}) EXPECT_TRUE(std::isfinite(demand->Quantile(level)));
    for (const double amount : {0.0, 1.0, 1e9}) EXPECT_TRUE(std::isfinite(demand->ExpectedShortage(amount)));
    EXPECT_THAT(TargetForFillRate(*demand, 0.99, 10), kontor::testing::IsOk());
  }
  KONTOR_ASSERT_OK_AND_ASSIGN(const Demand normal, NormalDemand(50, 8));
  EXPECT_TRUE(std::isfinite(SolveNewsvendor(*normal, 1e-300, 1e300)->level));
}

TEST(Newsvendor, IsTheTextbooks) {
  // Snyder and Shen 2019, example 4.3.
  KONTOR_ASSERT_OK_AND_ASSIGN(const Demand normal, NormalDemand(50, 8));
  KONTOR_ASSERT_OK_AND_ASSIGN(const Newsvendor found, SolveNewsvendor(*normal, 0.18, 0.70));
  EXPECT_NEAR(found.level, 56.60395592743389, 1e-9);
  EXPECT_NEAR(found.cost, 1.9976051931766445, 1e-9);
  // Its Poisson variant.
  KONTOR_ASSERT_OK_AND_ASSIGN(const Demand poisson, CountDemand(50, 0));
  KONTOR_ASSERT_OK_AND_ASSIGN(const Newsvendor whole, SolveNewsvendor(*poisson, 0.18, 0.70));
  EXPECT_EQ(whole.level, 56);
  EXPECT_NEAR(whole.cost, 1.7972352118091772, 1e-9);
  EXPECT_THAT(SolveNewsvendor(*normal, 0, 1), StatusIs(kInvalid));
  EXPECT_THAT(SolveNewsvendor(*normal, 1, INFINITY), StatusIs(kInvalid));
}

TEST(Newsvendor, NoOtherLevelOfQuantileDemandIsCheaper) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const Demand demand, QuantileDemand({0.1, 0.25, 0.5, 0.75, 0.9}, {3, 6, 11, 19, 30}));
  KONTOR_ASSERT_OK_AND_ASSIGN(const Newsvendor found, SolveNewsvendor(*demand, 1, 4));
  for (double level = 0; level < 60; level += 0.5) {
    const double shortage = demand->ExpectedShortage(level);
    EXPECT_GE(level - demand->mean() + shortage + 4 * shortage, found.cost - 1e-9);
  }
}

TEST(Eoq, IsTheTextbooks) {
  // Snyder and Shen 2019, example 3.1.
  KONTOR_ASSERT_OK_AND_ASSIGN(const OrderQuantity found, EconomicOrderQuantity(8, 0.225, 1300));
  EXPECT_NEAR(found.quantity, 304.0467800264368, 1e-10);
  EXPECT_NEAR(found.cost, 68.41052550594829, 1e-10);
  EXPECT_THAT(EconomicOrderQuantity(8, 0, 1300), StatusIs(kInvalid));
}

TEST(Targets, MeetTheServiceThatWasAskedFor) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const Demand normal, NormalDemand(100, 30));
  KONTOR_ASSERT_OK_AND_ASSIGN(const StockTarget cycle, TargetForCycleService(*normal, 0.95, 200));
  EXPECT_NEAR(cycle.safety_stock, 1.6448536269514722 * 30, 1e-9);
  EXPECT_NEAR(cycle.cycle_service, 0.95, 1e-12);
  KONTOR_ASSERT_OK_AND_ASSIGN(const StockTarget fill, TargetForFillRate(*normal, 0.99, 200));
  EXPECT_NEAR(fill.expected_shortage, 2, 1e-6);
  EXPECT_LT(fill.level, cycle.level);
  KONTOR_ASSERT_OK_AND_ASSIGN(const Demand counts, CountDemand(4, 3));
  KONTOR_ASSERT_OK_AND_ASSIGN(const StockTarget whole, TargetForFillRate(*counts, 0.98, 10));
  EXPECT_GE(whole.fill_rate, 0.98);
  EXPECT_GT(counts->ExpectedShortage(whole.level - 1), 0.2);
  KONTOR_ASSERT_OK_AND_ASSIGN(const StockTarget none, TargetForFillRate(*counts, 0.5, 100));
  EXPECT_EQ(none.level, 0);
  EXPECT_THAT(TargetForCycleService(*normal, 1, 200), StatusIs(kInvalid));
  EXPECT_THAT(TargetForFillRate(*normal, 0.9, 0), StatusIs(kInvalid));
}

TEST(RoundToPacks, RoundsUpToWhatTheSupplierTakes) {
  EXPECT_EQ(RoundToPacks(0, 10, 6), 0);
  EXPECT_EQ(RoundToPacks(-3, 10, 6), 0);
  EXPECT_EQ(RoundToPacks(1, 10, 6), 12);
  EXPECT_EQ(RoundToPacks(12, 10, 6), 12);
  EXPECT_EQ(RoundToPacks(12.5, 0, 0), 12.5);
}

TEST(PlanLots, IsTheTableOfWagnerAndWhitin) {
  // Wagner and Whitin 1958, table 1: twelve months, holding 1; the least cost is 864.
  const std::vector<double> demand = {69, 29, 36, 61, 61, 26, 34, 67, 45, 67, 79, 56};
  const std::vector<double> set_up = {85, 102, 102, 101, 98, 114, 105, 86, 119, 110, 98, 114};
  KONTOR_ASSERT_OK_AND_ASSIGN(const LotSizes found, PlanLots(demand, set_up, std::vector<double>(12, 1)));
  EXPECT_NEAR(found.cost, 864, 1e-9);
  EXPECT_THAT(found.orders, ElementsAre(98, 0, 97, 0, 121, 0, 0, 112, 0, 67, 135, 0));
  // Snyder and Shen 2019, example 3.9.
  KONTOR_ASSERT_OK_AND_ASSIGN(const LotSizes four, PlanLots({90, 120, 80, 70}, {500, 500, 500, 500}, {2, 2, 2, 2}));
  EXPECT_NEAR(four.cost, 1380, 1e-9);
  EXPECT_THAT(four.orders, ElementsAre(210, 0, 150, 0));
}

TEST(PlanLots, OrdersNothingWithoutDemandAndRefusesNonsense) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const LotSizes none, PlanLots({0, 0, 5}, {1, 1, 9}, {0.1, 0.1, 0.1}));
  EXPECT_THAT(none.orders, ElementsAre(0, 5, 0));
  EXPECT_NEAR(none.cost, 1.5, 1e-12);
  EXPECT_THAT(PlanLots({}, {}, {}), StatusIs(kInvalid));
  EXPECT_THAT(PlanLots({1, -1}, {1, 1}, {1, 1}), StatusIs(kInvalid));
  EXPECT_THAT(PlanLots({1, 1}, {1}, {1, 1}), StatusIs(kInvalid));
}

TEST(OptimalReorderPolicy, IsThePublished) {
  // Snyder and Shen 2019, example 4.7.
  const std::vector<double> six = PoissonProbabilities(6);
  KONTOR_ASSERT_OK_AND_ASSIGN(const ReorderPolicy small, OptimalReorderPolicy(six, six, 5, 1, 4));
  EXPECT_EQ(small.reorder_point, 4);
  EXPECT_EQ(small.order_up_to, 10);
  EXPECT_NEAR(small.cost, 8.034111561471642, 1e-8);
  // Zheng and Federgruen 1991, table 1: fixed cost 64, holding 1, shortage 9, no lead time.
  struct Row {
    double mean;
    int s, S;
    double cost;
  };
  for (const Row& row : {Row{10, 6, 40, 35.0216}, Row{15, 10, 49, 42.6978}, Row{20, 14, 62, 49.1730},
                         Row{25, 19, 56, 54.2622}, Row{50, 42, 108, 70.9752}, Row{75, 67, 86, 79.5538}}) {
    const std::vector<double> demand = PoissonProbabilities(row.mean);
    KONTOR_ASSERT_OK_AND_ASSIGN(const ReorderPolicy found, OptimalReorderPolicy(demand, demand, 64, 1, 9));
    EXPECT_EQ(found.reorder_point, row.s) << row.mean;
    EXPECT_EQ(found.order_up_to, row.S) << row.mean;
    EXPECT_NEAR(found.cost, row.cost, 1e-4) << row.mean;
  }
}

TEST(OptimalReorderPolicy, RefusesWhatIsNoDemand) {
  EXPECT_THAT(OptimalReorderPolicy({1}, {1}, 1, 1, 1), StatusIs(kInvalid));
  EXPECT_THAT(OptimalReorderPolicy({0.5, 0.4}, {0.5, 0.5}, 1, 1, 1), StatusIs(kInvalid));
  EXPECT_THAT(OptimalReorderPolicy({0.5, 0.5}, {0.5, 0.5}, 0, 1, 1), StatusIs(kInvalid));
  EXPECT_THAT(OptimalReorderPolicy({0.5, 0.5}, {0.5, 0.5}, 1e12, 1, 1), StatusIs(kInvalid));
}

}  // namespace
}  // namespace kontor::forecasting
