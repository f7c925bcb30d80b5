#include <set>
#include <thread>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "libs/base/hash.h"
#include "libs/base/random.h"
#include "libs/base/resource_name.h"
#include "libs/base/snapshot.h"
#include "libs/base/status.h"
#include "libs/base/subject.h"

namespace kontor::base {
namespace {

TEST(StatusTest, CarriesReasonAndEveryViolation) {
  Violations violations;
  EXPECT_TRUE(violations.ToStatus().ok());
  violations.Add("order.lines[0].amount", "NEGATIVE_PRICE", "it is negative");
  violations.Add("currency_code", "CURRENCY_UNKNOWN", "write it like GBP");
  const absl::Status status = Annotate(violations.ToStatus(), "row 7");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorReason(status), "NEGATIVE_PRICE");
  EXPECT_EQ(status.message(), "row 7: order.lines[0].amount: it is negative (and 1 more, see the field violations)");
  const auto read = ErrorViolations(status);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[1].field, "currency_code");
  EXPECT_EQ(read[1].reason, "CURRENCY_UNKNOWN");
}

TEST(StatusTest, SeparatorsInTextDoNotForgeViolations) {
  Violations violations;
  violations.Add("f", "R",
                 std::string("evil\x1e"
                             "g\x1fR\x1f"
                             "injected",
                             16));
  EXPECT_EQ(ErrorViolations(violations.ToStatus()).size(), 1u);
}

// FIPS 180-2, B.1, and RFC 4231, test case 2.
TEST(HashTest, GoldenDigests) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(absl::BytesToHexString(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(HashTest, SpreadsKeysOverPartitions) {
  int counts[8] = {};
  for (int i = 0; i < 8000; ++i) ++counts[PartitionOf("default/" + std::to_string(i), 8)];
  for (const int count : counts) EXPECT_NEAR(count, 1000, 150);  // five standard deviations
}

// rand_xoshiro 0.6: Xoshiro256StarStar::seed_from_u64(0), seeded by SplitMix64 too.
TEST(RandomTest, GoldenFirstNumber) {
  Random random(0);
  EXPECT_EQ(random(), 11091344671253066420u);
}

TEST(RandomTest, BelowIsUniformAndWithinItsBound) {
  Random random(7);
  int counts[10] = {};
  for (int i = 0; i < 100'000; ++i) ++counts[random.Below(10)];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
  double sum = 0, squares = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double x = random.Normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / 100'000, 0, 0.02);
  EXPECT_NEAR(squares / 100'000, 1, 0.03);
}

TEST(NamesTest, ShopsAndIds) {
  EXPECT_EQ(*ShopOfName("shops/default/products/85123A"), "default");
  for (const char* name : {"", "shops/", "shops/Default", "shop/default", "shops/1a", "shops/a b"}) {
    EXPECT_FALSE(ShopOfName(name).ok()) << name;
  }
  EXPECT_TRUE(CheckId("85123A Grün").ok());
  for (const std::string& id : {std::string(), std::string(201, 'x'), std::string("a\nb"), std::string("\xff\xfe"),
                                std::string("\x7f"), std::string("\0", 1)}) {
    EXPECT_FALSE(CheckId(id).ok());
  }
}

// The Unicode Standard 15.0, table 3-7: well-formed sequences, and the neighbours of their bounds.
TEST(NamesTest, Utf8) {
  for (const char* good : {"\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsValidUtf8(good)) << absl::CHexEscape(good);
  }
  for (const char* bad : {"\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                          "\xf5\x80\x80\x80", "\xe2\x82", "\xc2", "\xc2\x41"}) {
    EXPECT_FALSE(IsValidUtf8(bad)) << absl::CHexEscape(bad);
  }
}

TEST(SubjectTest, TheSamePersonTheSameToken) {
  const std::string secret(32, 's');
  const std::string token = SubjectToken(secret, "default", SubjectKind::kCustomer, "17850");
  EXPECT_EQ(token.size(), 24u);
  EXPECT_EQ(token.substr(0, 2), "c-");
  EXPECT_EQ(token, SubjectToken(secret, "default", SubjectKind::kCustomer, "17850"));
  std::set<std::string> others = {token, SubjectToken(secret, "other", SubjectKind::kCustomer, "17850"),
                                  SubjectToken(secret, "default", SubjectKind::kVisitor, "17850"),
                                  SubjectToken(std::string(32, 't'), "default", SubjectKind::kCustomer, "17850")};
  EXPECT_EQ(others.size(), 4u);
  EXPECT_EQ(SubjectToken(secret, "default", SubjectKind::kCustomer, ""), "");
}

TEST(SnapshotTest, ReadersKeepWhatTheyGot) {
  Snapshot<int> snapshot;
  EXPECT_EQ(snapshot.Get(), nullptr);
  snapshot.Publish(std::make_shared<int>(1));
  const auto held = snapshot.Get();
  std::thread writer([&] {
    for (int i = 2; i <= 1000; ++i) snapshot.Publish(std::make_shared<int>(i));
  });
  int last = 1;
  while (last < 1000) {
    const int seen = *snapshot.Get();
    EXPECT_GE(seen, last);
    last = seen;
  }
  writer.join();
  EXPECT_EQ(*held, 1);
}

}  // namespace
}  // namespace kontor::base
