#include <cmath>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/holidays.h"
#include "libs/base/random.h"
#include "libs/testing/status_matchers.h"
#include "services/forecasting/test_shop.h"

// Holidays of the country that the configuration names, through the service.
namespace kontor::forecasting {
namespace {

using Hierarchy = v1::ForecastHierarchyRequest;
using ::testing::IsEmpty;

constexpr int kDaysUntilDecember10 = 345, kChristmas = 14, kHorizon = 21;

// A shop in the US that is closed on public holidays; those of a first year came once at most.
std::vector<std::string> OrdersOfClosingShop() {
  std::set<absl::CivilDay> holidays;
  const auto days = base::HolidaysOf("US", Day(0), Day(kDaysUntilDecember10));
  for (const base::Holiday& holiday : *days) {
    if (holiday.kind == base::HolidayKind::kPublic) holidays.insert(holiday.day);
  }
  base::Random random(9);
  std::vector<std::string> orders;
  for (int day = 0; day < kDaysUntilDecember10; ++day) {
    const int64_t units = 50 + std::llround(4 * random.Normal());
    if (holidays.contains(Day(day))) continue;
    orders.push_back(RecordBytes(OrderOf(absl::StrCat("o", day), {{"tea", units}}), DayTime(day), "US"));
  }
  return orders;
}

class HolidaysTest : public ForecastingServiceTest {
 protected:
  static void Send(Process& process) {
    process.Send("catalog", {RecordBytes(ProductOf("tea", {"DRINKS"}), DayTime(0))});
    process.Send("orders", OrdersOfClosingShop());
  }
  static v1::ForecastRequest AskAnew(Process& process) {
    v1::ForecastRequest request = Ask("tea", kHorizon);
    process.AddAfter(*request.mutable_read_after());
    return request;
  }
  template <typename Points>
  static void ExpectClosedAtChristmas(const Points& points) {
    ASSERT_GT(points.size(), kChristmas);
    EXPECT_LT(points.Get(kChristmas).mean().units(), 8);
    EXPECT_NEAR(points.Get(kChristmas - 3).mean().units(), 50, 6);
  }
};

TEST_F(HolidaysTest, OfTheShopsCountryAreInForecastsRunsAndHierarchies) {
  Process process(dsn_, folder_, "US");
  Send(process);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse made, process.Ask(&Service::Forecast, AskAnew(process)));
  ASSERT_EQ(made.factors_size(), 1);
  EXPECT_EQ(made.factors(0).title(), "public holidays");
  EXPECT_LT(made.factors_wape(), made.factorless_wape());
  ExpectClosedAtChristmas(made.points());

  Hierarchy hierarchy;
  hierarchy.set_parent("shops/default");
  hierarchy.add_dimensions(Hierarchy::DIMENSION_COUNTRY);
  hierarchy.set_horizon(kHorizon);
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto tree, process.Ask(&Service::ForecastHierarchy, hierarchy));
  ASSERT_EQ(tree.nodes_size(), 2);
  for (const v1::HierarchyForecast& node : tree.nodes()) ExpectClosedAtChristmas(node.points());

  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastRun run, process.MakeRun());
  ASSERT_EQ(run.state(), v1::ForecastRun::STATE_DONE) << run.error();
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse stored, process.Ask(&Service::Forecast, Ask("tea", kHorizon)));
  EXPECT_EQ(stored.run(), run.name());
  ExpectClosedAtChristmas(stored.points());
}

TEST_F(HolidaysTest, AreNotKnownWithoutACountryAndMoveWithTheLog) {
  {
    Process process(dsn_, folder_);
    Send(process);
    KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse blind, process.Ask(&Service::Forecast, AskAnew(process)));
    EXPECT_THAT(blind.factors(), IsEmpty());
    EXPECT_GT(blind.points(kChristmas).mean().units(), 40);
  }
  Process process(dsn_, folder_, "US");
  ev::CalendarEventUpserted moved = EventOf("c", "Christmas Day", kDaysUntilDecember10 + kChristmas - 3, "US");
  moved.set_public_holiday(true);
  process.Send("market", {RecordBytes(moved, DayTime(0))});
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse made, process.Ask(&Service::Forecast, AskAnew(process)));
  EXPECT_LT(made.points(kChristmas - 3).mean().units(), 8);
  EXPECT_NEAR(made.points(kChristmas).mean().units(), 50, 6);
}

}  // namespace
}  // namespace kontor::forecasting
