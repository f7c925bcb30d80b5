#include "libs/domain/search/click_log.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"

namespace kontor::search {
namespace {

using ::testing::ElementsAre;
using ::testing::FieldsAre;
using ::testing::IsEmpty;

TEST(ClickLogTest, CountsWhatStoodWhereAndWasClicked) {
  ClickLog log;
  log.Shown("drill", "Drill", {"a", "b"}, 1);
  log.Shown("drill", "drill", {"b", "a"}, 2);
  log.Shown("drill", "drill", {"b", "a"}, 2);  // again: counts once
  log.Shown("drill", "drill", {"a", "b"}, 0);  // whose clicks could not be told
  log.Clicked("b", 1);
  log.Clicked("b", 1);
  log.Clicked("a", 2);
  log.Clicked("c", 2);  // was not shown
  log.Clicked("a", 9);  // an unknown answer
  const ClickedAnswers read = log.Read();
  ASSERT_EQ(read.queries.size(), 1u);
  EXPECT_EQ(read.queries[0].text, "Drill");
  EXPECT_THAT(read.queries[0].products, ElementsAre("a", "b"));
  EXPECT_THAT(read.impressions, ElementsAre(FieldsAre(0, 0, 0, 1, 0), FieldsAre(0, 0, 1, 1, 1),
                                            FieldsAre(0, 1, 0, 1, 0), FieldsAre(0, 1, 1, 1, 1)));
}

TEST(ClickLogTest, SavesAndGoesOn) {
  ClickLog log;
  log.Shown("a", "a", {"p", "q", "r"}, 7);
  log.Shown("b", "b", {"q"}, 8);
  log.Clicked("q", 7);
  base::ByteWriter out;
  log.Save(out);
  ClickLog loaded;
  base::ByteReader in(out.bytes());
  KONTOR_ASSERT_OK(loaded.Load(in));
  loaded.Clicked("q", 7);  // known already
  loaded.Clicked("r", 7);
  log.Clicked("r", 7);
  const ClickedAnswers was = log.Read(), is = loaded.Read();
  ASSERT_EQ(was.impressions.size(), is.impressions.size());
  for (size_t i = 0; i < was.impressions.size(); ++i) EXPECT_EQ(was.impressions[i].clicked, is.impressions[i].clicked);
  for (size_t cut = 0; cut < out.bytes().size(); ++cut) {
    base::ByteReader short_in(absl::string_view(out.bytes()).substr(0, cut));
    EXPECT_FALSE(ClickLog().Load(short_in).ok()) << cut;
  }
}

TEST(ClickLogTest, ForgetsTheLongestUnseen) {
  ClickLog log;
  const std::vector<std::string> products = [] {
    std::vector<std::string> out;
    for (size_t i = 0; i < ClickLog::kPlaces; ++i) out.push_back(absl::StrCat("p", i));
    return out;
  }();
  const size_t full = ClickLog::kEntriesMax / ClickLog::kPlaces;
  for (size_t i = 0; i <= full + 1; ++i) log.Shown(absl::StrCat("q", i), "q", products, i + 1);
  log.Clicked("p0", 1);  // of a query that is forgotten
  const ClickedAnswers read = log.Read();
  EXPECT_LE(read.impressions.size(), ClickLog::kEntriesMax);
  EXPECT_GT(read.impressions.size(), ClickLog::kEntriesMax / 10 * 8);
  for (const Impressions& entry : read.impressions) ASSERT_EQ(entry.clicked, 0u);
  EXPECT_THAT(ClickLog().Read().queries, IsEmpty());
}

}  // namespace
}  // namespace kontor::search
