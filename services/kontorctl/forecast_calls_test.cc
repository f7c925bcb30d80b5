#include "services/kontorctl/forecast_calls.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"
#include "services/kontorctl/forecast_display.h"

namespace kontor::ctl {
namespace {

using kontor::testing::StatusIs;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
namespace v1 = kontor::forecasting::v1;
using Request = v1::ForecastHierarchyRequest;

absl::StatusOr<Request> Read(const std::vector<std::string>& words) {
  const auto arguments =
      Arguments::Parse(words, {"dimensions", "depth", "method", "horizon", "grain", "country", "category"},
                       {"crossed", "temporal", "compare", "revenue"});
  if (!arguments.ok()) return arguments.status();
  return ReadHierarchy("shops/default", *arguments);
}

TEST(ReadHierarchy, ReadsDimensionsAndMethods) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const Request request,
                              Read({"hierarchy", "--dimensions", "country,category", "--depth", "2", "--crossed",
                                    "--method", "top_down", "--grain", "week", "--horizon", "8", "--category", "A/B"}));
  EXPECT_EQ(request.parent(), "shops/default");
  EXPECT_THAT(request.dimensions(), ElementsAre(Request::DIMENSION_COUNTRY, Request::DIMENSION_CATEGORY));
  EXPECT_TRUE(request.crossed());
  EXPECT_FALSE(request.temporal());
  EXPECT_EQ(request.category_depth(), 2);
  EXPECT_EQ(request.method(), Request::METHOD_TOP_DOWN);
  EXPECT_EQ(request.grain(), v1::GRAIN_WEEK);
  EXPECT_EQ(request.horizon(), 8);
  EXPECT_THAT(request.series().category_path(), ElementsAre("A", "B"));
  EXPECT_THAT(Read({"--dimensions", "planet"}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Read({"--method", "magic"}).status().message(), HasSubstr("mint_shrink"));
}

TEST(ShowHierarchy, NamesNodesAndSumsTheirSteps) {
  v1::ForecastHierarchyResponse response;
  response.set_method(Request::METHOD_WLS);
  for (const char* country : {"", "DE"}) {
    v1::HierarchyForecast& node = *response.add_nodes();
    if (*country != 0) {
      node.add_keys()->set_value(country);
      node.mutable_keys(0)->set_dimension(Request::DIMENSION_COUNTRY);
    }
    for (const double units : {3.0, 4.5}) node.add_points()->mutable_mean()->set_units(units);
  }
  v1::HierarchyMethodError& error = *response.add_errors();
  error.set_method(Request::METHOD_OLS);
  error.set_wape(0.125);
  std::string text = Show(response);
  EXPECT_THAT(text, Not(HasSubstr("moved by")));
  v1::ForecastFactor& factor = *response.mutable_nodes(1)->add_factors();
  factor.set_title("promotions");
  factor.set_effect_percent(80);
  text = Show(response);
  EXPECT_THAT(text, ContainsRegex("DE +7.5 +promotions: \\+80.0%"));
  EXPECT_THAT(text, HasSubstr("all"));
  EXPECT_THAT(text, HasSubstr("DE"));
  EXPECT_THAT(text, HasSubstr("7.5"));
  EXPECT_THAT(text, HasSubstr("wls"));
  EXPECT_THAT(text, HasSubstr("12.5%"));
}

TEST(ShowForecast, TellsTheFactors) {
  v1::ForecastResponse response;
  v1::ForecastFactor& factor = *response.add_factors();
  factor.set_title("promotions");
  factor.set_effect_percent(80);
  response.set_factors_wape(0.1);
  response.set_factorless_wape(0.2);
  const std::string text = Show(response);
  EXPECT_THAT(text, HasSubstr("promotions: +80.0%"));
  EXPECT_THAT(text, HasSubstr("10.0%"));
}

}  // namespace
}  // namespace kontor::ctl
