#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"
#include "services/search/attribution_token.h"
#include "services/search/curation_convert.h"
#include "services/search/filter_convert.h"
#include "services/search/page_token.h"
#include "services/search/question_convert.h"

namespace kontor::search {
namespace {

using kontor::testing::StatusIs;
using ::testing::ElementsAre;

TEST(AttributionToken, ReadsWhatItPrintsAndNothingElse) {
  AttributionToken token;
  token.answered_at = absl::FromUnixMicros(1'323'435'000'000'000);
  token.answer_id = 0xf1e2d3c4b5a697;
  token.effort = 3;
  const std::string text = FormatAttributionToken(token);
  EXPECT_EQ(text, "s1.1323435000000000.00f1e2d3c4b5a697.3.0");
  KONTOR_ASSERT_OK_AND_ASSIGN(const AttributionToken read, ParseAttributionToken(text));
  EXPECT_EQ(read.answer_id, token.answer_id);
  EXPECT_EQ(read.answered_at, token.answered_at);
  token.variant = 2;
  token.experiment = "new-weights";
  token.candidate_places = 5;
  const std::string longer = FormatAttributionToken(token);
  EXPECT_EQ(longer, "s1.1323435000000000.00f1e2d3c4b5a697.3.2.new-weights.0000000000000005");
  KONTOR_ASSERT_OK_AND_ASSIGN(const AttributionToken exposed, ParseAttributionToken(longer));
  EXPECT_EQ(exposed.variant, 2);
  EXPECT_EQ(exposed.experiment, "new-weights");
  EXPECT_EQ(exposed.candidate_places, 5u);
  for (const char* wrong :
       {"s1.1.00f1e2d3c4b5a697.3.3.a.0000000000000005", "s1.1.00f1e2d3c4b5a697.3.2..0000000000000005",
        "s1.1.00f1e2d3c4b5a697.3.2.a.5", "s1.1.00f1e2d3c4b5a697.3.2.a"}) {
    EXPECT_FALSE(ParseAttributionToken(wrong).ok()) << wrong;
  }
  for (const char* wrong : {"", "s1", "r2.1.2.3", "s1.1.00f1e2d3c4b5a697.3", "s1.01.00f1e2d3c4b5a697.3.0",
                            "s1.1323435000000000.f1e2d3c4b5a697.3.0", "s1.1.00f1e2d3c4b5a69Z.3.0"}) {
    EXPECT_FALSE(ParseAttributionToken(wrong).ok()) << wrong;
  }
}

TEST(PageToken, PagesGoOnWithTheEffortOfTheFirst) {
  v1::SearchRequest request;
  request.set_parent("shops/default");
  request.set_query("drill");
  request.set_page_token(FormatPageToken({{.offset = 24}, Effort::kLexical}, RequestHash(request)));
  KONTOR_ASSERT_OK_AND_ASSIGN(const Question question, QuestionFrom(request, 0));
  EXPECT_EQ(question.effort, Effort::kLexical);
  EXPECT_EQ(question.cursor->offset, 24u);
}

TEST(Effort, BesideTooManyOthersWordsMustDo) {
  EXPECT_EQ(EffortBeside(Effort::kLearned, 3, 4), Effort::kLearned);
  EXPECT_EQ(EffortBeside(Effort::kLearned, 4, 4), Effort::kLexical);
  EXPECT_EQ(EffortBeside(Effort::kFused, 9, 4), Effort::kLexical);
}

TEST(PageToken, BelongsToItsRequest) {
  Cursor cursor;
  cursor.offset = 48;
  cursor.after_rank = {1.5F, 77};
  cursor.after_sort = {-2.25, true, 99};
  const std::string text = FormatPageToken({cursor, Effort::kFused}, 0xabcdef);
  KONTOR_ASSERT_OK_AND_ASSIGN(const PagePlace place, ParsePageToken(text, 0xabcdef));
  const Cursor& read = place.cursor;
  EXPECT_EQ(place.effort, Effort::kFused);
  EXPECT_EQ(read.offset, 48u);
  EXPECT_EQ(read.after_rank.score, 1.5F);
  EXPECT_EQ(read.after_rank.sequence, 77u);
  EXPECT_EQ(read.after_sort.key, -2.25);
  EXPECT_TRUE(read.after_sort.unknown);
  EXPECT_FALSE(ParsePageToken(text, 0xabcdee).ok());
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == '7' ? 'x' : '7';
    const auto parsed = ParsePageToken(changed, 0xabcdef);  // never trouble; where it parses, it prints the same
    if (parsed.ok()) {
      EXPECT_EQ(FormatPageToken(*parsed, 0xabcdef), changed);
    }
  }
}

v1::Filter WithValues(const std::string& field, std::initializer_list<const char*> values) {
  v1::Filter filter;
  filter.set_field(field);
  for (const char* value : values) filter.add_values(value);
  return filter;
}

TEST(Filters, SayWhatTheyMean) {
  const Filter category = FilterFrom(WithValues("category", {"Tools > Drills"}));
  EXPECT_EQ(category.kind, Filter::Kind::kAnyOf);
  EXPECT_THAT(CategoryPath(category.values[0]), ElementsAre("Tools", "Drills"));
  v1::Filter price;
  price.set_field("price");
  price.mutable_max()->set_units(50);
  price.mutable_max()->set_nanos(500'000'000);
  EXPECT_EQ(FilterFrom(price).high, 50.5e6);
  EXPECT_EQ(FilterText(price), "price to 50.5");
  price.set_exclude(true);
  EXPECT_EQ(FilterFrom(price).kind, Filter::Kind::kNot);
  EXPECT_EQ(FilterText(WithValues("attributes.color", {"red", "blue"})), "attributes.color is red or blue");
  EXPECT_EQ(FieldOf(*PropertyOf("attributes.color")), "attributes.color");
}

TEST(Filters, EveryViolationAtOnce) {
  base::Violations violations;
  CheckFilter("a.", WithValues("colour", {"red"}), violations);      // no such field
  CheckFilter("b.", WithValues("brand", {}), violations);            // neither values nor range
  CheckFilter("c.", WithValues("price", {"5"}), violations);         // a price has a range
  CheckFilter("d.", WithValues("in_stock", {"maybe"}), violations);  // true or false
  CheckFilter("e.", WithValues("attributes.", {"x"}), violations);   // no name
  v1::Filter brand_range;
  brand_range.set_field("brand");
  brand_range.mutable_min()->set_units(1);
  CheckFilter("f.", brand_range, violations);
  EXPECT_EQ(violations.list().size(), 6u);
}

TEST(Questions, LimitsAreTold) {
  v1::SearchRequest request;
  request.set_query("drill");
  request.set_enough(5'000);
  request.set_automatic_facets(-1);
  request.mutable_sort()->set_by(v1::Sort::BY_ATTRIBUTE);
  request.set_matching(static_cast<v1::Matching>(77));
  const auto refused = QuestionFrom(request, 0);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(base::ErrorViolations(refused.status()).size(), 4u);
}

TEST(Questions, ShortDeadlinesAskForLess) {
  runtime::CallContext call;
  EXPECT_EQ(AffordableEffort(call), Effort::kLearned);
  call.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(15);
  EXPECT_EQ(AffordableEffort(call), Effort::kFused);
  call.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(4);
  EXPECT_EQ(AffordableEffort(call), Effort::kLexical);
}

TEST(Curations, EveryViolationAtOnce) {
  v1::Rule rule;
  rule.set_priority(5'000);
  rule.mutable_condition()->add_queries("!!");
  rule.add_actions()->mutable_pin()->set_place(0);
  rule.add_actions()->set_redirect_uri("javascript:alert(1)");
  rule.add_actions();
  base::Violations violations;
  CheckCuration("rule.", rule, violations);
  EXPECT_EQ(violations.list().size(), 6u);  // priority, words, product, place, uri, no action
  v1::SynonymSet set;
  set.add_phrases("one");
  base::Violations synonyms;
  CheckCuration("synonym_set.", set, synonyms);
  EXPECT_EQ(synonyms.list().size(), 2u);  // direction, too few
}

}  // namespace
}  // namespace kontor::search
