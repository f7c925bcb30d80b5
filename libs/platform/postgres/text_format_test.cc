#include "libs/platform/postgres/text_format.h"

#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/platform/postgres/params.h"
#include "libs/testing/seed.h"

namespace kontor::postgres {
namespace {

std::string TimeText(absl::Time time) {
  std::string out;
  AppendTime(out, time);
  return out;
}

TEST(TextFormat, TimesHaveMicrosecondsInUtc) {
  EXPECT_EQ(TimeText(absl::FromUnixMicros(1323435000123456)), "2011-12-09 12:50:00.123456+00");
  EXPECT_EQ(TimeText(absl::InfiniteFuture()), "infinity");
  EXPECT_EQ(ParseTime("2011-12-09 12:50:00.12+00"), absl::FromUnixMicros(1323435000120000));
  EXPECT_EQ(ParseTime("2011-12-09 12:50:00+00"), absl::FromUnixSeconds(1323435000));
  EXPECT_EQ(ParseTime("-infinity"), absl::InfinitePast());
  for (const char* bad : {"", "2011-12-09", "2011-12-09 12:50:00", "2011-12-09 12:50:00+02", "x"}) {
    EXPECT_FALSE(ParseTime(bad)) << bad;
  }
}

TEST(TextFormat, NumericsAreExactNanos) {
  EXPECT_EQ(*ParseNumeric("9747747.934"), absl::int128{9'747'747'934'000'000});
  EXPECT_EQ(*ParseNumeric("-0.001"), absl::int128{-1'000'000});
  EXPECT_EQ(*ParseNumeric("0.0000000019"), absl::int128{1});
  EXPECT_EQ(*ParseNumeric("7"), absl::int128{7'000'000'000});
  for (const char* bad : {"", "-", ".", "NaN", "1e5", "1.2.3"}) EXPECT_FALSE(ParseNumeric(bad)) << bad;
}

TEST(TextFormat, BytesAndTimesSurviveTheRoundTrip) {
  base::Random random(kontor::testing::Seed());
  for (int i = 0; i < 1000; ++i) {
    std::string bytes(random.Below(50), '\0');
    for (char& c : bytes) c = static_cast<char>(random.Below(256));
    std::string text;
    AppendBytes(text, bytes);
    EXPECT_EQ(ParseBytes(text), bytes);
    const absl::Time time = absl::FromUnixMicros(static_cast<int64_t>(random.Below(4'000'000'000'000'000)));
    EXPECT_EQ(ParseTime(TimeText(time)), time);
  }
  EXPECT_FALSE(ParseBytes("\\x0"));
  EXPECT_FALSE(ParseBytes("\\x0g"));
}

TEST(Params, ArraysQuoteWhatWouldBreakThem) {
  EXPECT_EQ(*Params().TextArray({"a", "q\"b\\", "NULL", ""}).values()[0], R"({"a","q\"b\\","NULL",""})");
  EXPECT_EQ(*Params().OptionalInt64Array({1, std::nullopt}).values()[0], "{1,NULL}");
  EXPECT_EQ(*Params().BytesArray(std::vector<std::string>{"\n"}).values()[0], R"({"\\x0a"})");
  EXPECT_EQ(*Params().Int64Array({}).values()[0], "{}");
  EXPECT_EQ(*Params().Double(0.1).values()[0], "0.1");
  EXPECT_FALSE(Params().OptionalText(std::nullopt).values()[0].has_value());
}

}  // namespace
}  // namespace kontor::postgres
