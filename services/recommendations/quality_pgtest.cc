#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kontor/events/v1/alerts.pb.h"
#include "kontor/recommendations/v1/quality_service.grpc.pb.h"
#include "libs/platform/log/consumer.h"
#include "libs/testing/eventually.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/status_matchers.h"
#include "services/recommendations/attribution_token.h"
#include "services/recommendations/outcome_writer.h"
#include "services/recommendations/quality_keeper.h"
#include "services/recommendations/test_process.h"

// From events to figures and alerts.
namespace kontor::recommendations {
namespace {

using kontor::events::v1::QualityAlert;
using kontor::testing::Eventually;
using ::testing::ElementsAre;

class QualityTest : public ::testing::Test {
 protected:
  // `answers` of one place each, spread over a day that ends `days` ago, of which one in `nth` is clicked.
  void Answers(int days, int answers, int nth) {
    postgres::Params params;
    params.Int64(answers).Time(clock_.Now() - (days + 1) * absl::Hours(24)).Int64(nth).Int64(next_id_);
    next_id_ += answers;
    KONTOR_ASSERT_OK(pool_->Exec(
        "INSERT INTO recommendations.outcomes SELECT 'default', $4::int8 + i, 1, 1, 3, 0, 0, 1, 0, at, at, '', 1, "
        "(i % $3::int8 = 0)::int, 0, 0 FROM generate_series(0, $1::int8 - 1) AS i, "
        "LATERAL (SELECT $2::timestamptz + i * (interval '1 day' / $1::int8) AS at) AS t",
        params));
    KONTOR_ASSERT_OK(
        pool_->Exec("INSERT INTO recommendations.outcome_places SELECT shop, answer_id, 1, 'p' || answer_id % 7, 5, "
                    "clicks > 0, false, false FROM recommendations.outcomes ON CONFLICT DO NOTHING",
                    postgres::Params()));
  }
  int64_t Count(const std::string& sql) {
    const auto rows = pool_->Exec(sql, postgres::Params());
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? rows->Int64(0, 0) : -1;
  }

