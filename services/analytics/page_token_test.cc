#include "services/analytics/page_token.h"

#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"

namespace kontor::analytics {
namespace {

using kontor::testing::StatusIs;

TEST(PageTokenTest, RoundTrip) {
  const std::string text = EncodePageToken({7, 9, absl::FromUnixMicros(1323435000123456), 20000});
  EXPECT_EQ(text.size(), 54u);
  KONTOR_ASSERT_OK_AND_ASSIGN(const PageToken token, DecodePageToken(text, 7));
  EXPECT_EQ(token.digest, 9u);
  EXPECT_EQ(token.as_of, absl::FromUnixMicros(1323435000123456));
  EXPECT_EQ(token.offset, 20000);
}

TEST(PageTokenTest, RefusesWhatItDidNotMake) {
  const std::string text = EncodePageToken({7, 9, absl::UnixEpoch(), 5});
  const auto invalid = StatusIs(absl::StatusCode::kInvalidArgument, kReasonPageTokenInvalid);
  EXPECT_THAT(DecodePageToken(text, 8), invalid);  // another question
  EXPECT_THAT(DecodePageToken("", 7), invalid);
  EXPECT_THAT(DecodePageToken("ü", 7), invalid);
  for (size_t i = 0; i < text.size() - 1; ++i) {  // the last character holds four unused bits
    std::string broken = text;
    broken[i] = broken[i] == 'A' ? 'B' : 'A';
    EXPECT_THAT(DecodePageToken(broken, 7), invalid) << i;
  }
}

}  // namespace
}  // namespace kontor::analytics
