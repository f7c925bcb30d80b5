#include <algorithm>
#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/platform/postgres/migrate.h"
#include "libs/testing/status_matchers.h"
#include "services/forecasting/demand_writer.h"
#include "services/forecasting/market_store.h"
#include "services/forecasting/migrations.h"
#include "services/forecasting/test_shop.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MarketTest : public ::testing::Test {
 protected:
  MarketTest() : pool_(*postgres::Pool::Create({.dsn = testing::PrivatePostgres::Shared().CreateDatabase()})) {
    EXPECT_TRUE(postgres::Migrate(*pool_, "forecasting", Migrations()).ok());
  }
  void Apply(const std::vector<std::string>& records) {
    std::vector<log::LogRecord> batch;
    for (const std::string& bytes : records) batch.push_back({next_++, absl::UnixEpoch(), bytes});
    effects_ = log::Effects();
    const absl::Status status = pool_->Run([&](postgres::Transaction& transaction) {
      return writer_.Apply(transaction, {"market", 0, batch}, effects_);
    });
    ASSERT_TRUE(status.ok()) << status;
  }
  std::vector<Factor> Factors(const Selection& selection = {}, int until = 9, int horizon = 4) {
    Past past;
    past.first_step = StepOf(Day(0), v1::GRAIN_DAY);
    past.sold.resize(static_cast<size_t>(until + 1));
    const auto market = store_.Read(shop_, {}, Day(until));
    EXPECT_TRUE(market.ok()) << market.status();
    return market->FactorsOf(selection, past, horizon);
  }

  const std::unique_ptr<postgres::Pool> pool_;
  MarketStore store_{*pool_};
  DemandWriter writer_;
  log::Effects effects_;
  fleet::Shop shop_{"default", absl::UTCTimeZone()};
  int64_t next_ = 0;
};

TEST_F(MarketTest, TheHighestRevisionCountsAndCompetitorsDoNot) {
  ev::PromotionUpserted moved = PromotionOf("p", 2, 3, {"a"}), later = PromotionOf("p", 5, 6, {"a"}, 0.5);
  moved.set_revision(1);
  later.set_revision(2);
  ev::PromotionUpserted other = PromotionOf("q", 0, 9, {});
  other.set_competitor_id("them");
  std::vector<std::string> records = {RecordBytes(later, DayTime(0)), RecordBytes(moved, DayTime(1)),
                                      RecordBytes(other, DayTime(0)),
                                      RecordBytes(OrderOf("o", {{"a", 3}, {"b", 1}}), DayTime(1))};
  std::sort(records.begin(), records.end());
  do {
    ASSERT_TRUE(pool_->Exec("TRUNCATE forecasting.promotions, forecasting.orders, forecasting.sales", {}).ok());
    Apply(records);
    const std::vector<Factor> factors = Factors();
    ASSERT_THAT(factors, SizeIs(1));
    EXPECT_THAT(factors[0].values, ElementsAre(0, 0, 0, 0, 0, 0.375, 0.375, 0, 0, 0, 0, 0, 0, 0));  // 3 of 4 units × .5
    EXPECT_DOUBLE_EQ(Factors({.products = {"a"}})[0].values[5], 0.5);
    EXPECT_DOUBLE_EQ(Factors({.products = {"b"}})[0].values[5], 0);
  } while (std::next_permutation(records.begin(), records.end()));
  ev::PromotionUpserted conflict = later;
  conflict.set_discount_share(0.1);
  Apply({RecordBytes(conflict, DayTime(3))});
  ASSERT_THAT(effects_.dead_letters, SizeIs(1));
}

TEST_F(MarketTest, AnObservationBeatsAForecastAndTheLaterForecastTheEarlier) {
  std::vector<std::string> records;
  for (int day = 0; day < 10; ++day) records.push_back(RecordBytes(WeatherOf("x", day, day), DayTime(day)));
  records.push_back(RecordBytes(WeatherOf("x", 4, 30, true), DayTime(8)));
  records.push_back(RecordBytes(WeatherOf("x", 10, 22, true), DayTime(9)));
  records.push_back(RecordBytes(WeatherOf("x", 10, 21, true), DayTime(7)));
  records.push_back(RecordBytes(WeatherOf("x", 11, 40), DayTime(11)));  // not known at the end of the data
  Apply(records);
  const std::vector<Factor> factors = Factors();
  ASSERT_THAT(factors, SizeIs(2));
  EXPECT_EQ(factors[0].name, "temperature");
  EXPECT_DOUBLE_EQ(factors[0].values[4], 4);
  EXPECT_DOUBLE_EQ(factors[0].values[10], 22);
  EXPECT_NEAR(factors[0].values[12], 4.5 + 0.5, 1.5);  // the mean of the days around
}

