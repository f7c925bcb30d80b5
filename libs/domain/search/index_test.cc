#include "libs/domain/search/index.h"

#include <gtest/gtest.h>

#include <cmath>

#include "libs/base/status.h"
#include "libs/domain/search/facet.h"
#include "libs/domain/search/highlight.h"
#include "libs/domain/search/index_oracle.h"
#include "libs/domain/search/index_random_shop.h"
#include "libs/domain/search/index_sort.h"

namespace kontor::search {
namespace {

Upsertion Titled(const std::string& id, const std::string& title, const std::string& brand = "") {
  Upsertion upsertion;
  upsertion.product.id = id;
  upsertion.product.title = title;
  upsertion.product.brand = brand;
  return upsertion;
}

LexicalQuery Words(const std::vector<std::string>& words) {
  LexicalQuery query;
  for (const std::string& word : words) query.slots.push_back({{{{word}, 1}}, 1, false});
  return query;
}

class IndexTest : public testing::Test {
 protected:
  void Add(const std::vector<Upsertion>& batch) {
    ASSERT_TRUE(index_.Upsert(batch).ok());
    index_.Commit();
    view_ = index_.View();
  }
  std::vector<std::string> Ids(const std::vector<Hit>& hits) {
    std::vector<std::string> ids;
    for (const Hit& hit : hits) ids.emplace_back(view_->Id(hit.doc));
    return ids;
  }
  float ScoreOfOnly(const LexicalQuery& query, const TopOptions& options) {
    return Top(PreparedQuery(*view_, query), Match(PreparedQuery(*view_, query), {}, {}), options).front().score;
  }

