#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "libs/domain/search/index_random_shop.h"
#include "libs/domain/search/rescue.h"
#include "libs/testing/seed.h"
#include "services/search/engine_contract_shop.h"

// What every engine behind the port has to do. Included by one test for each engine, which instantiates it.
namespace kontor::search {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

inline LiveValues Priced(int64_t units, float stock = 5) { return {units * 1'000'000, stock, 0, 0}; }

inline std::vector<std::pair<std::string, uint64_t>> Counts(const Facet& facet) {
  std::vector<std::pair<std::string, uint64_t>> counts;
  for (const FacetValue& value : facet.values) counts.emplace_back(value.value, value.count);
  return counts;
}

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
  Put({.id = "a", .title = "x", .brand = "Bosch", .category_path = {"Tools", "Drills"}, .attributes = {{"color", "blue"}}});
  Put({.id = "b", .title = "x", .brand = "Makita", .category_path = {"Tools", "Drills"}, .attributes = {{"color", "teal"}}});
  Put({.id = "c", .title = "x", .brand = "Bosch", .category_path = {"Tools", "Saws"}, .attributes = {{"color", "blue"}}});
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
  Fill();
  Question question = Of("");
  const Property price{Property::Kind::kPrice, ""};
  question.ranges = {{price, {10e6, 20e6}}, {price, {}, 4}};
  const EngineAnswer all = Answered(question);
  ASSERT_THAT(all.answer.ranges, SizeIs(2));
  const RangeFacet& given = all.answer.ranges[0];
  EXPECT_EQ(given.count, 40u);
  EXPECT_EQ(given.unknown, 1u);
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
  question.filters = {Filter::Range({Property::Kind::kStock, ""}, 1, std::numeric_limits<double>::infinity())};
  EXPECT_EQ(Answered(question).answer.total, 41u);  // an unknown stock is no empty one
}

TEST_P(EngineContract, SortedPagesHaveUnknownOnesLastEitherWay) {
  for (int i = 0; i < 30; ++i) {
    Put({.id = absl::StrCat("p", i),
         .title = "x",
         .attributes = {{"size", absl::StrCat(i % 7), static_cast<double>(i % 7), true}}},
        i % 5 == 0 ? LiveValues{} : Priced(i % 4));
  }
  Put({.id = "none", .title = "x"});
  Fill();
  for (const Property& property : {Property{Property::Kind::kPrice, ""}, Property{Property::Kind::kAttribute, "size"},
                                   Property{Property::Kind::kAttribute, "never seen"}}) {
    for (const bool descending : {false, true}) {
      Question question = Of("");
      question.page_size = 4;
      question.sort = SortSpec{property, descending};
      const std::vector<std::string> keys = AllPages(tested_->engine(), question);
      EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), 31u);
      ASSERT_THAT(keys, SizeIs(31));
      std::vector<double> numbers;
      for (const std::string& key : keys) {
        const auto& [product, live] = products_.at(key.substr(2));
        const bool price = property.kind == Property::Kind::kPrice;
        const bool known = price ? live.price_micros >= 0 : property.name == "size" && !product.attributes.empty();
        const double number = price ? static_cast<double>(live.price_micros) : known ? product.attributes[0].number : 0;
        numbers.push_back(!known ? std::numeric_limits<double>::infinity() : descending ? -number : number);
      }
      EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
    }
  }
}

TEST_P(EngineContract, PagesReachBehindTheWindowWithoutGapsAndDoubles) {
  settings_.window = 20;
  for (int i = 0; i < 97; ++i) {
    Put({.id = absl::StrCat("p", i), .group_id = absl::StrCat("g", i / 3), .title = absl::StrCat("drill ", i % 9)},
        {-1, -1, static_cast<float>(i % 13), 0});
  }
  Fill();
  for (const bool groups : {false, true}) {
    for (const size_t size : {7u, 20u, 33u}) {
      Question question = Of("drill");
      question.page_size = size;
      question.group_variants = groups;
      const std::vector<std::string> keys = AllPages(tested_->engine(), question);
      const uint64_t total = Answered(question).answer.total;
      EXPECT_EQ(total, groups ? 33u : 97u);
      EXPECT_THAT(keys, SizeIs(total));
      EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), total);
    }
  }
}