  kontor::testing::FakeClock clock_;
  const std::unique_ptr<postgres::Pool> pool_ = TestPool(kontor::testing::PrivatePostgres::Shared().CreateDatabase());
  int64_t next_id_ = 1;
};

TEST_F(QualityTest, AnAlertIsRaisedOnceByWhoeverHasTheTurn) {
  // The outbox of a consumer's schema, which comes with the consumer.
  const auto log = log::OpenPostgresEventLog(*pool_, clock_);
  KONTOR_ASSERT_OK((*log)->CreateTopics(fleet::AllTopics(1)));
  OutcomeWriter writer;
  log::ConsumerOptions options;
  options.group = "recommendations-quality";
  options.schema = "recommendations";
  options.topics = {fleet::kBehavior, fleet::kOrders};
  log::Consumer consumer(**log, *pool_, writer, options);
  KONTOR_ASSERT_OK(consumer.Start());

  clock_.Set(absl::FromUnixSeconds(1'700'000'000));
  for (int day = 1; day <= 7; ++day) Answers(day, 2'000, 10);
  Answers(0, 2'000, 20);
  runtime::Metrics metrics;
  const std::vector<fleet::Shop> shops = {{kTestShop, absl::UTCTimeZone()}};
  QualityKeeper one({*pool_, clock_, metrics, shops}), other({*pool_, clock_, metrics, shops});
  EXPECT_EQ(*one.Look(kTestShop), 1);
  EXPECT_EQ(*other.Look(kTestShop), 0);  // it is not its turn
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(*other.Look(kTestShop), 0);  // it was raised
  EXPECT_EQ(Count("SELECT count(*) FROM recommendations.outbox WHERE topic = 'decisions'"), 1);
  const auto raised = RaisedAlerts(*pool_, kTestShop, clock_.Now() - absl::Hours(1));
  KONTOR_ASSERT_OK(raised);
  ASSERT_EQ(raised->size(), 1u);
  EXPECT_EQ((*raised)[0].kind(), QualityAlert::KIND_CLICKS);
  EXPECT_NEAR((*raised)[0].observed(), 0.05, 1e-9);
  EXPECT_NEAR((*raised)[0].reference(), 0.1, 1e-9);
}

TEST_F(QualityTest, CountsByEveryGrouping) {
  clock_.Set(absl::FromUnixSeconds(1'700'000'000));
  Answers(0, 100, 10);
  Answers(1, 50, 10);
  const QualityStore store(*pool_);
  for (const auto& [grouping, key] : std::map<v1::QualityGrouping, int64_t>{{v1::QUALITY_GROUPING_UNSPECIFIED, 0},
                                                                            {v1::QUALITY_GROUPING_PLACEMENT, 1},
                                                                            {v1::QUALITY_GROUPING_SOURCE, 5},
                                                                            {v1::QUALITY_GROUPING_MODEL, 3},
                                                                            {v1::QUALITY_GROUPING_STRATEGY, 0},
                                                                            {v1::QUALITY_GROUPING_TIER, 1}}) {
    const OutcomeQuery query{kTestShop, clock_.Now() - absl::Hours(24), clock_.Now(), 0, 0, grouping};
    KONTOR_ASSERT_OK_AND_ASSIGN(const CountsByKey counts, store.Count(query));
    ASSERT_EQ(counts.size(), 1u);
    const OutcomeCounts& one = counts.at(key);
    EXPECT_EQ(one.answers, 100);
    EXPECT_EQ(one.places, 100);
    EXPECT_EQ(one.clicks, 10);
    EXPECT_EQ(one.answers_clicked, 10);
    EXPECT_EQ(one.tiers, (std::map<int, int64_t>{{1, 100}}));
    int64_t shown = 0, lists = 0;
    KONTOR_ASSERT_OK(store.Exposures(query, [&](int64_t of, const std::string&, int64_t times) {
      EXPECT_EQ(of, key);
      shown += times;
    }));
    KONTOR_ASSERT_OK(store.Lists(query, [&](int64_t of, const std::vector<std::string>& products) {
      EXPECT_EQ(of, key);
      EXPECT_EQ(products.size(), 1u);
      ++lists;
    }));
    EXPECT_EQ(shown, 100);
    EXPECT_EQ(lists, 100);
  }
  const OutcomeQuery week{kTestShop, clock_.Now() - absl::Hours(48), clock_.Now()};
  EXPECT_THAT(*store.ProductsPerDay(week, 60), ElementsAre(std::pair(1, 7.0)));
  OutcomeQuery other = week;
  other.model = 4;
  EXPECT_TRUE(store.Count(other)->empty());
  other.model = 0;
  other.placement = 2;
  EXPECT_TRUE(store.Count(other)->empty());
}

TEST_F(ServiceTest, AnAnswerThatWasSeenAndClickedIsInTheFigures) {
  Process process(dsn_, folder_);
  KONTOR_ASSERT_OK(process.Recommend(For("1"), process.Send("orders", Past(40))));
  KONTOR_ASSERT_OK(process.Train());
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::RecommendResponse answer, process.Recommend(For("0")));
  const std::vector<std::string> products = ProductsOf(answer);
  ASSERT_GT(products.size(), 1u);
  TestRecord about{.customer = "0", .occurred_at = absl::Now() - absl::Seconds(5)};
  about.attribution_token = answer.attribution_token();
  process.Send("behavior", {RecordBytes(Clicked(products[0]), about), RecordBytes(Shown(products), about)});

  v1::GetQualityRequest request;
  request.set_parent("shops/default");
  request.set_group_by(v1::QUALITY_GROUPING_PLACEMENT);
  v1::GetQualityResponse figures;
  EXPECT_TRUE(Eventually([&] {
    const auto response = process.GetQuality(request);
    if (response.ok()) figures = *response;
    return figures.rows_size() == 1 && figures.rows(0).click_through().hits() == 1;
  }));
  ASSERT_EQ(figures.rows_size(), 1);
  const v1::QualityRow& row = figures.rows(0);
  EXPECT_EQ(row.key(), "PLACEMENT_FOR_YOU");
  EXPECT_EQ(row.answers(), 1);
  EXPECT_EQ(row.places(), static_cast<int64_t>(products.size()));
  EXPECT_EQ(row.answer_click_rate().value(), 1);
  EXPECT_LT(row.answer_click_rate().low(), 1);
  EXPECT_GT(row.novelty(), 0);
  EXPECT_FALSE(row.has_calibration());
  EXPECT_FALSE(row.has_source_drift());

  request.mutable_start_time()->set_seconds(1);
  request.set_placement(static_cast<v1::Placement>(77));
  EXPECT_EQ(base::ErrorViolations(process.GetQuality(request).status()).size(), 2u);
}

}  // namespace
}  // namespace kontor::recommendations
