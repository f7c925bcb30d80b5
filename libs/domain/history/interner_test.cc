#include "libs/domain/history/interner.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"

namespace kontor::history {
namespace {

TEST(InternerTest, NumbersAreDenseInTheOrderOfFirstSight) {
  Interner interner;
  EXPECT_EQ(interner.Intern("b"), 0u);
  EXPECT_EQ(interner.Intern("a"), 1u);
  EXPECT_EQ(interner.Intern("b"), 0u);
  EXPECT_EQ(interner.Intern(""), 2u);
  EXPECT_EQ(interner.size(), 3u);
  EXPECT_EQ(interner.At(0), "b");
  EXPECT_EQ(interner.At(2), "");
  EXPECT_EQ(interner.Find("a"), 1u);
  EXPECT_EQ(interner.Find("c"), std::nullopt);
}

TEST(InternerTest, BytesWithinStringsCount) {
  Interner interner;
  const absl::string_view with_nul("a\0b", 3);
  EXPECT_EQ(interner.Intern("a"), 0u);
  EXPECT_EQ(interner.Intern(with_nul), 1u);
  EXPECT_EQ(interner.At(1), with_nul);
}

TEST(InternerTest, AgreesWithAMap) {
  const uint64_t seed = 20240917;
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  base::Random random(seed);
  Interner interner;
  std::map<std::string, uint32_t> expected;
  for (int i = 0; i < 50'000; ++i) {
    const std::string text = absl::StrCat(random.Below(20'000));
    const uint32_t id = expected.emplace(text, expected.size()).first->second;
    ASSERT_EQ(interner.Intern(text), id);
  }
  ASSERT_EQ(interner.size(), expected.size());
  for (const auto& [text, id] : expected) {
    ASSERT_EQ(interner.At(id), text);
    ASSERT_EQ(interner.Find(text), id);
  }
}

TEST(InternerTest, IsFrugal) {
  Interner interner;
  for (int i = 0; i < 100'000; ++i) interner.Intern(absl::StrCat("product-", 1'000'000 + i));  // 15 bytes each
  EXPECT_LT(interner.bytes(), 100'000u * (2 * 15 + 2 * 8 + 12));
}

}  // namespace
}  // namespace kontor::history
