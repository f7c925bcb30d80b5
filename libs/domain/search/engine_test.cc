#include "libs/domain/search/engine.h"

#include <cmath>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/domain/search/index.h"
#include "libs/testing/seed.h"
#include "libs/testing/status_matchers.h"

namespace kontor::search {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr const char* kWords[] = {"red", "blue", "drill", "hammer", "glove", "lamp", "cable", "green", "saw", "tape"};
constexpr const char* kBrands[] = {"Bosch", "Makita", "Stanley"};
constexpr uint32_t kDimensions = 16;

// A vector that a text's bytes decide.
class HashEncoder : public TextEncoder {
 public:
  size_t dimensions() const override { return kDimensions; }
  absl::Status Encode(absl::Span<const TextToEncode> texts, absl::Span<float> out) const override {
    for (size_t t = 0; t < texts.size(); ++t) {
      base::Random random(std::hash<std::string>()(std::string(texts[t].text)));
      float norm = 0;
      for (uint32_t i = 0; i < kDimensions; ++i) {
        const float x = static_cast<float>(random.Uniform()) - 0.5F;
        out[t * kDimensions + i] = x;
        norm += x * x;
      }
      for (uint32_t i = 0; i < kDimensions; ++i) out[t * kDimensions + i] /= std::sqrt(norm);
    }
    return absl::OkStatus();
  }
};

class EngineTest : public ::testing::Test {
 protected:
  EngineTest() : analyzer_(*text::Analyzer::Create({})), index_(*analyzer_), random_(kontor::testing::Seed()) {
    settings_.bm25f.weights.fill(1);
    settings_.neighbours = 20;
    settings_.window = 30;
    settings_.least_sentence_cosine = 0.2F;
  }

  void Fill(int products) {
    VectorOptions options;
    options.dimensions = kDimensions;
    std::shared_ptr<VectorIndex> vectors = *VectorIndex::Create(options);
    for (int i = 0; i < products; ++i) {
      Product product;
      product.id = absl::StrCat("p", i);
      product.group_id = absl::StrCat("g", i / 3);
      product.title =
          absl::StrCat(kWords[random_.Below(10)], " ", kWords[random_.Below(10)], " ", kWords[random_.Below(10)]);
      product.brand = kBrands[random_.Below(3)];
      LiveValues live;
      live.price_micros = static_cast<int64_t>(random_.Below(100)) * 1'000'000;
      KONTOR_ASSERT_OK(index_.Upsert({{product, live}}));
      if (i % 100 == 99) index_.Commit();
    }
    index_.Commit();
    parts_.reading.analyzer = analyzer_.get();
    parts_.view = index_.View();
    auto encoder = std::make_shared<HashEncoder>();
    for (uint32_t part = 0; part < parts_.view->parts().size(); ++part) {
      for (uint32_t doc = 0; doc < parts_.view->segment(part).documents; ++doc) {
        std::vector<float> vector(kDimensions);
        KONTOR_ASSERT_OK(encoder->Encode({{parts_.view->Title({part, doc}), {}}}, absl::MakeSpan(vector)));
        KONTOR_ASSERT_OK(vectors->Set(parts_.view->Row({part, doc}), vector));
      }
    }
    auto meaning = std::make_shared<Meaning>();
    meaning->sentences = encoder;
    meaning->sentence_vectors = vectors;
    parts_.meaning = meaning;
  }

  Question Ask3() {
    Question question;
    question.query = absl::StrCat(kWords[random_.Below(10)], " ", kWords[random_.Below(10)]);
    question.effort = Effort::kFused;
    question.facets = {{{Property::Kind::kBrand, ""}}};
    question.page_size = 1 + random_.Below(40);
    question.match.enough = random_.Below(30);
    question.group_variants = random_.Below(3) == 0;
    if (random_.Below(2) == 0) {
      question.filters.push_back(Filter::Range({Property::Kind::kPrice, ""}, 0, 50e6));
    }
    return question;
  }

  // All pages, one behind another.
  std::vector<DocRef> AllPages(Question question, uint64_t total) {
    std::vector<DocRef> docs;
    for (size_t pages = 0; pages < 1'000; ++pages) {
      const Answer answer = Ask(parts_, settings_, question);
      EXPECT_EQ(answer.total, total);
      for (const Found& found : answer.page) docs.push_back(found.doc);
      if (!answer.next.has_value()) break;
      question.cursor = answer.next;
    }
    return docs;
  }