TEST_P(EngineContract, RulesPinHideBoostAndFilter) {
  for (int i = 0; i < 9; ++i) {
    Put({.id = absl::StrCat("p", i), .title = "drill", .brand = i == 7 ? "Bosch" : "Other"},
        {-1, -1, static_cast<float>(9 - i), 0});
  }
  Put({.id = "lamp", .title = "lamp"});
  Put({.id = "elsewhere", .title = "lamp"}, Priced(100));
  Fill();
  CurationRule rule;
  rule.id = "r";
  rule.queries = {"drill"};
  rule.actions = {PinProduct{"lamp", 2}, HideProduct{"p0"}, BoostProducts{"bosch", 10}, PinProduct{"nothing", 1}};
  CurationRule other;
  other.id = "s";
  other.queries = {"machine"};
  other.actions = {ReplaceQuery{"drill"}, AddFilter{"bosch"}};
  parts_.curation = *Curation::Build({rule, other});
  NamedFilters filters;
  filters.emplace("bosch", Filter::AnyOf({Property::Kind::kBrand, ""}, {"Bosch"}));
  parts_.curation_filters = std::make_shared<const NamedFilters>(filters);
  const EngineAnswer answer = Answered(Of("drill"));
  EXPECT_EQ(answer.answer.total, 9u);  // one more, one less
  const std::vector<std::string> ids = Ids(answer);
  ASSERT_THAT(ids, SizeIs(9));
  EXPECT_EQ(ids[0], "p7");
  EXPECT_EQ(ids[1], "lamp");
  EXPECT_EQ(std::count(ids.begin(), ids.end(), "p0"), 0);
  EXPECT_THAT(Ask(Of("machine")), ElementsAre("p7"));
  Question cheap = Of("drill");
  cheap.filters = {Filter::AnyOf({Property::Kind::kBrand, ""}, {"Other"})};
  EXPECT_EQ(Answered(cheap).answer.total, 7u);  // a pin passes the filters, or is not there
}

TEST_P(EngineContract, WhatIsInspectedIsToldFromWhatIsFound) {
  Put({.id = "in", .title = "red drill"}, Priced(3));
  Put({.id = "out", .title = "red lamp"}, Priced(4));
  Put({.id = "filtered", .title = "red drill"}, Priced(9));
  Fill();
  Question question = Of("red drill");
  question.filters = {Filter::Range({Property::Kind::kPrice, ""}, 0, 5e6)};
  const std::vector<std::string> ids = {"in", "out", "filtered", "nowhere"};
  const auto inspected = tested_->engine().Inspect(parts_, settings_, question, ids, Deadline());
  KONTOR_ASSERT_OK(inspected.status());
  EXPECT_THAT(inspected->members, ElementsAre(true, false, false, false));
  EXPECT_THAT(inspected->document_frequencies, ElementsAre(3u, 2u));
  const IndexView& view = *inspected->answered.view;
  EXPECT_TRUE(view.Find("filtered").has_value());
  EXPECT_FALSE(view.Find("nowhere").has_value());
  EXPECT_EQ(view.documents(), 3u);
  const auto missing = tested_->engine().Missing(parts_, ids, Deadline());
  KONTOR_ASSERT_OK(missing.status());
  EXPECT_THAT(*missing, ElementsAre("nowhere"));
}