TEST_F(MarketTest, EventsCountByTitleAndCountry) {
  Apply({RecordBytes(EventOf("1", "fair", 2, "DE"), DayTime(0)), RecordBytes(EventOf("2", "fair", 6, "DE"), DayTime(0)),
         RecordBytes(EventOf("3", "fair", 11, "DE"), DayTime(0)), RecordBytes(EventOf("4", "once", 3), DayTime(0)),
         RecordBytes(EventOf("5", "fête", 1, "FR"), DayTime(0)),
         RecordBytes(EventOf("6", "fête", 5, "FR"), DayTime(0))});
  EXPECT_THAT(Factors(), SizeIs(2));
  const std::vector<Factor> german = Factors({.country = "DE"});
  ASSERT_THAT(german, SizeIs(1));
  EXPECT_THAT(german[0].values, ElementsAre(0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0));
}

TEST_F(MarketTest, PublicHolidaysOfAFirstYearCountTogether) {
  const auto holiday = [](const std::string& id, const std::string& title, int day) {
    ev::CalendarEventUpserted event = EventOf(id, title, day);
    event.set_public_holiday(true);
    return RecordBytes(event, DayTime(0));
  };
  Apply({holiday("1", "Good Friday", 1), holiday("2", "Labour Day", 5), holiday("3", "Boxing Day", 11),
         RecordBytes(EventOf("4", "fair", 3), DayTime(0)), holiday("5", "public holidays", 6),
         holiday("6", "public holidays", 8)});
  const std::vector<Factor> factors = Factors();
  ASSERT_THAT(factors, SizeIs(2));
  EXPECT_EQ(factors[0].name, "event: public holidays");
  EXPECT_EQ(factors[1].name, "public holidays");
  EXPECT_THAT(factors[1].values, ElementsAre(0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0));
}

// Closed on holidays that each come once in the data; the next is another one.
TEST_F(ForecastingServiceTest, AShopThatClosesOnHolidaysIsExpectedToCloseOnTheNext) {
  Process process(dsn_, folder_);
  base::Random random(9);
  std::vector<std::string> orders, events;
  for (int day = 0; day < kPromotedDays + 28; ++day) {
    const bool holiday = day % 24 == 10;
    if (holiday) {
      ev::CalendarEventUpserted event = EventOf(absl::StrCat("e", day), absl::StrCat("holiday ", day), day);
      event.set_public_holiday(true);
      events.push_back(RecordBytes(event, DayTime(0)));
    }
    if (holiday || day >= kPromotedDays) continue;
    orders.push_back(
        RecordBytes(OrderOf(absl::StrCat("o", day), {{"tea", 50 + std::llround(4 * random.Normal())}}), DayTime(day)));
  }
  process.Send("orders", orders);
  process.Send("market", events);
  v1::ForecastRequest request = Ask("tea", 28);
  process.AddAfter(*request.mutable_read_after());
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse response, process.Ask(&Service::Forecast, request));
  ASSERT_EQ(response.factors_size(), 1);
  EXPECT_EQ(response.factors(0).title(), "public holidays");
  EXPECT_LT(response.factors(0).effect_percent(), -80);
  const absl::CivilDay first(response.points(0).start_date().year(), response.points(0).start_date().month(),
                             response.points(0).start_date().day());
  int closed = 0;
  for (int i = 0; i < response.points_size(); ++i) {
    const bool holiday = (first + i - Day(0)) % 24 == 10 && first + i < Day(kPromotedDays + 28);
    closed += holiday ? 1 : 0;
    EXPECT_NEAR(response.points(i).mean().units(), holiday ? 3 : 50, 6) << i;
  }
  EXPECT_EQ(closed, 1);
}

