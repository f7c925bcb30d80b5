#include "services/search/opensearch_products.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/domain/search/index.h"
#include "libs/domain/search/match.h"
#include "libs/testing/status_matchers.h"

namespace kontor::search {
namespace {

using kontor::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr char kAnswer[] = R"({"timed_out":false,"_shards":{"failed":0},"hits":{"total":{"value":7},"hits":[
  {"_id":"a","_score":1.5,"sort":[1.5,42],"_source":{"id":"a","seq":42,"group":"g","title":"Red drill","brand":"Bosch",
   "category":["Tools","Tools\u001fDrills"],"attr":["color\u001fred"],"num":{"max%20size":[3,5]},"price":2500000,
   "stock":0.5,"popularity":2,"t_codes":["gsr\u000118 v2","x9"],"t_description":["for walls"]}},
  {"_id":"b","_score":null,"sort":[9223372036854775807,43],
   "_source":{"id":"b","seq":43,"group":"\u001fb","title":"Lamp"}}]},"aggregations":{"n":1}})";

TEST(OpenSearchProductsTest, HitsAreReadAsTheIndexWouldHaveThem) {
  const auto analyzer = *text::Analyzer::Create({});
  const Index empty(*analyzer);
  const auto hits = ReadHits(kAnswer);
  KONTOR_ASSERT_OK(hits.status());
  EXPECT_EQ(hits->total, 7u);
  EXPECT_EQ(hits->aggregations, R"({"n":1})");
  ASSERT_THAT(hits->hits, SizeIs(2));
  EXPECT_TRUE(std::isinf(hits->hits[1].sort[0]));
  NodeProducts products(*analyzer, *empty.View(), 100);
  const std::vector<DocRef> docs = products.AddPart(hits->hits);
  const auto again = products.AddPart({hits->hits[1]});
  const std::shared_ptr<const IndexView> view = products.View();
  EXPECT_EQ(view->documents(), 100u);
  EXPECT_EQ(again[0], docs[1]);
  EXPECT_EQ(view->Title(docs[0]), "Red drill");
  EXPECT_EQ(view->GroupId(docs[0]), "g");
  EXPECT_EQ(view->GroupId(docs[1]), "");
  EXPECT_EQ(view->Sequence(docs[0]), 42u);
  EXPECT_EQ(view->Live(docs[0]).price_micros, 2'500'000);
  EXPECT_EQ(view->Live(docs[1]).stock, -1);
  EXPECT_THAT(view->ValuesOf(docs[0], {Property::Kind::kCategory, ""}),
              ElementsAre("Tools", CategoryKey({"Tools", "Drills"})));
  EXPECT_THAT(view->TermsOf(docs[0], Field::kCodes), ElementsAre("gsr", "v2", "x9"));
  const auto matches = [&](std::vector<std::string> phrase) {
    LexicalQuery query;
    query.phrases = {std::move(phrase)};
    return Match(PreparedQuery(*view, query), {}, {MatchPolicy::kAll, 0}).count;
  };
  EXPECT_EQ(matches({"18", "v2"}), 1u);  // a form of the same place
  EXPECT_EQ(matches({"v2", "x9"}), 0u);  // another value
  const Filter sizes = Filter::Range({Property::Kind::kAttribute, "max size"}, 4, 6);
  EXPECT_EQ(Match(PreparedQuery(*view, {}), {sizes}, {MatchPolicy::kAll, 0}).count, 1u);
}

TEST(OpenSearchProductsTest, WhatIsNoWholeAnswerIsAnError) {
  EXPECT_THAT(ReadHits("<html>"), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(ReadHits("{}"), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(ReadHits(R"({"hits":{"hits":[{"_id":7}]}})"), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(ReadHits(R"({"timed_out":true,"hits":{"hits":[]}})"), StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_THAT(ReadHits(R"({"_shards":{"failed":1},"hits":{"hits":[]}})"), StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace kontor::search
