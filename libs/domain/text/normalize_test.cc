#include "libs/domain/text/normalize.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "libs/base/random.h"
#include "libs/testing/seed.h"

namespace kontor::text {
namespace {

TEST(NormalForm, MakesTheSameOfTheSame) {
  EXPECT_EQ(NormalForm("Café-Crème  ½ L"), "cafe creme 1/2 l");
  EXPECT_EQ(NormalForm("  RED,shoes! "), "red shoes");
  EXPECT_EQ(NormalForm("Women's 1.5 in."), "womens 1.5 in");
  EXPECT_EQ(NormalForm("Straße ÅÄÖ Øre łódź"), "strasse aao ore lodz");
  EXPECT_EQ(NormalForm("Ёлка"), "елка");
  EXPECT_EQ(NormalForm("й"), "й");  // a letter of its own
  EXPECT_EQ(NormalForm("\xff\x01"), "");
}

TEST(NormalForm, OffsetsLeadBackToTheText) {
  std::vector<uint32_t> offsets;
  const std::string text = " Café - Bar";
  const std::string form = NormalForm(text, &offsets);
  ASSERT_EQ(form, "cafe bar");
  ASSERT_EQ(offsets.size(), form.size() + 1);
  EXPECT_EQ(offsets[0], 1U);
  EXPECT_EQ(offsets[3], 4U);   // é
  EXPECT_EQ(offsets[5], 9U);   // Bar
  EXPECT_EQ(offsets[8], 12U);  // the end
}

TEST(NormalForm, IsIdempotent) {
  base::Random random(kontor::testing::Seed());
  const std::vector<std::string> parts = {"a",    "É", "12", "1/2", "½",  "-",  "'", " ", ".",
                                          "/",    "ß", "ﬁ",  "手",  "ｶﾞ", "㈱", "™", "²", "\xcc\x81",
                                          "\xff", "ö", "İ",  "ǆ",   "Ω",  "ά",  "°"};
  for (int round = 0; round < 50'000; ++round) {
    std::string text;
    for (uint64_t i = random.Below(10); i > 0; --i) text += parts[random.Below(parts.size())];
    std::vector<uint32_t> offsets;
    const std::string once = NormalForm(text, &offsets);
    ASSERT_EQ(NormalForm(once), once) << text;
    ASSERT_EQ(offsets.size(), once.size() + 1);
    for (size_t i = 0; i < offsets.size(); ++i) {
      ASSERT_LE(offsets[i], text.size());
      ASSERT_LE(offsets[i == 0 ? 0 : i - 1], offsets[i]) << text;
    }
  }
}

}  // namespace
}  // namespace kontor::text
