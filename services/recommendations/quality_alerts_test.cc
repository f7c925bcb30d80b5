#include "services/recommendations/quality_alerts.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kontor::recommendations {
namespace {

using kontor::events::v1::QualityAlert;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class QualityAlertsTest : public ::testing::Test {
 protected:
  QualityAlertsTest() {
    compared_.shop = "default";
    compared_.placement = v1::PLACEMENT_FOR_YOU;
    compared_.model = 4;
    compared_.since = absl::FromUnixSeconds(1'700'000'000);  // 14 Nov 2023
    compared_.now = Counts(1'000);
    compared_.before = Counts(7'000);
    compared_.products_now = compared_.products_before = 100;
  }
  // Of so many answers with ten places, a tenth of the places clicked and a tenth of the answers bought from.
  static OutcomeCounts Counts(int64_t answers) {
    OutcomeCounts counts;
    counts.answers = answers;
    counts.places = 10 * answers;
    counts.clicks = answers;
    counts.answers_clicked = answers / 2;
    counts.answers_bought = answers / 10;
    counts.leads = {{1, 5 * answers}, {5, 5 * answers}};
    counts.tiers = {{1, answers}};
    counts.calibration.Add(5, answers, 0.5 * static_cast<double>(answers), counts.answers_clicked);
    return counts;
  }
  std::vector<QualityAlert::Kind> Kinds() const {
    std::vector<QualityAlert::Kind> kinds;
    for (const QualityAlert& alert : FindAlerts(compared_)) kinds.push_back(alert.kind());
    return kinds;
  }

  QualityComparison compared_;
};

TEST_F(QualityAlertsTest, AllIsWell) { EXPECT_THAT(FindAlerts(compared_), IsEmpty()); }

TEST_F(QualityAlertsTest, ClicksAndConversionFallByMoreThanAFifth) {
  compared_.now.clicks = 810;
  EXPECT_THAT(Kinds(), IsEmpty());
  compared_.now.clicks = 790;
  const std::vector<QualityAlert> alerts = FindAlerts(compared_);
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(alerts[0].alert_id(), "quality/clicks/PLACEMENT_FOR_YOU/4/2023-11-14");
  EXPECT_EQ(alerts[0].model(), "shops/default/models/4");
  EXPECT_DOUBLE_EQ(alerts[0].observed(), 0.079);
  EXPECT_DOUBLE_EQ(alerts[0].reference(), 0.1);
  EXPECT_EQ(alerts[0].sentence(),
            "PLACEMENT_FOR_YOU, model 4: 7.90% of the places are clicked, 10.00% in the week before");
  compared_.now.clicks = 1'000;
  compared_.now.answers_bought = 75;  // z = -2.5: chance
  EXPECT_THAT(Kinds(), IsEmpty());
  compared_.now.answers_bought = 60;  // z = -4.0
  EXPECT_THAT(Kinds(), ElementsAre(QualityAlert::KIND_CONVERSION));
}

TEST_F(QualityAlertsTest, FewPlacesProveNothing) {
  compared_.now = Counts(99);
  compared_.now.clicks = 0;
  EXPECT_THAT(Kinds(), IsEmpty());
  compared_.now = Counts(1'000);
  compared_.now.clicks = 0;
  compared_.before = Counts(99);
  EXPECT_THAT(Kinds(), IsEmpty());
}

TEST_F(QualityAlertsTest, MixesAndCoverage) {
  compared_.now.leads = {{1, 8'000}, {5, 2'000}};  // .3 ln(.8 / .5) - .3 ln(.2 / .5) = .416
  EXPECT_THAT(Kinds(), ElementsAre(QualityAlert::KIND_MIX));
  EXPECT_NEAR(FindAlerts(compared_)[0].observed(), 0.4159, 1e-3);
  compared_.now.leads = {{1, 7'000}, {5, 3'000}};  // .169
  EXPECT_THAT(Kinds(), IsEmpty());
  compared_.now.tiers = {{3, 1'000}};
  EXPECT_THAT(Kinds(), ElementsAre(QualityAlert::KIND_MIX));
  compared_.now.tiers = {{1, 1'000}};
  compared_.products_now = 49;
  EXPECT_THAT(Kinds(), ElementsAre(QualityAlert::KIND_COVERAGE));
  compared_.before = Counts(15'000);  // 21,429 places a day: fewer places show fewer products
  EXPECT_THAT(Kinds(), IsEmpty());
}

TEST_F(QualityAlertsTest, CalibrationNeedsNoTimeBefore) {
  compared_.before = OutcomeCounts();
  compared_.now.calibration = stats::Calibration();
  compared_.now.calibration.Add(0, 1'000, 50, 62);  // z = 1.7
  EXPECT_THAT(Kinds(), IsEmpty());
  compared_.now.calibration = stats::Calibration();
  compared_.now.calibration.Add(0, 1'000, 50, 80);  // z = 4.4
  EXPECT_THAT(Kinds(), ElementsAre(QualityAlert::KIND_CALIBRATION));
}

}  // namespace
}  // namespace kontor::recommendations
