#include <cmath>
#include <map>

#include "libs/base/hash.h"
#include "libs/base/random.h"
#include "libs/base/status.h"
#include "libs/testing/certificate.h"
#include "libs/testing/temporary_folder.h"
#include "libs/testing/tls_front.h"
#include "services/search/engine_contract_pages.h"
#include "services/search/engine_contract_random.h"
#include "services/search/engine_contract_sets.h"
#include "services/search/opensearch_engine.h"
#include "services/search/opensearch_query.h"
#include "services/search/opensearch_test_index.h"

namespace kontor::search {
namespace {

using kontor::testing::StatusIs;

class OpenSearchUnderTest : public EngineUnderTest {
 public:
  void Fill(const text::Analyzer& analyzer, const Products& products) override {
    std::string actions;
    for (const auto& [id, product] : products) {
      absl::StrAppend(&actions, "{\"index\":{\"_id\":", JsonText(id), "}}\n",
                      DocumentJson(analyzer, product.first, product.second), "\n");
    }
    index_.Write(actions);
  }
  const SearchEngine& engine() const override { return engine_; }

 private:
  OpenSearchTestIndex index_{"contract"};
  OpenSearchEngine engine_{index_.client(), index_.alias()};
};

std::unique_ptr<EngineUnderTest> Node() { return std::make_unique<OpenSearchUnderTest>(); }

INSTANTIATE_TEST_SUITE_P(OpenSearch, EngineContract, ::testing::Values(MakeEngine(&Node)));
INSTANTIATE_TEST_SUITE_P(OpenSearch, EngineContractRandom, ::testing::Values(MakeEngine(&Node)));

constexpr uint32_t kDimensions = 16;

// A vector that a text's bytes decide.
class HashEncoder : public TextEncoder {
 public:
  size_t dimensions() const override { return kDimensions; }
  absl::Status Encode(absl::Span<const TextToEncode> texts, absl::Span<float> out) const override {
    for (size_t t = 0; t < texts.size(); ++t) {
      base::Random random(base::StableHash(texts[t].text));
      float norm = 0;
      for (uint32_t i = 0; i < kDimensions; ++i) {
        out[t * kDimensions + i] = static_cast<float>(random.Uniform()) - 0.5F;
        norm += out[t * kDimensions + i] * out[t * kDimensions + i];
      }
      for (uint32_t i = 0; i < kDimensions; ++i) out[t * kDimensions + i] /= std::sqrt(norm);
    }
    return absl::OkStatus();
  }
};

// Both engines over the same products with vectors: the nearest of meaning join the same sets and are ranked alike.
TEST(OpenSearchVectorsTest, NeighboursJoinAndRankAsInTheOwnIndex) {
  constexpr const char* kWords[] = {"red", "blue", "drill", "hammer", "glove", "lamp", "cable", "saw"};
  const auto analyzer = *text::Analyzer::Create({});
  Index index(*analyzer);
  const OpenSearchTestIndex node("vectors", kDimensions);
  const HashEncoder encoder;
  std::shared_ptr<VectorIndex> vectors = *VectorIndex::Create({.dimensions = kDimensions});
  base::Random random(7);
  std::string actions;
  std::map<std::string, std::vector<float>> vector_of;
  for (int i = 0; i < 200; ++i) {
    Product product;
    product.id = absl::StrCat("p", i);
    product.title = absl::StrCat(kWords[random.Below(8)], " ", kWords[random.Below(8)], " ", i);
    std::vector<float>& vector = vector_of[product.id];
    vector.resize(kDimensions);
    KONTOR_ASSERT_OK(encoder.Encode({{product.title, {}}}, absl::MakeSpan(vector)));
    KONTOR_ASSERT_OK(index.Upsert({{product, LiveValues{static_cast<int64_t>(i) * 1'000'000, -1, 0, 0}}}));
    absl::StrAppend(&actions, "{\"index\":{\"_id\":", JsonText(product.id), "}}\n",
                    DocumentJson(*analyzer, product, {static_cast<int64_t>(i) * 1'000'000, -1, 0, 0}, vector), "\n");
  }
  index.Commit();
  node.Write(actions);
  EngineParts parts;
  parts.reading.analyzer = analyzer.get();
  parts.view = index.View();
  for (const auto& [id, vector] : vector_of) {
    KONTOR_ASSERT_OK(vectors->Set(parts.view->Row(*parts.view->Find(id)), vector));
  }
  auto meaning = std::make_shared<Meaning>();
  meaning->sentences = std::make_shared<HashEncoder>();
  meaning->sentence_vectors = vectors;
  parts.meaning = meaning;
  EngineSettings settings = ServingSettings();
  settings.neighbours = 20;
  Question question;
  question.query = "drill hammer";
  question.effort = Effort::kFused;
  question.match = {MatchPolicy::kAll, 0};
  question.page_size = 100;
  question.filters = {Filter::Range({Property::Kind::kPrice, ""}, 0, 150e6)};
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  const OpenSearchEngine engine(node.client(), node.alias());
  const auto own = *OwnEngine().Ask(parts, settings, question, deadline);
  const auto answer = engine.Ask(parts, settings, question, deadline);
  KONTOR_ASSERT_OK(answer.status());
  EXPECT_GT(own.answer.total, own.answer.all_words);
  EXPECT_NEAR(static_cast<double>(answer->answer.total), static_cast<double>(own.answer.total), 1);  // int8 there
  EXPECT_EQ(answer->answer.all_words, own.answer.all_words);
  EXPECT_EQ(answer->answer.effort, Effort::kFused);
  std::map<std::string, double> scores;
  for (const Found& found : own.answer.page) scores.emplace(own.view->Id(found.doc), found.score);
  size_t both = 0;
  for (const Found& found : answer->answer.page) {
    const auto score = scores.find(std::string(answer->view->Id(found.doc)));
    if (score == scores.end()) continue;
    ++both;
    EXPECT_NEAR(found.score, score->second, 0.02) << score->first;
  }
  EXPECT_GE(both + 1, own.answer.total);
}

class OpenSearchAwayTest : public ::testing::Test {
 protected:
  OpenSearchAwayTest() : analyzer_(*text::Analyzer::Create({})), index_(*analyzer_) {
    parts_.reading.analyzer = analyzer_.get();
    parts_.view = index_.View();
    question_.query = "drill";
  }

