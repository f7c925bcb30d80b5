#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/mutex.h"
#include "libs/testing/status_matchers.h"
#include "services/search/search_handler.h"
#include "services/search/settings.h"
#include "services/search/test_process.h"

// What a crowd of calls is answered with.
namespace kontor::search {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::Duration kPatience = absl::Seconds(60);  // then a test fails in place of hanging

constexpr int kWords = 300, kProducts = 3 * kWords;  // enough to learn vectors from

// A word of its own: "babax", "babbx", …
std::string WordOf(int number) {
  const auto letter = [&](int base) { return static_cast<char>('a' + number / base % 26); };
  return {'b', 'a', letter(26), letter(1), 'x'};
}

// Holds who passes while it is closed.
class Gate {
 public:
  void Pass() {
    base::MutexLock lock(mutex_);
    ++inside_;
    changed_.NotifyAll();
    const absl::Time until = absl::Now() + kPatience;
    while (!open_ && absl::Now() < until) changed_.WaitFor(mutex_, kPatience);
    --inside_;
  }
  bool WaitUntilHeld(int count) {
    base::MutexLock lock(mutex_);
    const absl::Time until = absl::Now() + kPatience;
    while (inside_ < count && absl::Now() < until) changed_.WaitFor(mutex_, kPatience);
    return inside_ == count;
  }
  void Set(bool open) {
    base::MutexLock lock(mutex_);
    open_ = open;
    changed_.NotifyAll();
  }

 private:
  base::Mutex mutex_;
  base::CondVar changed_;
  bool open_ ABSL_GUARDED_BY(mutex_) = true;
  int inside_ ABSL_GUARDED_BY(mutex_) = 0;
};

// The own engine, whose answers with more than words wait at a gate.
class GatedEngine : public OwnEngine {
 public:
  explicit GatedEngine(Gate& gate) : gate_(gate) {}
  absl::StatusOr<EngineAnswer> Ask(const EngineParts& parts, const EngineSettings& settings, const Question& question,
                                   absl::Time deadline) const override {
    if (question.effort != Effort::kLexical) gate_.Pass();
    return OwnEngine::Ask(parts, settings, question, deadline);
  }

 private:
  Gate& gate_;
};

// A shop of drills, and a handler over it without a server before it.
class SearchLoadTest : public SearchServiceTest {
 protected:
  void SetUp() override {
    std::vector<TestProduct> products;
    for (int i = 0; i < kProducts; ++i) {
      products.push_back(
          {absl::StrCat("P", i), absl::StrCat(i % 2 == 0 ? "blue" : "red", " drill ", WordOf(i % kWords))});
    }
    process_.SendProducts(products);
    KONTOR_ASSERT_OK(process_.Search("drill"));  // it is on the log
    KONTOR_ASSERT_OK_AND_ASSIGN(follower_, SearchFollower::Create(process_.fleet(), nullptr));
    KONTOR_ASSERT_OK(follower_->Start());
    for (int partition = 0; partition < 2; ++partition) {
      KONTOR_ASSERT_OK_AND_ASSIGN(const int64_t end, process_.fleet().log.End("catalog", partition));
      if (end == 0) continue;
      KONTOR_ASSERT_OK(follower_->WaitUntilApplied({"catalog", partition, end - 1}, kPatience));
    }
    follower_->Find("default")->RefreshCompanions([] { return false; });
    curation_ = std::make_unique<CurationKeeper>(store_, *follower_);
    KONTOR_ASSERT_OK(curation_->RefreshAll());
    rankers_ = std::make_unique<RankerKeeper>(process_.fleet().models, *follower_);
    handler_ = std::make_unique<SearchHandler>(SearchHandler::Parts{
        *follower_, engines_, nullptr, *curation_, *rankers_, settings_, queries_, base::SystemClock(), metrics_, 1});
  }

