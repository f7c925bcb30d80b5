#include "libs/domain/search/synonyms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace kontor::search {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const text::Analyzer& English() {
  static const auto& analyzer = *text::Analyzer::Create({})->release();
  return analyzer;
}

std::vector<std::string> Expand(const std::vector<SynonymSet>& sets, const std::vector<std::string>& terms,
                                int64_t now_us = 0) {
  const auto synonyms = Synonyms::Build(sets, English());
  EXPECT_TRUE(synonyms.ok()) << synonyms.status();
  std::vector<Slot> slots;
  for (const std::string& term : terms) slots.push_back({.alternatives = {{{term}, 1}}});
  (*synonyms)->Expand(terms, now_us, slots);
  std::vector<std::string> shown;
  for (const Slot& slot : slots) {
    std::vector<std::string> all;
    for (const Alternative& a : slot.alternatives)
      all.push_back(absl::StrCat(absl::StrJoin(a.terms, "_"), a.weight == 1 ? "" : absl::StrCat("^", a.weight)));
    shown.push_back(absl::StrJoin(all, "|"));
  }
  return shown;
}

TEST(Synonyms, TwoWayAndOneWay) {
  const std::vector<SynonymSet> two = {{.id = "1", .from = "", .phrases = {"sofa", "couch"}, .weight = 0.5F}};
  EXPECT_THAT(Expand(two, {"red", "sofa"}), ElementsAre("red", "sofa|couch^0.5"));
  EXPECT_THAT(Expand(two, {"couch"}), ElementsAre("couch|sofa^0.5"));
  const std::vector<SynonymSet> one = {{.id = "1", .from = "footwear", .phrases = {"shoes", "boots"}, .weight = 0.5F}};
  EXPECT_THAT(Expand(one, {"footwear"}), ElementsAre("footwear|shoe^0.5|boot^0.5"));
  EXPECT_THAT(Expand(one, {"shoe"}), ElementsAre("shoe"));
}

TEST(Synonyms, OfManyWords) {
  const std::vector<SynonymSet> sets = {
      {.id = "1", .from = "", .phrases = {"fridge freezer", "refrigerator", "ice box"}, .weight = 0.5F}};
  EXPECT_THAT(Expand(sets, {"white", "fridg", "freezer"}),
              ElementsAre("white", "fridg|refriger^0.5|ice_box^0.5", "freezer|refriger^0.5|ice_box^0.5"));
  EXPECT_THAT(Expand(sets, {"refriger"}), ElementsAre("refriger|fridg_freezer^0.5|ice_box^0.5"));
  EXPECT_THAT(Expand(sets, {"freezer", "fridg"}), ElementsAre("freezer", "fridg"));
}

TEST(Synonyms, NeitherBeforeTheirStartNorFromTheirEnd) {
  const std::vector<SynonymSet> sets = {
      {.id = "1", .from = "", .phrases = {"sofa", "couch"}, .weight = 0.5F, .start_us = 10, .end_us = 20}};
  EXPECT_THAT(Expand(sets, {"sofa"}, 9), ElementsAre("sofa"));
  EXPECT_THAT(Expand(sets, {"sofa"}, 10), ElementsAre("sofa|couch^0.5"));
  EXPECT_THAT(Expand(sets, {"sofa"}, 19), ElementsAre("sofa|couch^0.5"));
  EXPECT_THAT(Expand(sets, {"sofa"}, 20), ElementsAre("sofa"));
}

TEST(Synonyms, AreNotExpandedAgainAndNotTwice) {
  const std::vector<SynonymSet> sets = {{.id = "1", .from = "", .phrases = {"sofa", "couch"}, .weight = 0.5F},
                                        {.id = "2", .from = "", .phrases = {"couch", "settee"}, .weight = 0.5F},
                                        {.id = "3", .from = "sofa", .phrases = {"couch"}, .weight = 0.25F}};
  EXPECT_THAT(Expand(sets, {"sofa"}), ElementsAre("sofa|couch^0.5"));
}

TEST(Synonyms, SayWhatTheyDid) {
  const auto synonyms = *Synonyms::Build(
      {{SynonymSet{.id = "s7", .from = "", .phrases = {"Fridge Freezer", "refrigerator"}}}}, English());
  std::vector<Slot> slots(3, Slot{.alternatives = {{{"x"}, 1}}});
  const std::vector<std::string> terms = {"a", "fridg", "freezer"};
  const auto uses = synonyms->Expand(terms, 0, slots);
  ASSERT_EQ(uses.size(), 1U);
  EXPECT_EQ(uses[0].set_id, "s7");
  EXPECT_EQ(uses[0].first_slot, 1U);
  EXPECT_EQ(uses[0].slots, 2U);
  EXPECT_EQ(uses[0].phrase, "refrigerator");
}

TEST(Synonyms, RefuseWithEveryViolation) {
  const std::vector<SynonymSet> sets = {
      {.id = "", .from = "", .phrases = {"sofa", "sofas"}, .weight = 2, .start_us = 5, .end_us = 5},
      {.id = "a", .from = "", .phrases = {"one", "two"}},
      {.id = "a", .from = "x", .phrases = {"!!!", "1 2 3 4 5 6 7 8 9"}}};
  const auto status = Synonyms::Build(sets, English()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr("no id"), HasSubstr("weight 2"), HasSubstr("ends before"),
                                                   HasSubstr("two phrases that differ"), HasSubstr("twice"),
                                                   HasSubstr("without words"), HasSubstr("more than 8 words")));
}

}  // namespace
}  // namespace kontor::search