TEST_F(MarketTest, DaysOfPromotionsAndEventsAreExplainedUnlessPromotionsAreTheRule) {
  Apply({RecordBytes(PromotionOf("p", 2, 3, {"a"}), DayTime(0)), RecordBytes(EventOf("1", "fair", 6), DayTime(0))});
  const auto explained = [&](const Selection& selection, int until) {
    const auto market = store_.ReadDays(shop_, Day(until));
    EXPECT_TRUE(market.ok()) << market.status();
    return market->ExplainedDays(selection, Day(until));
  };
  EXPECT_THAT(explained({.products = {"a"}}, 9), ElementsAre(Day(2), Day(3), Day(6)));
  EXPECT_THAT(explained({.products = {"b"}}, 9), ElementsAre(Day(6)));
  ev::PromotionUpserted always = PromotionOf("q", 0, 0, {});
  always.clear_ends_at();
  Apply({RecordBytes(always, DayTime(0))});
  EXPECT_THAT(explained({}, 1), ElementsAre(Day(0), Day(1)));
  EXPECT_THAT(explained({}, 300), ElementsAre(Day(6)));
}

TEST_F(MarketTest, BrokenRecordsAreDeadLetters) {
  ev::PromotionUpserted wrong = PromotionOf("p", 5, 2, {"a"});
  ev::WeatherObserved nowhere = WeatherOf("x", 1, 4);
  nowhere.clear_day();
  Apply({RecordBytes(wrong, DayTime(0)), RecordBytes(nowhere, DayTime(0))});
  EXPECT_THAT(effects_.dead_letters, SizeIs(2));
  EXPECT_THAT(Factors(), IsEmpty());
}

TEST_F(ForecastingServiceTest, AFuturePromotionOnTheLogMovesTheForecast) {
  Process process(dsn_, folder_);
  SendPromotedShop(process);
  v1::ForecastRequest request = Ask("tea", 14);
  process.AddAfter(*request.mutable_read_after());
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse before, process.Ask(&Service::Forecast, request));
  ASSERT_EQ(before.factors_size(), 1);
  EXPECT_EQ(before.factors(0).kind(), v1::ForecastFactor::KIND_PROMOTION);
  EXPECT_NEAR(before.factors(0).effect_percent(), 80, 12);
  EXPECT_LT(before.factors_wape(), 0.8 * before.factorless_wape());
  for (const v1::ForecastPoint& point : before.points()) EXPECT_NEAR(point.mean().units(), 50, 5);

  v1::ForecastRequest planned = request;
  v1::PlannedPromotion& promotion = *planned.mutable_scenario()->add_promotions();
  *promotion.mutable_start_date() = DateFrom(Day(kPromotedDays + 2));
  *promotion.mutable_end_date() = DateFrom(Day(kPromotedDays + 3));
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse thought, process.Ask(&Service::Forecast, planned));
  ASSERT_EQ(thought.components_size(), 2);
  EXPECT_EQ(thought.components(1).title(), "promotions");

  process.Send("market", {RecordBytes(PromotionOf("next", kPromotedDays + 2, kPromotedDays + 3, {"tea"}),
                                      DayTime(kPromotedDays))});
  request.clear_read_after();
  process.AddAfter(*request.mutable_read_after());
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse after, process.Ask(&Service::Forecast, request));
  const absl::CivilDay first(after.points(0).start_date().year(), after.points(0).start_date().month(),
                             after.points(0).start_date().day());
  for (int i = 0; i < after.points_size(); ++i) {
    const absl::CivilDay day = first + i;
    const bool promoted = day == Day(kPromotedDays + 2) || day == Day(kPromotedDays + 3);
    EXPECT_NEAR(after.points(i).mean().units(), before.points(i).mean().units() * (promoted ? 1.8 : 1),
                promoted ? 8 : 0.01);
    EXPECT_NEAR(after.points(i).mean().units(), thought.points(i).mean().units(), 0.01);
  }

  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastRun run, process.MakeRun());
  ASSERT_EQ(run.state(), v1::ForecastRun::STATE_DONE) << run.error();
  v1::ForecastRequest category = Ask("", 14);
  category.mutable_series()->add_category_path("DRINKS");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse drinks, process.Ask(&Service::Forecast, category));
  EXPECT_EQ(drinks.run(), run.name());
  ASSERT_EQ(drinks.factors_size(), 1);
  EXPECT_NEAR(drinks.factors(0).effect_percent(), 80 * 50 / 90, 10);  // the log effect of 5/9 of the sales
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse stored, process.Ask(&Service::Forecast, Ask("tea", 14)));
  EXPECT_EQ(stored.factors_size(), 1);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse coffee, process.Ask(&Service::Forecast, Ask("coffee", 14)));
  EXPECT_EQ(coffee.factors_size(), 0);

  process.Send("market", {RecordBytes(PromotionOf("more", kPromotedDays + 6, kPromotedDays + 9, {"tea"}),
                                      DayTime(kPromotedDays))});
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastRun later, process.MakeRun());
  ASSERT_EQ(later.state(), v1::ForecastRun::STATE_DONE) << later.error();
  v1::ExplainForecastChangeRequest explain;
  explain.set_parent("shops/default");
  explain.mutable_series()->add_product_ids("tea");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ExplainForecastChangeResponse change,
                              process.Ask(&Service::ExplainForecastChange, explain));
  double sum = 0, market = 0;
  for (const v1::ChangePart& part : change.parts()) {
    sum += part.units();
    if (part.kind() == v1::ChangePart::KIND_MARKET) market = part.units();
  }
  EXPECT_NEAR(sum, change.units() - change.earlier_units(), 1e-6);
  EXPECT_NEAR(market, 4 * 0.8 * 50, 25);
}

