#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/base/status.h"
#include "libs/testing/eventually.h"
#include "libs/testing/status_matchers.h"
#include "services/search/attribution_token.h"
#include "services/search/test_process.h"

namespace kontor::search {
namespace {

using kontor::testing::Eventually;
using kontor::testing::IsOk;
using kontor::testing::StatusIs;
using Stub = v1::RankingService::Stub;

constexpr int kQueries = 80, kVariants = 8;

// A word of its own: "babado", "babafo", …
std::string WordOf(int number) {
  constexpr const char* kSyllables[] = {"ba", "do", "fu", "gi", "ke", "lo", "mu", "ni", "pa", "ra"};
  return absl::StrCat("zu", kSyllables[number / 100 % 10], kSyllables[number / 10 % 10], kSyllables[number % 10]);
}

std::string ProductOf(int query, int variant) { return absl::StrCat("P", query, "-", variant); }

// Of every word as many products of the same title; what they cost is drawn, and people want what is cheap.
class RankingTest : public SearchServiceTest {
 protected:
  void SendShop(Process& process) {
    std::vector<TestProduct> products;
    std::vector<std::string> prices;
    for (int query = 0; query < kQueries; ++query) {
      for (int variant = 0; variant < kVariants; ++variant) {
        products.push_back({ProductOf(query, variant), absl::StrCat(WordOf(query), " holder"), "Any"});
        price_[query][variant] = 1 + static_cast<int64_t>(random_.Below(1'000));
        prices.push_back(RecordBytes(PriceOf(products.back().id, price_[query][variant])));
      }
    }
    process.SendProducts(products);
    process.Send("catalog", prices);
    EXPECT_THAT(process.Search(""), IsOk());  // waits for all of it
  }
  int Cheapest(int query) const {
    return static_cast<int>(std::min_element(price_[query], price_[query] + kVariants) - price_[query]);
  }
  v1::TrainRankerRequest Judged() const {
    v1::TrainRankerRequest request;
    for (int query = 0; query < kQueries; ++query) {
      v1::JudgedQuery& judged = *request.mutable_source()->mutable_judgements()->add_queries();
      judged.set_query(WordOf(query));
      for (int variant = 0; variant < kVariants; ++variant) {
        v1::Judgement& judgement = *judged.add_judgements();
        judgement.set_product_id(ProductOf(query, variant));
        judgement.set_grade(variant == Cheapest(query) ? 3 : 0);
      }
    }
    return request;
  }
  // Every query is answered in several orders, and what is cheapest is clicked wherever people look.
  void SendClicks(Process& process) {
    std::vector<std::string> records;
    uint64_t answer = 0;
    for (int round = 0; round < 16; ++round) {
      for (int query = 0; query < kQueries; ++query) {
        AttributionToken token{absl::FromUnixSeconds(1'700'000'000), ++answer, 2, 0};
        ev::Searched searched;
        searched.set_query(WordOf(query));
        searched.set_total_results(kVariants);
        int place = 0;
        for (int at = 0; at < kVariants; ++at) {
          const int variant = (at + round) % kVariants;
          if (variant == Cheapest(query)) place = at;
          searched.add_product_ids(ProductOf(query, variant));
        }
        records.push_back(RecordBytes(searched, FormatAttributionToken(token)));
        if (random_.Uniform() > 1 / (1 + 0.5 * place)) continue;  // who does not look so far down
        ev::ItemClicked click;
        click.set_product_id(ProductOf(query, Cheapest(query)));
        click.set_rank(place + 1);
        records.push_back(RecordBytes(click, FormatAttributionToken(token)));
      }
    }
    // What is not clicked here sells elsewhere: popularity alone would rank it first.
    for (int query = 0; query < kQueries; ++query) {
      for (int variant = 0; variant < kVariants; ++variant) {
        ev::CartChanged cart;
        cart.set_change(ev::CartChanged::CHANGE_ADDED);
        cart.set_product_id(ProductOf(query, variant));
        if (variant == Cheapest(query)) continue;
        for (int times = 0; times < 7; ++times) records.push_back(RecordBytes(cart));
      }
    }
    process.Send("behavior", records);
    EXPECT_THAT(process.Search(""), IsOk());
  }
  // Of the queries that are answered with the cheapest first.
  int CheapestFirst(Process& process, v1::Effort effort, std::string* ranker) {
    int first = 0;
    for (int query = 0; query < kQueries; query += 4) {
      v1::SearchRequest request;
      request.set_query(WordOf(query));
      request.set_effort(effort);
      const auto found = process.Search(request);
      if (!found.ok() || found->results().empty()) continue;
      first += found->results(0).product_id() == ProductOf(query, Cheapest(query)) ? 1 : 0;
      *ranker = found->ranker();
    }
    return first;
  }

  static v1::ScorePart PartOf(const v1::ProductExplanation& product, const std::string& name) {
    for (const v1::ScorePart& part : product.parts()) {
      if (part.name() == name) return part;
    }
    return {};
  }

  base::Random random_{7};
  int64_t price_[kQueries][kVariants] = {};
};

TEST_F(RankingTest, LearnsFromJudgementsServesSurvivesARestartAndGoesBack) {
  std::string ranker;
  {
    Process process(dsn_, folder_);
    SendShop(process);
    EXPECT_THAT(process.Rank(&Stub::RollbackRanker, v1::RollbackRankerRequest()),
                StatusIs(absl::StatusCode::kFailedPrecondition, "NO_MODEL"));
    KONTOR_ASSERT_OK_AND_ASSIGN(const auto none, process.Rank(&Stub::ListRankers, v1::ListRankersRequest()));
    EXPECT_EQ(none.rankers_size(), 0);
    EXPECT_LT(CheapestFirst(process, v1::EFFORT_LEARNED, &ranker), 10);
    EXPECT_EQ(ranker, "");

    v1::TrainRankerRequest request = Judged();
    v1::Judgement& unknown = *request.mutable_source()->mutable_judgements()->mutable_queries(0)->add_judgements();
    unknown.set_product_id("gone");
    KONTOR_ASSERT_OK_AND_ASSIGN(const v1::TrainRankerResponse trained, process.Rank(&Stub::TrainRanker, request));
    EXPECT_EQ(trained.refused(), "");
    EXPECT_EQ(trained.ranker().name(), "shops/default/rankers/1");
    EXPECT_TRUE(trained.ranker().serving());
    EXPECT_EQ(trained.unknown_products(), 1);
    EXPECT_EQ(trained.figures().queries(), kQueries);
    EXPECT_GT(trained.figures().ndcg_at_10(), trained.figures().serving_ndcg_at_10() + 0.2);
    EXPECT_GT(trained.figures().difference_low(), 0);
    EXPECT_EQ(trained.ranker().figures().wins(), trained.figures().wins());
    EXPECT_GT(CheapestFirst(process, v1::EFFORT_LEARNED, &ranker), 15);
    EXPECT_EQ(ranker, "shops/default/rankers/1");
    EXPECT_LT(CheapestFirst(process, v1::EFFORT_FUSED, &ranker), 10);  // a caller in a hurry
    EXPECT_EQ(ranker, "");

    v1::ExplainRequest explain;
    explain.set_parent("shops/default");
    explain.mutable_search()->set_query(WordOf(4));
    const auto dearest = static_cast<int>(std::max_element(price_[4], price_[4] + kVariants) - price_[4]);
    for (const int variant : {Cheapest(4), dearest}) explain.add_product_ids(ProductOf(4, variant));
    KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ExplainResponse explained,
                                process.Ask(&v1::SearchService::Stub::Explain, explain));
    const v1::ScorePart cheap = PartOf(explained.products(0), "ranker.price");
    const v1::ScorePart dear = PartOf(explained.products(1), "ranker.price");
    EXPECT_LT(cheap.value(), 0);  // below the candidates' median
    EXPECT_GT(dear.value(), 0);
    EXPECT_GT(cheap.contribution(), dear.contribution());

    // The same again is not better than what serves.
    KONTOR_ASSERT_OK_AND_ASSIGN(const v1::TrainRankerResponse again, process.Rank(&Stub::TrainRanker, Judged()));
    EXPECT_EQ(again.refused(), "NOT_BETTER");
    EXPECT_FALSE(again.has_ranker());
    EXPECT_LE(again.figures().difference_low(), 0);
  }
  Process process(dsn_, folder_);
  ASSERT_TRUE(Eventually([&] { return CheapestFirst(process, v1::EFFORT_LEARNED, &ranker) > 15; }));
  EXPECT_EQ(ranker, "shops/default/rankers/1");
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto list, process.Rank(&Stub::ListRankers, v1::ListRankersRequest()));
  ASSERT_EQ(list.rankers_size(), 1);
  EXPECT_TRUE(list.rankers(0).serving());
  EXPECT_FALSE(list.rankers(0).from_clicks());
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto back, process.Rank(&Stub::RollbackRanker, v1::RollbackRankerRequest()));
  EXPECT_FALSE(back.has_ranker());
  EXPECT_LT(CheapestFirst(process, v1::EFFORT_LEARNED, &ranker), 10);
  EXPECT_EQ(ranker, "");
}

TEST_F(RankingTest, LearnsFromClicksThatTellRelevanceFromPlace) {
  Process process(dsn_, folder_);
  SendShop(process);
  v1::TrainRankerRequest request;
  request.mutable_source()->mutable_clicks();
  EXPECT_THAT(process.Rank(&Stub::TrainRanker, request),
              StatusIs(absl::StatusCode::kFailedPrecondition, "TOO_FEW_CLICKS"));
  SendClicks(process);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::TrainRankerResponse trained, process.Rank(&Stub::TrainRanker, request));
  EXPECT_EQ(trained.refused(), "");
  EXPECT_TRUE(trained.ranker().from_clicks());
  std::string ranker;
  EXPECT_GT(CheapestFirst(process, v1::EFFORT_LEARNED, &ranker), 15);
}

TEST_F(RankingTest, BadInputIsToldAtOnce) {
  Process process(dsn_, folder_);
  EXPECT_THAT(process.Rank(&Stub::TrainRanker, v1::TrainRankerRequest()), StatusIs(absl::StatusCode::kInvalidArgument));
  v1::TrainRankerRequest request;
  v1::JudgedQuery& judged = *request.mutable_source()->mutable_judgements()->add_queries();
  judged.set_query(std::string(5'000, 'a'));
  judged.add_judgements()->set_grade(-1);
  const auto refused = process.Rank(&Stub::TrainRanker, request);
  EXPECT_EQ(base::ErrorViolations(refused.status()).size(), 2u);
  judged.set_query("drill");
  judged.mutable_judgements(0)->set_grade(1);
  EXPECT_THAT(process.Rank(&Stub::TrainRanker, request),
              StatusIs(absl::StatusCode::kFailedPrecondition, "TOO_FEW_QUERIES"));
  v1::ListRankersRequest list;
  list.set_page_size(101);
  list.set_page_token("x");
  EXPECT_EQ(base::ErrorViolations(process.Rank(&Stub::ListRankers, list).status()).size(), 2u);
}

}  // namespace
}  // namespace kontor::search
