#include "libs/platform/runtime/log.h"

#include <cmath>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

namespace kontor::runtime {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Parses a line, which proves that it is one JSON object.
google::protobuf::Struct Parsed(const std::string& line) {
  google::protobuf::Struct object;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(line, &object).ok()) << line;
  return object;
}

TEST(LogTest, WritesFieldsWithTheirTypes) {
  const auto object = Parsed(FormatLogLine(LogFormat::kJson, LogLevel::kWarning, "import done",
                                           {{"rows", 541909},
                                            {"share", 0.5},
                                            {"ok", true},
                                            {"nan", std::nan("")},
                                            {"shop", "default"},
                                            {"file", std::string("a \"b\" \\ c")}}));
  const auto& fields = object.fields();
  EXPECT_EQ(fields.at("level").string_value(), "warning");
  EXPECT_EQ(fields.at("message").string_value(), "import done");
  EXPECT_EQ(fields.at("rows").number_value(), 541909);
  EXPECT_EQ(fields.at("share").number_value(), 0.5);
  EXPECT_TRUE(fields.at("ok").bool_value());
  EXPECT_EQ(fields.at("nan").string_value(), "nan");
  EXPECT_EQ(fields.at("file").string_value(), "a \"b\" \\ c");
  EXPECT_EQ(fields.at("time").string_value().size(), 27u);  // 2026-01-02T03:04:05.678901Z
}

TEST(LogTest, ValuesCannotForgeLinesOrFields) {
  const std::string hostile = "x\"}\n{\"level\":\"error\",\"message\":\"forged\r\x1b[31m\x7f";
  for (const LogFormat format : {LogFormat::kJson, LogFormat::kConsole}) {
    const std::string line = FormatLogLine(format, LogLevel::kInfo, hostile, {{"a", hostile}, {hostile, "b"}});
    for (const char forbidden : {'\n', '\r', '\x1b', '\x7f'}) EXPECT_EQ(line.find(forbidden), std::string::npos);
  }
  const auto object = Parsed(FormatLogLine(LogFormat::kJson, LogLevel::kInfo, hostile, {{"a", hostile}}));
  EXPECT_EQ(object.fields().at("a").string_value(), hostile);
  EXPECT_EQ(object.fields().at("level").string_value(), "info");
}

TEST(LogTest, BrokenUtf8StaysReadable) {
  const auto object = Parsed(FormatLogLine(LogFormat::kJson, LogLevel::kInfo, "m", {{"a", "\xff\xc3 end"}}));
  EXPECT_TRUE(absl::EndsWith(object.fields().at("a").string_value(), " end"));
}

TEST(LogTest, SecretsAreNeverWritten) {
  for (const char* name : {"password", "PGPASSWORD", "client_secret", "authorization", "bearer_token", "api_key"}) {
    EXPECT_THAT(FormatLogLine(LogFormat::kJson, LogLevel::kInfo, "m", {{name, "hunter2"}}), Not(HasSubstr("hunter2")));
    EXPECT_THAT(FormatLogLine(LogFormat::kConsole, LogLevel::kInfo, "m", {{name, "hunter2"}}),
                Not(HasSubstr("hunter2")));
  }
  EXPECT_THAT(
      FormatLogLine(LogFormat::kJson, LogLevel::kInfo, "m", {{"next_page_token", "abc"}, {"key_label", "till"}}),
      ::testing::AllOf(HasSubstr("abc"), HasSubstr("till")));
}

TEST(LogTest, LinesCarryTheTraceOfTheirThread) {
  EXPECT_THAT(FormatLogLine(LogFormat::kJson, LogLevel::kInfo, "m", {}), Not(HasSubstr("trace_id")));
  {
    const ScopedTrace outer("aaaa");
    {
      const ScopedTrace inner("bbbb");
      EXPECT_THAT(FormatLogLine(LogFormat::kJson, LogLevel::kInfo, "m", {}), HasSubstr("\"trace_id\":\"bbbb\""));
    }
    EXPECT_EQ(CurrentTraceId(), "aaaa");
  }
  EXPECT_EQ(CurrentTraceId(), "");
}

TEST(LogTest, LevelsBelowTheThresholdAreNotWritten) {
  ::testing::internal::CaptureStderr();
  LogDebug("unseen");
  LogError("seen %s {}");
  const std::string written = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(written, Not(HasSubstr("unseen")));
  EXPECT_THAT(written, HasSubstr("seen %s {}"));
}

}  // namespace
}  // namespace kontor::runtime