TEST_F(ForecastingServiceTest, WeatherWithoutAForecastIsTheUsualOneAndSaidSo) {
  Process process(dsn_, folder_);
  base::Random random(7);
  std::vector<std::string> orders, weather;
  for (int day = 0; day < kPromotedDays; ++day) {
    const double degrees = 15 + 6 * random.Normal();
    weather.push_back(RecordBytes(WeatherOf("town", day, degrees), DayTime(day)));
    const double ice = 60 * std::exp(0.04 * (degrees - 15)) + 2 * random.Normal();
    orders.push_back(
        RecordBytes(OrderOf(absl::StrCat("o", day), {{"ice", std::max<int64_t>(1, std::llround(ice))}}), DayTime(day)));
  }
  process.Send("orders", orders);
  weather.push_back(RecordBytes(WeatherOf("town", kPromotedDays, 33, true), DayTime(kPromotedDays - 1)));
  process.Send("market", weather);
  v1::ForecastRequest request = Ask("ice", 7);
  process.AddAfter(*request.mutable_read_after());
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse response, process.Ask(&Service::Forecast, request));
  ASSERT_EQ(response.factors_size(), 1);
  EXPECT_EQ(response.factors(0).title(), "temperature");
  EXPECT_NEAR(response.factors(0).effect_percent(), 100 * std::expm1(0.04 * response.factors(0).change()), 4);
  ASSERT_EQ(response.notes_size(), 1);
  EXPECT_THAT(response.notes(0), HasSubstr("usual"));
  EXPECT_GT(response.points(0).mean().units(), 1.6 * response.points(3).mean().units());
}

TEST_F(ForecastingServiceTest, PlannedPromotionsAreChecked) {
  Process process(dsn_, folder_);
  SendShop(process);
  v1::ForecastRequest request = Ask("bread", 7);
  process.AddAfter(*request.mutable_read_after());
  v1::PlannedPromotion& promotion = *request.mutable_scenario()->add_promotions();
  promotion.set_discount_share(2);
  EXPECT_THAT(process.Ask(&Service::Forecast, request), StatusIs(absl::StatusCode::kInvalidArgument));
  promotion.set_discount_share(0.2);
  *promotion.mutable_start_date() = *promotion.mutable_end_date() = DateFrom(Day(kDays + 2));
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ForecastResponse response, process.Ask(&Service::Forecast, request));
  ASSERT_EQ(response.notes_size(), 1);
  EXPECT_THAT(response.notes(0), HasSubstr("no promotions on the log"));
}

}  // namespace
}  // namespace kontor::forecasting