  std::unique_ptr<text::Analyzer> analyzer_;
  Index index_;
  base::Random random_;
  EngineParts parts_;
  EngineSettings settings_;
};

// Whatever ranks: what is counted is what can be paged through, each product once, and all of it passes the filters.
TEST_F(EngineTest, TotalsFacetsAndPagesSpeakOfOneSetInEveryMode) {
  Fill(700);
  for (int round = 0; round < 60; ++round) {
    Question question = Ask3();
    if (random_.Below(4) == 0) question.sort = SortSpec{{Property::Kind::kPrice, ""}, false};
    if (random_.Below(4) == 0) question.effort = Effort::kLexical;
    const Answer answer = Ask(parts_, settings_, question);
    const std::vector<DocRef> docs = AllPages(question, answer.total);
    EXPECT_EQ(docs.size(), answer.total) << "round " << round;
    std::set<std::string> ids, groups;
    std::map<std::string, uint64_t> brands;
    for (const DocRef doc : docs) {
      EXPECT_TRUE(ids.emplace(parts_.view->Id(doc)).second) << "round " << round << ": twice " << parts_.view->Id(doc);
      groups.emplace(parts_.view->GroupId(doc));
      ++brands[std::string(parts_.view->ValuesOf(doc, {Property::Kind::kBrand, ""})[0])];
      if (!question.filters.empty()) {
        EXPECT_LE(parts_.view->Live(doc).price_micros, 50'000'000);
      }
    }
    if (question.group_variants) {
      EXPECT_EQ(groups.size(), docs.size());
      continue;
    }
    for (const FacetValue& value : answer.facets[0].values) EXPECT_EQ(brands[value.value], value.count);
  }
}

TEST_F(EngineTest, NeighboursJoinWhatHasTheWords) {
  Fill(300);
  Question question;
  question.query = "drill hammer";
  question.match = {MatchPolicy::kAll, 0};
  question.effort = Effort::kLexical;
  const uint64_t lexical = Ask(parts_, settings_, question).total;
  question.effort = Effort::kFused;
  const Answer fused = Ask(parts_, settings_, question);
  EXPECT_GT(fused.total, lexical);
  EXPECT_LE(fused.total, lexical + settings_.neighbours);
  EXPECT_EQ(fused.effort, Effort::kFused);
  EXPECT_EQ(fused.all_words, lexical);
}

TEST_F(EngineTest, WhatIsPinnedStandsAtItsPlaceAndCountsAndWhatIsHiddenDoesNot) {
  Fill(120);
  Question question;
  question.query = "drill";
  question.effort = Effort::kLexical;
  question.page_size = 200;
  question.match = {MatchPolicy::kAll, 0};
  const Answer before = Ask(parts_, settings_, question);
  ASSERT_GE(before.page.size(), 3u);
  const std::string second(parts_.view->Id(before.page[1].doc));
  std::string foreign;
  for (int i = 0; i < 120 && foreign.empty(); ++i) {
    const auto doc = parts_.view->Find(absl::StrCat("p", i));
    if (!absl::StrContains(parts_.view->Title(*doc), "drill")) foreign = absl::StrCat("p", i);
  }
  CurationRule rule;
  rule.id = "r";
  rule.queries = {"drill"};
  rule.actions = {PinProduct{foreign, 1}, HideProduct{second}};
  parts_.curation = *Curation::Build({rule});
  const Answer after = Ask(parts_, settings_, question);
  EXPECT_EQ(after.total, before.total);  // one more, one less
  EXPECT_EQ(parts_.view->Id(after.page[0].doc), foreign);
  EXPECT_THAT(after.page, SizeIs(after.total));
  for (const Found& found : after.page) EXPECT_NE(parts_.view->Id(found.doc), second);
  question.verbatim = true;
  EXPECT_EQ(Ask(parts_, settings_, question).total, before.total);
}

TEST_F(EngineTest, AnExactNameOrPartNumberStandsBeforeWhatIsNear) {
  Fill(200);
  KONTOR_ASSERT_OK(index_.Upsert({{{.id = "name", .title = "drill hammer"}, {}},
                                  {{.id = "code", .title = "tape of some kind", .codes = {"DCD771C2"}}, {}},
                                  {{.id = "near", .title = "tape drill dcd771c3 tape", .codes = {"DCD771C3"}}, {}}}));
  index_.Commit();
  parts_.view = index_.View();
  Question question;
  question.match = {MatchPolicy::kAny, 0};
  for (const Effort effort : {Effort::kLexical, Effort::kFused}) {
    question.effort = effort;
    question.query = "tape drill dcd771c2";
    EXPECT_EQ(parts_.view->Id(Ask(parts_, settings_, question).page[0].doc), "code");
    question.query = "drill hammer";
    EXPECT_EQ(parts_.view->Id(Ask(parts_, settings_, question).page[0].doc), "name");
  }
}

TEST_F(EngineTest, AnEmptyIndexAndAnEmptyQueryAreNoTrouble) {
  parts_.reading.analyzer = analyzer_.get();
  parts_.view = index_.View();
  Question question;
  question.query = "drill";
  EXPECT_EQ(Ask(parts_, settings_, question).total, 0u);
  Fill(50);
  question.query = "";
  const Answer all = Ask(parts_, settings_, question);
  EXPECT_EQ(all.total, 50u);
  question.page_size = 0;
  EXPECT_THAT(Validate(question), kontor::testing::StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace kontor::search
