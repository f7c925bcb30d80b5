#include "bench/session_data.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kontor::bench {
namespace {

using recommendations::kNone;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Write(const std::string& name, const std::string& text) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/", name);
  std::ofstream(path) << text;
  return path;
}

TEST(SessionDataTest, ReadsSessionsAndQuestions) {
  const auto data = ReadSessions({Write("train", "b a\r\na c a\n\n"), Write("test", "a x b\tc\nx\tx\n")});
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->train.item_count(), 3u);
  ASSERT_EQ(data->train.size(), 2u);
  EXPECT_THAT(data->train.Of(1), ElementsAre(1, 2, 1));
  ASSERT_EQ(data->test.size(), 2u);
  EXPECT_THAT(data->test[0].prefix, ElementsAre(1, 0)) << "x is unknown";
  EXPECT_EQ(data->test[0].target, 2u);
  EXPECT_THAT(data->test[1].prefix, IsEmpty());
  EXPECT_EQ(data->test[1].target, kNone);
}

TEST(SessionDataTest, SaysWhereAFileIsWrong) {
  const std::string train = Write("train", "a b\n");
  EXPECT_EQ(ReadSessions({"/nowhere", train}).status().code(), absl::StatusCode::kNotFound);
  const absl::Status status = ReadSessions({train, Write("test", "a\tb\na b\n")}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("test:2:"));
}

TEST(SessionDataTest, ValidatesOnTheLastTenthOfWhatTheRestHasMet) {
  Sessions sessions(6);
  for (int i = 0; i < 18; ++i) sessions.Add({0, 1, 2, 3});
  sessions.Add({0, 2, 5, 1});
  sessions.Add({1, 3});
  const SessionSplit split = SplitForValidation(sessions, 100, 1);
  EXPECT_EQ(split.earlier.size(), 18u);
  std::vector<std::string> questions;
  for (const SessionQuestion& question : split.questions) {
    questions.push_back(absl::StrCat(question.prefix.size(), ">", question.target));
  }
  EXPECT_THAT(questions, ::testing::UnorderedElementsAre("1>2", "1>3")) << "nobody met 5 before: it ends a session";
  EXPECT_EQ(SplitForValidation(sessions, 1, 1).questions.size(), 1u);
}

TEST(SessionDataTest, CountsTheFirstTwenty) {
  const std::vector<SessionQuestion> questions = {{{0}, 4}, {{0}, 7}, {{0}, 21}, {{0}, kNone}};
  const SessionMetrics metrics = EvaluateSessions(questions, [](const SessionQuestion&, std::vector<ItemId>& top) {
    top.clear();
    for (ItemId item = 4; item < 26; ++item) top.push_back(item);
  });
  EXPECT_DOUBLE_EQ(metrics.p_at_20, 75);
  EXPECT_DOUBLE_EQ(metrics.mrr_at_20, 25 * (1 + 1 / 4. + 1 / 18.));
}

}  // namespace
}  // namespace kontor::bench
