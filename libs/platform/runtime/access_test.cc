#include "libs/platform/runtime/access.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/testdata/echo_fixture.h"

namespace kontor::runtime {
namespace {

using testdata::KeyEntry;
using testdata::WriteFile;
using ::testing::HasSubstr;

TEST(KeyRingTest, FindsKeysByTheirDigestOnly) {
  const std::string json = absl::StrCat("{\"keys\":[", KeyEntry("alpha", "default", "ROLE_ANALYST"), ",",
                                        KeyEntry("beta", "*", "ROLE_OPERATOR"), "]}");
  const auto ring = KeyRing::Parse(json);
  ASSERT_TRUE(ring.ok()) << ring.status();
  ASSERT_NE((*ring)->Find("alpha"), nullptr);
  EXPECT_EQ((*ring)->Find("alpha")->label, "alpha");
  EXPECT_TRUE((*ring)->Find("alpha")->may_use("default"));
  EXPECT_FALSE((*ring)->Find("alpha")->may_use("defaul"));
  EXPECT_TRUE((*ring)->Find("beta")->may_use("anything"));
  for (const std::string& key : {std::string(), std::string("alph"), std::string("alpha "), base::Sha256Hex("alpha"),
                                 std::string(1 << 20, 'a')}) {
    EXPECT_EQ((*ring)->Find(key), nullptr);
  }
}

TEST(KeyRingTest, SaysAllThatIsWrongWithAFile) {
  const auto ring = KeyRing::Parse("{\"keys\":[{\"sha256\":\"12\",\"shop\":\"A B\"}]}");
  std::vector<std::string> fields;
  for (const base::Violation& violation : base::ErrorViolations(ring.status())) fields.push_back(violation.field);
  EXPECT_THAT(fields, ::testing::ElementsAre("keys[0].sha256", "keys[0].shop", "keys[0].roles", "keys[0].label"));
  for (const char* json : {"", "[]", "{\"keys\":[{\"roles\":[\"ROLE_GOD\"]}]}", "{\"key\":[]}"}) {
    EXPECT_FALSE(KeyRing::Parse(json).ok()) << json;
  }
}

TEST(KeysFileTest, ABadFileKeepsTheKeysInUse) {
  const std::string path = (std::filesystem::path(::testing::TempDir()) / absl::StrCat("ring-", getpid())).string();
  KeysFile keys(path);
  EXPECT_EQ(base::ErrorReason(keys.Load()), "KEYS_FILE_UNUSABLE");
  WriteFile(path, absl::StrCat("{\"keys\":[", KeyEntry("old", "default", "ROLE_ANALYST"), "]}"));
  ASSERT_TRUE(keys.Load().ok());

  ::testing::internal::CaptureStderr();
  WriteFile(path, "{\"keys\":[");
  keys.Poll();
  keys.Poll();
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("the keys in use stay"));
  EXPECT_EQ(log.find("the keys in use stay"), log.rfind("the keys in use stay")) << "logged once";
  EXPECT_NE(keys.ring()->Find("old"), nullptr);

  std::filesystem::remove(path);
  keys.Poll();
  EXPECT_NE(keys.ring()->Find("old"), nullptr);

  WriteFile(path, absl::StrCat("{\"keys\":[", KeyEntry("new", "default", "ROLE_ANALYST"), "]}"));
  keys.Poll();
  EXPECT_EQ(keys.ring()->Find("old"), nullptr);
  EXPECT_NE(keys.ring()->Find("new"), nullptr);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace kontor::runtime