TEST_P(EngineContract, RescueAndSubstitutesAreFound) {
  Put({.id = "a", .title = "cordless drill", .category_path = {"Tools"}}, Priced(50, 0));
  Put({.id = "b", .title = "cordless drill kit", .category_path = {"Tools"}}, Priced(60, 3));
  Put({.id = "c", .title = "hammer", .category_path = {"Tools"}}, Priced(500, 3));
  Fill();
  Question question = Of("cordless drill unheardof");
  question.filters = {Filter::Range({Property::Kind::kPrice, ""}, 0, 5e6)};
  const EngineAnswer empty = Answered(question);
  ASSERT_EQ(empty.answer.total, 0u);
  const auto rescue = FindRescue(tested_->engine(), parts_, settings_, question, empty.answer, Deadline());
  KONTOR_ASSERT_OK(rescue.status());
  ASSERT_TRUE(rescue->has_value());
  EXPECT_THAT((*rescue)->words, ElementsAre("unheardof"));
  EXPECT_THAT((*rescue)->filters, ElementsAre(0u));
  EXPECT_THAT(Ids((*rescue)->answered), UnorderedElementsAre("a", "b"));
  const EngineAnswer answer = Answered(Of("\"cordless drill\""));
  std::vector<DocRef> sold_out;
  for (const Found& found : answer.answer.page) {
    if (answer.view->Id(found.doc) == "a") sold_out.push_back(found.doc);
  }
  ASSERT_THAT(sold_out, SizeIs(1));
  const auto substitutes = tested_->engine().SubstitutesFor(parts_, answer, sold_out, {}, Deadline());
  KONTOR_ASSERT_OK(substitutes.status());
  ASSERT_THAT(substitutes->found, SizeIs(1));
  ASSERT_THAT(substitutes->found[0], SizeIs(1));  // the hammer costs too much
  EXPECT_EQ(substitutes->view->Id(substitutes->found[0][0].doc), "b");
}