  absl::StatusOr<v1::SearchResponse> Ask(const std::string& page_token = "") {
    runtime::CallContext call;
    call.shop = "default";
    v1::SearchRequest request;
    request.set_parent("shops/default");
    request.set_query("blue drill");
    request.set_page_size(3);
    request.set_page_token(page_token);
    return handler_->Search(call, request);
  }
  // Asks in threads of their own, and returns once all of them are held.
  void Hold(size_t calls) {
    held_.assign(calls, absl::UnknownError("not answered"));
    gate_.Set(false);
    for (size_t i = 0; i < calls; ++i) {
      threads_.emplace_back([this, i] { held_[i] = Ask(); });
    }
    ASSERT_TRUE(gate_.WaitUntilHeld(static_cast<int>(calls)));
  }
  // Lets them go; their answers are in held_.
  void Release() {
    gate_.Set(true);
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  void TearDown() override { Release(); }

  const size_t cores_ = std::max(1U, std::thread::hardware_concurrency());
  Process process_{dsn_, folder_};
  Gate gate_;
  const Engines engines_{std::make_unique<GatedEngine>(gate_)};
  const EngineSettings settings_ = ServingSettings();
  QueryLog queries_;
  runtime::Metrics metrics_;
  CurationStore store_{process_.fleet().postgres};
  std::unique_ptr<SearchFollower> follower_;
  std::unique_ptr<CurationKeeper> curation_;
  std::unique_ptr<RankerKeeper> rankers_;
  std::unique_ptr<SearchHandler> handler_;
  std::vector<std::thread> threads_;
  std::vector<absl::StatusOr<v1::SearchResponse>> held_;
};

TEST_F(SearchLoadTest, BeyondOneAnswerACoreFirstPagesGoByWordsAndSaySo) {
  Hold(cores_);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse first, Ask());
  EXPECT_EQ(first.effort(), v1::EFFORT_LEXICAL);
  EXPECT_FALSE(first.degraded()) << "nothing is missing";
  ASSERT_THAT(first.next_page_token(), Not(IsEmpty()));
  EXPECT_THAT(metrics_.Text(), HasSubstr("kontor_search_lightened_total 1\n"));

  // Its later pages stay by words, during the crowd and after it, so that no product is shown twice or never.
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse crowded, Ask(first.next_page_token()));
  EXPECT_EQ(crowded.effort(), v1::EFFORT_LEXICAL);
  Release();
  for (const auto& answer : held_) {
    KONTOR_ASSERT_OK(answer);
    EXPECT_EQ(answer->effort(), v1::EFFORT_FUSED);
  }
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse later, Ask(first.next_page_token()));
  EXPECT_EQ(later.effort(), v1::EFFORT_LEXICAL);
  EXPECT_EQ(ProductsOf(later), ProductsOf(crowded));

  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse next, Ask());
  EXPECT_EQ(next.effort(), v1::EFFORT_FUSED);
  EXPECT_THAT(metrics_.Text(), HasSubstr("kontor_search_lightened_total 1\n")) << "later pages are not counted";
}

TEST_F(SearchLoadTest, OneAnswerACoreIsFused) {
  Hold(cores_ - 1);
  std::thread last([this] { EXPECT_EQ(Ask()->effort(), v1::EFFORT_FUSED); });
  EXPECT_TRUE(gate_.WaitUntilHeld(static_cast<int>(cores_)));
  Release();
  last.join();
  EXPECT_THAT(metrics_.Text(), HasSubstr("kontor_search_lightened_total 0\n"));
}

TEST_F(SearchLoadTest, AFusedPageGoesOnFusedInACrowd) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse first, Ask());
  EXPECT_EQ(first.effort(), v1::EFFORT_FUSED);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse alone, Ask(first.next_page_token()));
  Hold(cores_);
  absl::StatusOr<v1::SearchResponse> crowded = absl::UnknownError("not answered");
  std::thread second([&] { crowded = Ask(first.next_page_token()); });
  EXPECT_TRUE(gate_.WaitUntilHeld(static_cast<int>(cores_) + 1)) << "its page waits with the others";
  Release();
  second.join();
  KONTOR_ASSERT_OK(crowded);
  EXPECT_EQ(crowded->effort(), v1::EFFORT_FUSED);
  EXPECT_EQ(ProductsOf(*crowded), ProductsOf(alone));
}

}  // namespace
}  // namespace kontor::search
