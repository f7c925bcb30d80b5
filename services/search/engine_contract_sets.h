#pragma once

#include <limits>
#include <string>
#include <vector>

#include "services/search/engine_contract_shop.h"

// What every engine behind the port has to find and to count.
namespace kontor::search {

TEST_P(EngineContract, WordsPhrasesAndExclusionsMeanTheSameProducts) {
  Put({.id = "a", .title = "red drill"});
  Put({.id = "b", .title = "drill red"});
  Put({.id = "c", .title = "red glove", .description = "for those who drill"});
  Put({.id = "d", .title = "blue drill"});
  Fill();
  EXPECT_THAT(Ask(Of("red drill")), UnorderedElementsAre("a", "b", "c"));
  EXPECT_THAT(Ask(Of("\"red drill\"")), ElementsAre("a"));
  EXPECT_THAT(Ask(Of("drill without glove")), UnorderedElementsAre("a", "b", "d"));
  EXPECT_THAT(Ask(Of("drills")), SizeIs(4));  // stems
  EXPECT_THAT(Ask(Of("lamp")), IsEmpty());
  EXPECT_THAT(Ask(Of("")), SizeIs(4));
}

TEST_P(EngineContract, LongQueriesWithManyAlternativesAreAnswered) {
  auto reading = std::make_shared<Reading>();
  std::string title;
  for (int i = 0; i < 60; ++i) {
    absl::StrAppend(&title, "word", i, " ");
    Slot& slot = reading->understood.lexical.slots.emplace_back();
    for (int j = 0; j < 16; ++j) slot.alternatives.push_back({{absl::StrCat(j == 3 ? "word" : "other", i)}, 1});
  }
  Put({.id = "all", .title = title});
  Put({.id = "few", .title = "word1 word2 word3"});
  Fill();
  Question question = Of("");
  question.reading = reading;
  EXPECT_THAT(Ask(question), ElementsAre("all"));
  question.match = {MatchPolicy::kMost, 2};
  EXPECT_THAT(Ask(question), ElementsAre("all", "few"));
}

TEST_P(EngineContract, NoPhraseGoesFromOneValueToTheNext) {
  Put({.id = "one", .title = "x", .category_path = {"power tools", "drill bits"}});
  Put({.id = "two", .title = "x", .category_path = {"power", "tools drill"}});
  Fill();
  EXPECT_THAT(Ask(Of("\"tools drill\"")), ElementsAre("two"));
}

TEST_P(EngineContract, WordsAreDroppedOnlyWhereTooFewHaveAll) {
  Put({.id = "all", .title = "green garden hose"});
  Put({.id = "two", .title = "green hose"});  // without the word that tells least
  Put({.id = "one", .title = "garden chair"});
  for (int i = 0; i < 20; ++i) Put({.id = absl::StrCat("other", i), .title = "garden gnome"});
  Fill();
  Question question = Of("green garden hose");
  question.match = {MatchPolicy::kMost, 1};
  EXPECT_THAT(Ask(question), ElementsAre("all"));
  question.match.enough = 2;
  const EngineAnswer most = Answered(question);
  EXPECT_THAT(Ids(most), ElementsAre("all", "two"));
  EXPECT_EQ(most.answer.all_words, 1u);
  EXPECT_EQ(most.answer.dropped_words, 1u);
  question.query = "green garden hose unheardof";
  EXPECT_EQ(Answered(question).answer.dropped_words, 2u);
  question.match = {MatchPolicy::kAny, 0};
  EXPECT_EQ(Answered(question).answer.total, 23u);
}

TEST_P(EngineContract, AnExactPartNumberOrNameStandsFirst) {
  Put({.id = "near", .title = "drill drill dcd771c3", .codes = {"DCD771C3"}});
  Put({.id = "code", .title = "some kit with a long name and a drill", .codes = {"DCD771C2"}});
  Put({.id = "name", .title = "drill hammer"});
  Put({.id = "longer", .title = "drill hammer drill hammer kit"});
  Fill();
  Question question = Of("drill dcd771c2");
  question.match = {MatchPolicy::kAny, 0};
  EXPECT_EQ(Ask(question)[0], "code");
  question.query = "drill hammer";
  EXPECT_EQ(Ask(question)[0], "name");
}

TEST_P(EngineContract, FacetsAreCountedWithoutTheirOwnFilter) {
  Put({.id = "a",
       .title = "x",
       .brand = "Bosch",
       .category_path = {"Tools", "Drills"},
       .attributes = {{"color", "blue"}}});
  Put({.id = "b",
       .title = "x",
       .brand = "Makita",
       .category_path = {"Tools", "Drills"},
       .attributes = {{"color", "teal"}}});
  Put({.id = "c",
       .title = "x",
       .brand = "Bosch",
       .category_path = {"Tools", "Saws"},
       .attributes = {{"color", "blue"}}});
  Put({.id = "d", .title = "x", .category_path = {"Garden"}, .attributes = {{"color", "blue"}, {"colour", "red"}}});
  Fill();
  Question question = Of("");
  const Property brand{Property::Kind::kBrand, ""}, category{Property::Kind::kCategory, ""};
  question.filters = {Filter::AnyOf(brand, {"Bosch"})};
  question.facets = {{brand}, {category}, {{Property::Kind::kAttribute, "color"}, 1}};
  question.facets.push_back({category, 10, "", {"Tools"}});
  question.facets.push_back({brand, 10, "mAk", {}, {"Nobody"}});
  const EngineAnswer answer = Answered(question);
  EXPECT_EQ(answer.answer.total, 2u);
  using Counted = std::vector<std::pair<std::string, uint64_t>>;
  const auto& facets = answer.answer.facets;
  ASSERT_THAT(facets, SizeIs(5));
  EXPECT_EQ(Counts(facets[0]), (Counted{{"Bosch", 2}, {"Makita", 1}}));
  EXPECT_EQ(facets[0].documents, 3u);
  EXPECT_EQ(Counts(facets[1]), (Counted{{"Tools", 2}}));
  EXPECT_EQ(Counts(facets[2]), (Counted{{"blue", 2}}));
  EXPECT_EQ(Counts(facets[3]), (Counted{{CategoryKey({"Tools", "Drills"}), 1}, {CategoryKey({"Tools", "Saws"}), 1}}));
  EXPECT_EQ(Counts(facets[4]), (Counted{{"Makita", 1}, {"Nobody", 0}}));
}

TEST_P(EngineContract, PricesHaveRangesAndUnknownOnesAreToldApart) {
  for (int i = 1; i <= 40; ++i) Put({.id = absl::StrCat("p", i), .title = "x"}, Priced(i));
  Put({.id = "unknown", .title = "x"});
  Put({.id = "sold out", .title = "x"}, {-1, 0, 0, 0});
  Fill();
  Question question = Of("");
  const Property price{Property::Kind::kPrice, ""};
  question.ranges = {{price, {10e6, 20e6}}, {price, {}, 4}};
  const EngineAnswer all = Answered(question);
  ASSERT_THAT(all.answer.ranges, SizeIs(2));
  const RangeFacet& given = all.answer.ranges[0];
  EXPECT_EQ(given.count, 40u);
  EXPECT_EQ(given.unknown, 2u);
  EXPECT_EQ(given.least, 1e6);
  EXPECT_EQ(given.most, 40e6);
  ASSERT_THAT(given.buckets, SizeIs(3));
  EXPECT_EQ(given.buckets[0].count, 9u);
  EXPECT_EQ(given.buckets[1].count, 10u);
  EXPECT_EQ(given.buckets[2].count, 21u);
  uint64_t sum = 0;
  for (const RangeBucket& bucket : all.answer.ranges[1].buckets) {
    EXPECT_NEAR(static_cast<double>(bucket.count), 10, 1);
    sum += bucket.count;
  }
  EXPECT_EQ(sum, 40u);
  question.filters = {Filter::Range(price, 5e6, 7e6)};
  EXPECT_EQ(Answered(question).answer.total, 3u);
  const Property stock{Property::Kind::kStock, ""};
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  question.filters = {Filter::Range(stock, 1, kInfinity)};
  EXPECT_EQ(Answered(question).answer.total, 41u);  // an unknown stock is no empty one
  question.filters = {Filter::Range(stock, std::numeric_limits<double>::min(), kInfinity)};
  EXPECT_EQ(Answered(question).answer.total, 41u);
}

}  // namespace kontor::search