TEST_P(EngineContract, OddInputIsAnsweredSensibly) {
  Put({.id = "quote\"id/with ünï", .title = "dr\"ill \\ 3/4 in \xff", .brand = "B\x1f",
       .attributes = {{"odd name.with[*]", "a\"b\\c.*"}}});
  Fill();
  Question question = Of("dr\"ill \x01 \xff\xfe -- \"unbalanced");
  question.match = {MatchPolicy::kAny, 0};
  Answered(question);
  std::string long_query;
  for (int i = 0; i < 2'000; ++i) absl::StrAppend(&long_query, "word", i, " ");
  question.query = long_query;
  question.match = {MatchPolicy::kMost, 24};
  EXPECT_EQ(Answered(question).answer.total, 0u);
  question = Of("");
  const Property odd{Property::Kind::kAttribute, "odd name.with[*]"};
  question.filters = {Filter::AnyOf(odd, {"a\"b\\c.*"})};
  question.facets = {{odd, 10, "A\"b\\c.*"}, {{Property::Kind::kAttribute, "odd name"}}};
  const EngineAnswer answer = Answered(question);
  EXPECT_THAT(Ids(answer), ElementsAre("quote\"id/with ünï"));
  EXPECT_THAT(answer.answer.facets[0].values, SizeIs(1));
  EXPECT_THAT(answer.answer.facets[1].values, IsEmpty());
  question.cursor = Cursor{500, {1, 7}, {}};
  EXPECT_THAT(Ask(question), IsEmpty());  // beyond the end
}

class EngineContractRandom : public EngineContract {
 protected:
  EngineContractRandom() : shop_(kontor::testing::Seed()) {
    Use(PlainAnalyzer());
    for (int i = 0; i < 400; ++i) {
      const Upsertion upsertion = shop_.Product(150);
      Put(upsertion.product, upsertion.live.value_or(LiveValues()));
    }
    settings_.window = 25;
    Fill();
  }

  Question Random() {
    Question question = Of("");
    auto reading = std::make_shared<Reading>();
    reading->understood.lexical = shop_.Query();
    question.reading = std::move(reading);
    base::Random& random = shop_.random;
    for (size_t i = random.Below(3); i > 0; --i) question.filters.push_back(shop_.MakeFilter(2));
    question.match = {static_cast<MatchPolicy>(random.Below(3)), random.Below(60)};
    question.facets = {{{Property::Kind::kBrand, ""}},
                       {{Property::Kind::kCategory, ""}},
                       {{Property::Kind::kAttribute, "colour"}},
                       {shop_.TextProperty(), 1 + random.Below(3), "", {}, {"w1"}}};
    if (question.facets[3].property.kind == Property::Kind::kCategory) question.facets[3].path = {"c1"};
    question.ranges = {{{Property::Kind::kPrice, ""}, {10e6, 25e6}}, {shop_.NumberProperty()}};
    question.page_size = 1 + random.Below(40);
    question.group_variants = random.Chance(.3);
    if (random.Chance(.4)) question.sort = SortSpec{shop_.NumberProperty(), random.Chance(.5)};
    return question;
  }

  static void ExpectSameCounts(const Answer& answer, const Answer& expected) {
    EXPECT_EQ(answer.total, expected.total);
    EXPECT_EQ(answer.all_words, expected.all_words);
    EXPECT_EQ(answer.dropped_words, expected.dropped_words);
    ASSERT_EQ(answer.facets.size(), expected.facets.size());
    for (size_t i = 0; i < answer.facets.size(); ++i) {
      EXPECT_EQ(Counts(answer.facets[i]), Counts(expected.facets[i])) << "facet " << i;
      EXPECT_EQ(answer.facets[i].distinct, expected.facets[i].distinct);
      EXPECT_EQ(answer.facets[i].documents, expected.facets[i].documents);
    }
    ASSERT_EQ(answer.ranges.size(), expected.ranges.size());
    for (size_t i = 0; i < answer.ranges.size(); ++i) {
      EXPECT_EQ(answer.ranges[i].count, expected.ranges[i].count) << "range " << i;
      EXPECT_EQ(answer.ranges[i].unknown, expected.ranges[i].unknown);
      EXPECT_DOUBLE_EQ(answer.ranges[i].least, expected.ranges[i].least);
      EXPECT_DOUBLE_EQ(answer.ranges[i].most, expected.ranges[i].most);
      EXPECT_NEAR(answer.ranges[i].sum, expected.ranges[i].sum, 1e-6 * std::abs(expected.ranges[i].sum));
      ASSERT_EQ(answer.ranges[i].buckets.size(), expected.ranges[i].buckets.size());
      for (size_t j = 0; j < answer.ranges[i].buckets.size(); ++j) {
        EXPECT_EQ(answer.ranges[i].buckets[j].count, expected.ranges[i].buckets[j].count);
      }
    }
  }

  RandomShop shop_;
};

TEST_P(EngineContractRandom, AnswersWhatTheOwnEngineAnswers) {
  const OwnEngine own;
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    const Question question = Random();
    if (!Validate(question).ok()) continue;
    const auto expected = own.Ask(parts_, settings_, question, Deadline());
    ExpectSameCounts(Answered(question).answer, expected->answer);
    std::vector<std::string> keys = AllPages(tested_->engine(), question);
    std::vector<std::string> expected_keys = AllPages(own, question);
    std::sort(keys.begin(), keys.end());
    std::sort(expected_keys.begin(), expected_keys.end());
    EXPECT_EQ(keys, expected_keys);
    if (HasFailure()) return;
  }
}

// The window is ranked by the same code with the same figures: where it holds everything, the order is the same.
TEST_P(EngineContractRandom, RanksAsTheOwnEngineDoes) {
  const OwnEngine own;
  settings_.window = 1'000;
  for (int round = 0; round < 30; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    Question question = Random();
    question.sort.reset();
    question.group_variants = false;
    question.page_size = 200;
    if (!Validate(question).ok()) continue;
    const EngineAnswer answer = Answered(question);
    const auto expected = own.Ask(parts_, settings_, question, Deadline());
    ASSERT_EQ(answer.answer.page.size(), expected->answer.page.size());
    for (size_t i = 0; i < answer.answer.page.size(); ++i) {
      EXPECT_NEAR(answer.answer.page[i].score, expected->answer.page[i].score, 1e-4) << "place " << i;
    }
    if (HasFailure()) return;
  }
}

}  // namespace kontor::search
