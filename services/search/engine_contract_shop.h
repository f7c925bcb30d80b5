#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/domain/search/index.h"
#include "libs/domain/search/search_engine.h"
#include "libs/testing/status_matchers.h"
#include "services/search/settings.h"

// The shop that the engine_contract_*.h ask: the same for every engine. Each of them is included by one test for each
// engine, which instantiates its suite.
namespace kontor::search {

using Products = std::map<std::string, std::pair<Product, LiveValues>>;

// An engine over some products, and what has to live with it.
class EngineUnderTest {
 public:
  virtual ~EngineUnderTest() = default;
  // Once; `analyzer` outlives it.
  virtual void Fill(const text::Analyzer& analyzer, const Products& products) = 0;
  virtual const SearchEngine& engine() const = 0;
};

class OwnEngineUnderTest : public EngineUnderTest {
 public:
  void Fill(const text::Analyzer&, const Products&) override {}
  const SearchEngine& engine() const override { return engine_; }

 private:
  OwnEngine engine_;
};

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

using MakeEngine = std::function<std::unique_ptr<EngineUnderTest>()>;

class EngineContract : public ::testing::TestWithParam<MakeEngine> {
 protected:
  EngineContract() : tested_(GetParam()()) { Use(*text::Analyzer::Create({})); }

  // Before Fill.
  void Use(std::unique_ptr<text::Analyzer> analyzer) {
    index_.reset();
    analyzer_ = std::move(analyzer);
    index_ = std::make_unique<Index>(*analyzer_);
    parts_.reading.analyzer = analyzer_.get();
  }

  void Put(Product product, const LiveValues& live = {}) {
    const std::string id = product.id;
    products_[id] = {std::move(product), live};
  }
  void Fill() {
    for (const auto& [id, product] : products_) KONTOR_ASSERT_OK(index_->Upsert({{product.first, product.second}}));
    index_->Commit();
    index_->MergeAll();
    parts_.view = index_->View();
    tested_->Fill(*analyzer_, products_);
  }

  EngineAnswer Answered(const Question& question) {
    auto answer = tested_->engine().Ask(parts_, settings_, question, Deadline());
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *std::move(answer) : EngineAnswer{{}, parts_.view};
  }
  static std::vector<std::string> Ids(const EngineAnswer& answer) {
    std::vector<std::string> ids;
    for (const Found& found : answer.answer.page) ids.emplace_back(answer.view->Id(found.doc));
    return ids;
  }
  std::vector<std::string> Ask(const Question& question) { return Ids(Answered(question)); }

  // Of all pages, one behind another; each product's id, or its group's key.
  std::vector<std::string> AllPages(const SearchEngine& engine, Question question) {
    std::vector<std::string> keys;
    for (int pages = 0; pages < 1'000; ++pages) {
      const auto answer = engine.Ask(parts_, settings_, question, Deadline());
      EXPECT_TRUE(answer.ok()) << answer.status();
      if (!answer.ok()) break;
      for (const Found& found : answer->answer.page) {
        keys.push_back(
            GroupKey(answer->view->Id(found.doc), answer->view->GroupId(found.doc), question.group_variants));
      }
      if (!answer->answer.next.has_value()) break;
      question.cursor = answer->answer.next;
    }
    return keys;
  }

  static absl::Time Deadline() { return absl::Now() + absl::Seconds(60); }
  static Question Of(const std::string& query) {
    Question question;
    question.query = query;
    question.effort = Effort::kLexical;
    question.match = {MatchPolicy::kAll, 0};
    return question;
  }

  std::unique_ptr<text::Analyzer> analyzer_;
  std::unique_ptr<Index> index_;
  Products products_;
  EngineParts parts_;
  EngineSettings settings_ = ServingSettings();
  const std::unique_ptr<EngineUnderTest> tested_;
};

}  // namespace kontor::search
