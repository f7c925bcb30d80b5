#include "libs/domain/search/rescue.h"

#include <limits>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/domain/search/index.h"
#include "libs/testing/status_matchers.h"

namespace kontor::search {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// Of two dimensions: what speaks of light, and all else.
class LightEncoder : public TextEncoder {
 public:
  size_t dimensions() const override { return 2; }
  absl::Status Encode(absl::Span<const TextToEncode> texts, absl::Span<float> out) const override {
    for (size_t i = 0; i < texts.size(); ++i) {
      const bool light = texts[i].text.find("lamp") != absl::string_view::npos ||
                         texts[i].text.find("lantern") != absl::string_view::npos;
      out[2 * i] = light ? 1 : 0;
      out[2 * i + 1] = light ? 0 : 1;
    }
    return absl::OkStatus();
  }
};

class RescueTest : public ::testing::Test {
 protected:
  RescueTest() : analyzer_(*text::Analyzer::Create({})), index_(*analyzer_) {
    settings_.bm25f.weights.fill(1);
    Add("bosch-drill", "cordless drill", "Bosch", 100);
    Add("makita-drill", "cordless drill", "Makita", 150);
    Add("bosch-hammer", "claw hammer", "Bosch", 20);
    Add("lamp", "reading lamp", "Osram", 30);
    index_.Commit();
    parts_.reading.analyzer = analyzer_.get();
    parts_.view = index_.View();
  }

  void Add(const std::string& id, const std::string& title, const std::string& brand, int64_t price) {
    Product product;
    product.id = id;
    product.title = title;
    product.brand = brand;
    LiveValues live;
    live.price_micros = price * 1'000'000;
    KONTOR_ASSERT_OK(index_.Upsert({{product, live}}));
  }

  static Question Of(const std::string& query, MatchPolicy policy = MatchPolicy::kMost) {
    Question question;
    question.query = query;
    question.match = {policy, 1};
    return question;
  }
  static Filter Brand(const std::string& brand) { return Filter::AnyOf({Property::Kind::kBrand, ""}, {brand}); }
  static Filter Price(double most) {
    return Filter::Range({Property::Kind::kPrice, ""}, -std::numeric_limits<double>::infinity(), most * 1e6);
  }

  std::optional<Rescue> Find(const Question& question) {
    const Answer answer = Ask(parts_, settings_, question);
    EXPECT_EQ(answer.total, 0u);
    return *FindRescue(OwnEngine(), parts_, settings_, question, answer, absl::InfiniteFuture());
  }
  std::vector<std::string> Ids(const Rescue& rescue) const {
    std::vector<std::string> ids;
    for (const Found& found : rescue.answered.answer.page) ids.emplace_back(parts_.view->Id(found.doc));
    return ids;
  }

  std::unique_ptr<text::Analyzer> analyzer_;
  Index index_;
  EngineParts parts_;
  EngineSettings settings_;
};

TEST_F(RescueTest, DropsTheFiltersThatLeaveNothingAndKeepsTheOthers) {
  Question question = Of("hammer");
  question.filters = {Brand("Makita"), Price(50)};
  const auto rescue = Find(question);
  ASSERT_TRUE(rescue.has_value());
  EXPECT_THAT(rescue->filters, ElementsAre(0));  // the price is kept
  EXPECT_THAT(rescue->words, IsEmpty());
  EXPECT_THAT(Ids(*rescue), ElementsAre("bosch-hammer"));
  EXPECT_EQ(rescue->answered.answer.total, 1u);
  EXPECT_FALSE(rescue->by_meaning);
}

TEST_F(RescueTest, DropsTheWordsThatTellLeast) {
  // "drill" stands in two products, "hammer" in one and tells more; "xyzzy" in none.
  const auto rescue = Find(Of("drill hammer xyzzy", MatchPolicy::kAll));
  ASSERT_TRUE(rescue.has_value());
  EXPECT_THAT(rescue->words, ElementsAre("drill", "xyzzy"));
  EXPECT_THAT(Ids(*rescue), ElementsAre("bosch-hammer"));
}

TEST_F(RescueTest, AQueryWithoutWordsDropsFilters) {
  Question question = Of("");
  question.filters = {Brand("Bosch"), Brand("Osram")};
  const auto rescue = Find(question);
  ASSERT_TRUE(rescue.has_value());
  EXPECT_THAT(rescue->filters, ElementsAre(1));
  EXPECT_THAT(Ids(*rescue), UnorderedElementsAre("bosch-drill", "bosch-hammer"));
}

TEST_F(RescueTest, WhereNoWordIsThereTheNearestOfMeaningWithinTheFilters) {
  EXPECT_FALSE(Find(Of("lantern")).has_value());  // no vectors
  auto encoder = std::make_shared<LightEncoder>();
  std::shared_ptr<VectorIndex> vectors = *VectorIndex::Create({.dimensions = 2});
  for (const char* id : {"bosch-drill", "makita-drill", "bosch-hammer", "lamp"}) {
    const DocRef doc = *parts_.view->Find(id);
    std::vector<float> vector(2);
    KONTOR_ASSERT_OK(encoder->Encode({{parts_.view->Title(doc), {}}}, absl::MakeSpan(vector)));
    KONTOR_ASSERT_OK(vectors->Set(parts_.view->Row(doc), vector));
  }
  auto meaning = std::make_shared<Meaning>();
  meaning->sentences = encoder;
  meaning->sentence_vectors = vectors;
  parts_.meaning = meaning;
  settings_.least_sentence_cosine = 2;  // nothing is near enough to join by itself
  Question question = Of("lantern");
  question.filters = {Price(50)};
  const auto rescue = Find(question);
  ASSERT_TRUE(rescue.has_value());
  EXPECT_TRUE(rescue->by_meaning);
  EXPECT_THAT(rescue->words, ElementsAre("lantern"));
  EXPECT_THAT(rescue->filters, IsEmpty());
  EXPECT_THAT(Ids(*rescue), ElementsAre("lamp"));
  question.filters = {Brand("Makita")};  // no light of this brand
  const auto wider = Find(question);
  ASSERT_TRUE(wider.has_value());
  EXPECT_THAT(wider->filters, ElementsAre(0));
  EXPECT_THAT(Ids(*wider), ElementsAre("lamp"));
  question.effort = Effort::kLexical;
  EXPECT_FALSE(Find(question).has_value());
}

TEST_F(RescueTest, WhatIsExcludedAskedVerbatimOrNotThereIsNotDropped) {
  EXPECT_FALSE(Find(Of("hammer -hammer")).has_value());
  Question question = Of("hammer");
  question.filters = {Brand("Makita")};
  question.verbatim = true;
  EXPECT_FALSE(Find(question).has_value());
  EXPECT_FALSE(Find(Of("xyzzy")).has_value());
}

}  // namespace
}  // namespace kontor::search