  const std::unique_ptr<text::Analyzer> analyzer_ = PlainAnalyzer();
  Index index_{*analyzer_};
  std::shared_ptr<const IndexView> view_ = index_.View();
};

// Four titles of 2, 2, 4 and 4 words: N = 4, average 3. "drill" stands in two of them: idf = ln(1 + 2.5 / 2.5) = ln 2.
// In "a" (length 2) the norm is .25 + .75 · 2/3 = .75, tf' = 1 / .75 = 4/3, and 4/3 · 2.2 / (4/3 + 1.2) = 1.157895; in
// "c" (length 4, twice) the norm is 1.25, tf' = 1.6 and 1.6 · 2.2 / 2.8 = 1.257143.
TEST_F(IndexTest, Bm25ByHand) {
  Add({Titled("a", "drill bit"), Titled("b", "red saw"), Titled("c", "drill and drill press"),
       Titled("d", "very red hand saw")});
  const PreparedQuery query(*view_, Words({"drill"}));
  const std::vector<Hit> hits = TopAny(query, {});
  ASSERT_EQ(Ids(hits), (std::vector<std::string>{"c", "a"}));
  EXPECT_NEAR(hits[0].score, std::log(2.0) * 1.2571429, 1e-6);
  EXPECT_NEAR(hits[1].score, std::log(2.0) * 1.1578947, 1e-6);
}

// One document with the word in title (length 2, average 2) and brand (length 1, average 1): both norms are 1, tf' = 1
// · 1 + 3 · 1 = 4, idf = ln(1 + .5 / 1.5), score = idf · 4 · 2.2 / 5.2. Doubled by a popularity of 10 with weight 2: x
// = 10 / (10 + 10).
TEST_F(IndexTest, Bm25fAndBoostByHand) {
  Upsertion upsertion = Titled("a", "moen faucet", "Moen");
  upsertion.live = LiveValues{-1, -1, 10, 0};
  Add({upsertion});
  TopOptions options;
  options.bm25f.weights = {1, 3, 0, 0, 0, 0};
  const double score = std::log(1 + .5 / 1.5) * 4 * 2.2 / 5.2;
  EXPECT_NEAR(ScoreOfOnly(Words({"moen"}), options), score, 1e-6);
  options.boosts.popularity = 2;
  EXPECT_NEAR(ScoreOfOnly(Words({"moen"}), options), 2 * score, 1e-6);
  const PreparedQuery query(*view_, Words({"moen"}));
  const DocScore parts = ScoreOf(query, options, {*view_->Find("a")}).front();
  EXPECT_FLOAT_EQ(parts.boost, 2);
  EXPECT_FLOAT_EQ(parts.slots[0].fields[0], 1);
  EXPECT_FLOAT_EQ(parts.slots[0].fields[1], 3);
}

TEST_F(IndexTest, TiesGoToTheEarlierAcrossSegmentsAndUpdates) {
  Add({Titled("b", "red saw"), Titled("z", "red saw")});
  Add({Titled("a", "red saw")});
  Add({Titled("b", "red saw")});  // again: keeps its place
  EXPECT_EQ(Ids(TopAny(PreparedQuery(*view_, Words({"saw"})), {})), (std::vector<std::string>{"b", "z", "a"}));
  index_.MergeAll();
  view_ = index_.View();
  EXPECT_EQ(view_->parts().size(), 1);
  EXPECT_EQ(Ids(TopAny(PreparedQuery(*view_, Words({"saw"})), {})), (std::vector<std::string>{"b", "z", "a"}));
}

TEST_F(IndexTest, PhrasesStayWithinAValue) {
  Upsertion upsertion = Titled("a", "dry wall screw");
  upsertion.product.category_path = {"power tools", "saws"};
  Add({upsertion, Titled("b", "wall dry")});
  const auto count = [&](std::vector<std::string> phrase) {
    LexicalQuery query;
    query.phrases.push_back(std::move(phrase));
    return Match(PreparedQuery(*view_, query), {}, {}).count;
  };
  EXPECT_EQ(count({"dry", "wall"}), 1);
  EXPECT_EQ(count({"wall", "dry"}), 1);
  EXPECT_EQ(count({"power", "tools"}), 1);
  EXPECT_EQ(count({"tools", "saws"}), 0);   // two levels
  EXPECT_EQ(count({"screw", "power"}), 0);  // two fields
}

TEST_F(IndexTest, UnknownWordsAreDroppedFirst) {
  Add({Titled("a", "red saw"), Titled("b", "blue saw")});
  const PreparedQuery query(*view_, Words({"red", "saw", "qwertz"}));
  EXPECT_EQ(Match(query, {}, {MatchPolicy::kAll, 1}).count, 0);
  const MatchSet most = Match(query, {}, {MatchPolicy::kMost, 1});
  EXPECT_EQ(most.count, 1);
  EXPECT_EQ(most.level, 0);
  EXPECT_EQ(Match(PreparedQuery(*view_, Words({"qwertz"})), {}, {}).count, 0);
}

TEST_F(IndexTest, IncludedNeighboursObeyFiltersAndExclusions) {
  Add({Titled("a", "red saw", "A"), Titled("b", "blue lamp", "A"), Titled("c", "old lamp", "B"),
       Titled("d", "blue chair", "A")});
  LexicalQuery query = Words({"saw"});
  query.excluded = {{"chair"}};
  const PreparedQuery prepared(*view_, query);
  const std::vector<Filter> filters = {Filter::AnyOf({Property::Kind::kBrand, ""}, {"A"})};
  MatchSet set = Match(prepared, filters, {});
  EXPECT_EQ(set.count, 1);
  set.Include(prepared, {*view_->Find("b"), *view_->Find("c"), *view_->Find("d")});
  EXPECT_EQ(set.count, 2);
  EXPECT_EQ(Ids(Top(prepared, set, {})), (std::vector<std::string>{"a", "b"}));
  const Facet facet = CountFacets(*view_, set, {FacetSpec{{Property::Kind::kBrand, ""}, 10, "", {}, {}}}).front();
  ASSERT_EQ(facet.values.size(), 2);  // disjunctive: B is what else there is
  EXPECT_EQ(facet.values[0].value, "A");
  EXPECT_EQ(facet.values[0].count, 2);
  EXPECT_EQ(facet.values[1].count, 1);
}

TEST_F(IndexTest, UsefulFacetsTellProductsApart) {
  std::vector<Upsertion> batch;
  for (int i = 0; i < 100; ++i) {
    Upsertion upsertion = Titled("p" + std::to_string(i), "saw", "One Brand");
    upsertion.product.attributes = {{"colour", i % 2 == 0 ? "red" : "blue", 0, false},
                                    {"serial", "s" + std::to_string(i), 0, false}};
    if (i < 10) upsertion.product.attributes.push_back({"finish", i % 2 == 0 ? "matt" : "gloss", 0, false});
    batch.push_back(upsertion);
  }
  Add(batch);
  const auto uses = UsefulFacets(*view_, Match(PreparedQuery(*view_, {}), {}, {}), 10);
  ASSERT_EQ(uses.size(), 3);
  EXPECT_EQ(uses[0].property.name, "colour");
  EXPECT_DOUBLE_EQ(uses[0].coverage, 1);
  EXPECT_DOUBLE_EQ(uses[0].entropy, 1);
  EXPECT_EQ(uses[1].property.name, "serial");  // ten of a hundred values that each one product has
  EXPECT_EQ(uses[2].property.name, "finish");
}

TEST_F(IndexTest, FacetListsWhatIsSelectedThoughItIsRare) {
  Add({Titled("a", "saw", "A"), Titled("b", "saw", "A"), Titled("c", "saw", "B"), Titled("d", "lamp", "C")});
  const MatchSet set = Match(PreparedQuery(*view_, Words({"saw"})), {}, {});
  FacetSpec spec{{Property::Kind::kBrand, ""}, 1, "", {}, {"B", "C"}};
  const Facet facet = CountFacets(*view_, set, {spec}).front();
  ASSERT_EQ(facet.values.size(), 3);
  EXPECT_EQ(facet.values[1].value, "B");
  EXPECT_EQ(facet.values[1].count, 1);
  EXPECT_EQ(facet.values[2].count, 0);
}

TEST_F(IndexTest, HighlightsByteRangesOfWords) {
  const auto terms = TermsOf(Words({"saw", "red"}));
  EXPECT_EQ(Highlight(*analyzer_, "Red hand-saw, redder", terms), (std::vector<ByteRange>{{0, 3}, {9, 12}}));
  EXPECT_TRUE(Highlight(*analyzer_, "\xff\xfe", terms).empty());
}

TEST_F(IndexTest, RefusesBadInputWithAllViolationsAndTakesNothing) {
  Upsertion bad = Titled("", "no id");
  bad.live = LiveValues{-5, 1, -1, 0};
  const absl::Status status = index_.Upsert({Titled("a", "good"), bad});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(base::ErrorViolations(status).size(), 3);
  EXPECT_FALSE(index_.Commit());
  EXPECT_EQ(index_.SetLive({LiveUpdate{"a", -2, {}, {}, {}}}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(*index_.SetLive({LiveUpdate{"a", 2, {}, {}, {}}}), 1);
}

TEST_F(IndexTest, RefusesBombs) {
  Filter deep = Filter::Range({Property::Kind::kPrice, ""}, 5, 3);
  for (size_t i = 0; i < kMaxFilterDepth; ++i) deep = Filter::Not(deep);
  EXPECT_EQ(base::ErrorViolations(Validate({deep})).size(), 1);  // too deep; what is below is not looked at
  EXPECT_FALSE(Validate(std::vector<Filter>(kMaxFilterClauses + 1)).ok());
  EXPECT_FALSE(
      Validate({Filter::AnyOf({Property::Kind::kBrand, ""}, std::vector<std::string>(kMaxFilterValues + 1))}).ok());
  EXPECT_FALSE(Validate({Filter::AnyOf({Property::Kind::kPrice, ""}, {"3"})}).ok());
  EXPECT_FALSE(Validate({Filter::Range({Property::Kind::kBrand, ""}, 1, 2)}).ok());
  EXPECT_FALSE(Validate({Filter::Range({Property::Kind::kPrice, ""}, NAN, 2)}).ok());
  LexicalQuery query = Words(std::vector<std::string>(kMaxSlots + 1, "a"));
  query.slots.front().alternatives.clear();
  query.slots[1].weight = -1;
  EXPECT_EQ(base::ErrorViolations(Validate(query)).size(), 3);
  EXPECT_FALSE(Validate(SortSpec{{Property::Kind::kBrand, ""}}, 10).ok());
  EXPECT_FALSE(Validate(SortSpec{{Property::Kind::kPrice, ""}}, kMaxPageSize + 1).ok());
}

TEST_F(IndexTest, FiltersAreKnownByWhatTheyMean) {
  const Property brand{Property::Kind::kBrand, ""};
  EXPECT_EQ(CanonicalText(Filter::AnyOf(brand, {"a", "b"})), CanonicalText(Filter::AnyOf(brand, {"b", "a"})));
  EXPECT_NE(CanonicalText(Filter::AnyOf(brand, {"a", "b"})), CanonicalText(Filter::AnyOf(brand, {"a,1=b"})));
  const Property size{Property::Kind::kAttribute, "size"};
  EXPECT_NE(CanonicalText(Filter::Range(size, 0, 1.0000001)), CanonicalText(Filter::Range(size, 0, 1.0000002)));
}

// Segments past the sizes at which bitmaps and windows begin; wholly remembered filters.
TEST_F(IndexTest, LargeSegmentsAnswerAsSmallOnes) {
  RandomShop shop(11);
  Index small(*analyzer_, {200, 1000, .9});
  std::vector<Upsertion> batch;
  for (int i = 0; i < 12'000; ++i) {
    batch.push_back(shop.Product(1'000'000));
    if (!batch.back().live.has_value()) batch.back().live = shop.Live();
  }
  ASSERT_TRUE(small.Upsert(batch).ok());
  small.Commit();
  Add(batch);
  ASSERT_EQ(view_->parts().size(), 1);
  const auto other = small.View();
  ASSERT_GT(other->parts().size(), 40);
  for (int i = 0; i < 150; ++i) {
    const LexicalQuery query = shop.Query();
    const std::vector<Filter> filters = i % 2 == 0 ? std::vector<Filter>{} : std::vector<Filter>{shop.MakeFilter(3)};
    const PreparedQuery one(*view_, query), many(*other, query);
    const MatchOptions policy{static_cast<MatchPolicy>(i % 3), 50};
    const MatchSet of_one = Match(one, filters, policy), of_many = Match(many, filters, policy);
    ASSERT_EQ(of_one.count, of_many.count);
    ASSERT_EQ(Match(one, filters, policy).count, of_one.count);  // filters remembered
    TopOptions options;
    options.bm25f.weights = {1, .5F, .3F, .2F, .5F, .1F};
    if (i % 4 == 0) options.boosts.popularity = .5F;
    options.k = i % 5 == 0 ? 500 : 10;
    const auto compare = [&](const std::vector<Hit>& a, const std::vector<Hit>& b) {
      ASSERT_EQ(a.size(), b.size());
      for (size_t r = 0; r < a.size(); ++r) {
        ASSERT_EQ(view_->Id(a[r].doc), other->Id(b[r].doc));
        ASSERT_EQ(a[r].score, b[r].score);
      }
    };
    compare(Top(one, of_one, options), Top(many, of_many, options));
    compare(TopAny(one, options), TopAny(many, options));
    const FacetSpec spec{shop.TextProperty(), 100, "", {}, {}};
    const Facet a = CountFacets(*view_, of_one, {spec}).front(), b = CountFacets(*other, of_many, {spec}).front();
    ASSERT_EQ(a.documents, b.documents);
    ASSERT_EQ(a.distinct, b.distinct);
  }
}

}  // namespace
}  // namespace kontor::search
