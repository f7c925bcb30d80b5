#include "libs/base/money.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace kontor::base {
namespace {

int64_t Parsed(absl::string_view text) {
  const auto value = Decimal::Parse(text);
  EXPECT_TRUE(value.ok()) << text << ": " << value.status();
  return value.ok() ? value->nanos : -1;
}

TEST(DecimalTest, ReadsExactly) {
  EXPECT_EQ(Parsed("2.55"), 2'550'000'000);
  EXPECT_EQ(Parsed("-11062.06"), -11'062'060'000'000);
  EXPECT_EQ(Parsed("0.001"), 1'000'000);
  EXPECT_EQ(Parsed(".5"), 500'000'000);
  EXPECT_EQ(Parsed("7."), 7'000'000'000);
  EXPECT_EQ(Parsed("1e-05"), 10'000);
  EXPECT_EQ(Parsed("1.5E3"), 1'500'000'000'000);
  EXPECT_EQ(Parsed("0.1000000000000"), 100'000'000);
  EXPECT_EQ(Parsed("9223372036.854775807"), std::numeric_limits<int64_t>::max());
}

TEST(DecimalTest, RefusesWhatIsNoDecimal) {
  for (const char* text :
       {"", "-", ".", "NaN", "inf", "1,5", " 1", "1 ", "0x10", "--1", "1e", "1e99", "1.0000000001"}) {
    EXPECT_EQ(Decimal::Parse(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  for (const char* text : {"9223372036.854775808", "99999999999999999999999999999999", "1e18"}) {
    EXPECT_EQ(Decimal::Parse(text).status().code(), absl::StatusCode::kOutOfRange) << text;
  }
}

TEST(DecimalTest, TakesPartsOfOneSign) {
  EXPECT_EQ(Decimal::FromParts(-1, -500'000'000)->nanos, -1'500'000'000);
  EXPECT_FALSE(Decimal::FromParts(1, -1).ok());
  EXPECT_FALSE(Decimal::FromParts(-1, 1).ok());
  EXPECT_FALSE(Decimal::FromParts(0, 1'000'000'000).ok());
  EXPECT_EQ(Decimal::FromParts(std::numeric_limits<int64_t>::max(), 0).status().code(), absl::StatusCode::kOutOfRange);
}

RC_GTEST_PROP(DecimalTest, PrintsWhatItReads, (int64_t nanos)) {
  RC_PRE(nanos != std::numeric_limits<int64_t>::min());
  RC_ASSERT(Decimal::Parse(FormatDecimal(nanos))->nanos == nanos);
}

RC_GTEST_PROP(DecimalTest, PartsMakeTheWhole, (int64_t nanos)) {
  RC_PRE(nanos != std::numeric_limits<int64_t>::min());
  const Decimal value{nanos};
  RC_ASSERT(Decimal::FromParts(value.units(), value.fraction())->nanos == nanos);
}

TEST(FormatTest, RoundsHalfAwayFromZeroAndGroups) {
  EXPECT_EQ(FormatRounded(absl::int128(9'747'747'934) * 1'000'000, 2), "9,747,747.93");
  EXPECT_EQ(FormatRounded(5'000'000, 2), "0.01");
  EXPECT_EQ(FormatRounded(-5'000'000, 2), "-0.01");
  EXPECT_EQ(FormatRounded(absl::int128(-1'234'567) * Decimal::kOne, 0), "-1,234,567");
  EXPECT_EQ(FormatDecimal(7 * Decimal::kOne, 2), "7.00");
}

TEST(MultiplyTest, RoundsAndKeepsItsRange) {
  EXPECT_EQ(Multiply(*Decimal::Parse("3"), *Decimal::Parse("0.333333333"))->nanos, 999'999'999);
  EXPECT_EQ(Multiply(*Decimal::Parse("0.000000001"), *Decimal::Parse("0.5"))->nanos, 1);
  EXPECT_EQ(Multiply(*Decimal::Parse("-80995"), *Decimal::Parse("2.08"))->nanos, -168'469'600'000'000);
  EXPECT_EQ(Multiply(*Decimal::Parse("9000000000"), *Decimal::Parse("2")).status().code(),
            absl::StatusCode::kOutOfRange);
}

TEST(CurrencyTest, KnowsIso4217) {
  EXPECT_TRUE(IsCurrency("GBP"));
  EXPECT_TRUE(IsCurrency("ZWG"));
  for (const char* code : {"", "gbp", "GB", "GBPX", "XTS", "D A", "ABC"}) EXPECT_FALSE(IsCurrency(code)) << code;
}

}  // namespace
}  // namespace kontor::base
