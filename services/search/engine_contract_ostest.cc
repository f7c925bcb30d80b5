#include "libs/base/status.h"
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
