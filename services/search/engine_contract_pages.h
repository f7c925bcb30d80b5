#pragma once

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "libs/domain/search/rescue.h"
#include "services/search/engine_contract_shop.h"

// What every engine behind the port has to make of what it found.
namespace kontor::search {

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
  Put({.id = "quote\"id/with ünï",
       .title = "dr\"ill \\ 3/4 in \xff",
       .brand = "B\x1f",
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

}  // namespace kontor::search
