#include "services/recommendations/attribution_token.h"

#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"

namespace kontor::recommendations {
namespace {

TEST(AttributionTokenTest, IsReadBack) {
  const AttributionToken token{3, 1, 2, absl::FromUnixMicros(1323435000000001), 0xf1e2d3c4b5a697};
  const std::string text = FormatAttributionToken(token);
  EXPECT_EQ(text, "r1.3.1.2.1323435000000001.00f1e2d3c4b5a697");
  KONTOR_ASSERT_OK_AND_ASSIGN(const AttributionToken read, ParseAttributionToken(text));
  EXPECT_EQ(FormatAttributionToken(read), text);
  EXPECT_EQ(read.answered_at, token.answered_at);
  EXPECT_EQ(read.answer_id, token.answer_id);
}

TEST(AttributionTokenTest, RefusesAnythingElse) {
  for (const char* text : {"", "r1", "r2.3.1.2.1323435000000001.00f1e2d3c4b5a697", "r1.3.1.2.1323435000000001.f1",
                           "r1.03.1.2.1323435000000001.00f1e2d3c4b5a697", "r1.3.1.2.x.00f1e2d3c4b5a697"}) {
    EXPECT_FALSE(ParseAttributionToken(text).ok()) << text;
  }
}

}  // namespace
}  // namespace kontor::recommendations