  std::unique_ptr<text::Analyzer> analyzer_;
  Index index_;
  EngineParts parts_;
  Question question_;
};

TEST_F(OpenSearchAwayTest, AMissingIndexOrNodeIsUnavailable) {
  const OpenSearchTestIndex there("there");
  const OpenSearchEngine engine(there.client(), "kontor-nowhere");
  const auto answer = engine.Ask(parts_, ServingSettings(), question_, absl::Now() + absl::Seconds(10));
  EXPECT_THAT(answer, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(base::ErrorReason(answer.status()), kReasonEngineAway);
  const auto nobody = *opensearch::Client::Create({"http://127.0.0.1:1"});
  EXPECT_THAT(OpenSearchEngine(*nobody, there.alias())
                  .Ask(parts_, ServingSettings(), question_, absl::Now() + absl::Seconds(10)),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(OpenSearchAwayTest, ANodeThatDoesNotLetThisServiceInIsAwayForCallers) {
  const kontor::testing::TemporaryFolder folder("kontor-tls");
  const auto certificate = kontor::testing::MakeCertificate(folder.path(), "node");
  const kontor::testing::TlsFront node(certificate, "kontor", "secret", [](const std::string&) { return ""; });
  const auto stranger = *opensearch::Client::Create(
      {absl::StrCat("https://127.0.0.1:", node.port()), "kontor", "guessed", certificate.certificate_file});
  const auto answer = OpenSearchEngine(*stranger, "kontor-shop")
                          .Ask(parts_, ServingSettings(), question_, absl::Now() + absl::Seconds(10));
  EXPECT_THAT(answer, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(base::ErrorReason(answer.status()), kReasonEngineAway);
  EXPECT_THAT(answer.status().message(), ::testing::HasSubstr("does not let this service in"));
}

TEST_F(OpenSearchAwayTest, ANodeThatHangsCostsNoMoreThanTheDeadline) {
  const OpenSearchTestIndex index("hangs");
  const OpenSearchEngine engine(index.client(), index.alias());
  KONTOR_ASSERT_OK(engine.Ask(parts_, ServingSettings(), question_, absl::Now() + absl::Seconds(30)).status());
  kontor::testing::PrivateOpenSearch::Shared().Freeze();
  const absl::Time begin = absl::Now();
  const auto answer = engine.Ask(parts_, ServingSettings(), question_, begin + absl::Milliseconds(300));
  const absl::Duration taken = absl::Now() - begin;
  kontor::testing::PrivateOpenSearch::Shared().Thaw();
  EXPECT_THAT(answer, StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_LT(taken, absl::Seconds(5));
  KONTOR_ASSERT_OK(engine.Ask(parts_, ServingSettings(), question_, absl::Now() + absl::Seconds(30)).status());
}

}  // namespace
}  // namespace kontor::search
