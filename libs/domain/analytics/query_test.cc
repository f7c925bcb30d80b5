#include "libs/domain/analytics/query.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "libs/domain/analytics/test_facts.h"
#include "libs/testing/status_matchers.h"

namespace kontor::analytics {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;

auto ViolationOf(const char* field, const char* reason) {
  return AllOf(Field(&base::Violation::field, field), Field(&base::Violation::reason, reason));
}

TEST(Validate, SaysEverythingAtOnce) {
  Query query = Ask({"revenue", "turnover", "revenue"}, {"colour", "country", "country"});
  query.filters = {{"size", {"L"}}, {"store", {}}};
  query.from = query.to = At(3, 1);
  query.order_by = {"profit"};
  EXPECT_THAT(
      base::ErrorViolations(Validate(query)),
      ElementsAre(ViolationOf("metrics[1]", "UNKNOWN_METRIC"), ViolationOf("metrics[2]", "NAMED_TWICE"),
                  ViolationOf("dimensions[0]", "UNKNOWN_DIMENSION"), ViolationOf("dimensions[2]", "NAMED_TWICE"),
                  ViolationOf("filters[0].dimension", "UNKNOWN_DIMENSION"),
                  ViolationOf("filters[1].values", "REQUIRED"), ViolationOf("end_time", "EMPTY_RANGE"),
                  ViolationOf("order_by", "NOT_IN_QUERY")));
}

TEST(Validate, ListsTheNamesThatExist) {
  const auto violations = base::ErrorViolations(Validate(Ask({"turnover"}, {"colour"})));
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_THAT(violations[0].description, AllOf(HasSubstr("net_revenue"), HasSubstr("conversion")));
  EXPECT_THAT(violations[1].description, AllOf(HasSubstr("department"), HasSubstr("customer_kind")));
}

TEST(Validate, SessionsHaveNoProduct) {
  Query query = Ask({"sessions"}, {"product"});
  query.filters = {{"store", {"1"}}};
  const auto violations = base::ErrorViolations(Validate(query));
  EXPECT_THAT(violations, ElementsAre(ViolationOf("dimensions[0]", "DIMENSION_DOES_NOT_APPLY"),
                                      ViolationOf("filters[0].dimension", "DIMENSION_DOES_NOT_APPLY")));
  EXPECT_THAT(violations[0].description, HasSubstr("country, channel, customer_kind, customer, device, source"));
}

TEST(Validate, NeedsAMetric) {
  EXPECT_THAT(base::ErrorViolations(Validate(Query())), ElementsAre(ViolationOf("metrics", "REQUIRED")));
}

TEST(Validate, AcceptsEveryMetricByEachOfItsDimensions) {
  for (const MetricInfo& metric : Metrics()) {
    for (const DimensionInfo& info : Dimensions()) {
      const Query query = Ask({std::string(metric.name)}, {std::string(info.name)});
      EXPECT_EQ(Validate(query).ok(), metric.Allows(info.dimension)) << metric.name << " by " << info.name;
    }
  }
}

TEST(Metrics, AreFoundByName) {
  for (const MetricInfo& metric : Metrics()) {
    EXPECT_EQ(FindMetric(metric.name), &metric);
    EXPECT_FALSE(metric.description.empty());
    EXPECT_EQ(metric.description.back(), '.');
  }
  EXPECT_EQ(FindMetric("turnover"), nullptr);
  int place = 0;
  for (const DimensionInfo& info : Dimensions()) {
    EXPECT_EQ(static_cast<int>(info.dimension), place++);
    EXPECT_EQ(DimensionName(info.dimension), info.name);
    EXPECT_EQ(FindDimension(info.name), &info);
  }
  EXPECT_EQ(place, kDimensionCount);
}

}  // namespace
}  // namespace kontor::analytics
