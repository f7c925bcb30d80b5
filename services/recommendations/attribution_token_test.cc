#include "services/recommendations/attribution_token.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"

namespace kontor::recommendations {
namespace {

TEST(AttributionTokenTest, IsReadBack) {
  const AttributionToken token{3,    1,    2,     absl::FromUnixMicros(1323435000000001), 0xf1e2d3c4b5a697, 2, 0xbeef,
                               0.25, 0.03, "15c0"};
  const std::string text = FormatAttributionToken(token);
  EXPECT_EQ(text, "r2.3.1.2.1323435000000001.00f1e2d3c4b5a697.2.beef.2500.300.15c0");
  KONTOR_ASSERT_OK_AND_ASSIGN(const AttributionToken read, ParseAttributionToken(text));
  EXPECT_EQ(FormatAttributionToken(read), text);
  EXPECT_EQ(read.answered_at, token.answered_at);
  EXPECT_EQ(read.answer_id, token.answer_id);
  EXPECT_EQ(read.strategy, 2);
  EXPECT_EQ(read.context, 0xbeefu);
  EXPECT_EQ(read.propensity, 0.25);
  EXPECT_EQ(read.expected, 0.03);
  EXPECT_EQ(LeadOf(read.leads[2]), 12);
}

TEST(AttributionTokenTest, OnesFromBeforeStrategiesAreReadToo) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const AttributionToken read,
                              ParseAttributionToken("r1.3.1.2.1323435000000001.00f1e2d3c4b5a697"));
  EXPECT_EQ(read.model_version, 3);
  EXPECT_EQ(read.answer_id, 0xf1e2d3c4b5a697u);
  EXPECT_EQ(read.strategy, 0);
  EXPECT_EQ(read.propensity, 1);
  EXPECT_EQ(read.expected, 0);
  EXPECT_EQ(read.leads, "");
}

TEST(AttributionTokenTest, TheLongestFitsAndProbabilitiesStayWithinTheirBounds) {
  AttributionToken token;
  token.model_version = std::numeric_limits<int64_t>::max();
  token.answered_at = absl::FromUnixSeconds(253'402'300'799);  // the last of the year 9999
  token.answer_id = ~uint64_t{0};
  token.strategy = std::numeric_limits<int>::max();
  token.context = ~uint32_t{0};
  token.propensity = 7;
  token.expected = std::nan("");
  token.leads = std::string(kMostLeads, LeadCharacter(35));
  const std::string text = FormatAttributionToken(token);
  EXPECT_LE(text.size(), 250u);
  KONTOR_ASSERT_OK_AND_ASSIGN(const AttributionToken read, ParseAttributionToken(text));
  EXPECT_EQ(read.propensity, 1);
  EXPECT_EQ(read.expected, 0);
  EXPECT_EQ(LeadOf(read.leads.back()), 35);
  EXPECT_EQ(LeadCharacter(36), '0');
  token.leads += "1";
  EXPECT_FALSE(ParseAttributionToken(FormatAttributionToken(token)).ok());
}

TEST(AttributionTokenTest, RefusesAnythingElse) {
  for (const char* text : {"", "r1", "r2.3.1.2.1323435000000001.00f1e2d3c4b5a697", "r1.3.1.2.1323435000000001.f1",
                           "r1.03.1.2.1323435000000001.00f1e2d3c4b5a697", "r1.3.1.2.x.00f1e2d3c4b5a697",
                           "r1.3.1.2.1323435000000001.00f1e2d3c4b5a697.2.beef.2500.300.15c0",
                           "r2.3.1.2.1323435000000001.00f1e2d3c4b5a697.2.beef.2500.300.15C0",
                           "r2.3.1.2.1323435000000001.00f1e2d3c4b5a697.2.beef.10001.300.1",
                           "r2.3.1.2.1323435000000001.00f1e2d3c4b5a697.2.beef.-1.300.1"}) {
    EXPECT_FALSE(ParseAttributionToken(text).ok()) << text;
  }
}

}  // namespace
}  // namespace kontor::recommendations
