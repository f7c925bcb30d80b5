#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "libs/testing/status_matchers.h"
#include "services/search/attribution_token.h"
#include "services/search/test_process.h"

namespace kontor::search {
namespace {

using kontor::testing::IsOk;
using kontor::testing::StatusIs;
using ::testing::ElementsAre;
using Stub = v1::RankingService::Stub;
using Assignment = v1::ExperimentAssignment;

class ExperimentsTest : public SearchServiceTest {
 protected:
  // What the words say is found by its title in service, by its brand in the candidate.
  static void SendShop(Process& process) {
    std::vector<TestProduct> products;
    for (int i = 0; i < 20; ++i) {
      products.push_back({absl::StrCat("T", i), absl::StrCat("Falcon model ", i), "Any"});
      products.push_back({absl::StrCat("B", i), absl::StrCat("Plain model ", i), "Falcon"});
    }
    process.SendProducts(products);
    EXPECT_THAT(process.Search(""), IsOk());
  }
  static v1::CreateExperimentRequest ByBrand(v1::Experiment::Design design, double share) {
    v1::CreateExperimentRequest request;
    request.set_experiment_id("by-brand");
    request.mutable_experiment()->set_design(design);
    request.mutable_experiment()->set_share(share);
    for (const double weight : {.01, 10., .1, .1, .1, .1}) {
      request.mutable_experiment()->mutable_candidate()->add_field_weights(weight);
    }
    return request;
  }
  static v1::SearchRequest Falcon(const std::string& visitor) {
    v1::SearchRequest request;
    request.set_query("falcon");
    request.set_visitor_id(visitor);
    request.set_effort(v1::EFFORT_FUSED);
    return request;
  }
  static std::string Searched(const v1::SearchResponse& response) {
    ev::Searched searched;
    searched.set_query("falcon");
    searched.set_total_results(response.total_results());
    for (const v1::Result& result : response.results()) searched.add_product_ids(result.product_id());
    return RecordBytes(searched, response.attribution_token());
  }
  static std::string Clicked(const v1::SearchResponse& response, int place) {
    ev::ItemClicked click;
    click.set_product_id(response.results(place - 1).product_id());
    click.set_rank(place);
    return RecordBytes(click, response.attribution_token());
  }
  static absl::StatusOr<v1::SearchReport> Report(Process& process) {
    v1::GetSearchReportRequest request;
    request.set_parent("shops/default");
    return process.Ask(&v1::SearchService::Stub::GetSearchReport, request);
  }
};

TEST_F(ExperimentsTest, VisitorsAreSplitKeepTheirSideAndAreCountedByIt) {
  Process process(dsn_, folder_);
  SendShop(process);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse before, process.Search(Falcon("v1")));
  EXPECT_FALSE(before.has_experiment());
  const auto create = ByBrand(v1::Experiment::DESIGN_SPLIT, .5);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::Experiment created, process.Rank(&Stub::CreateExperiment, create));
  EXPECT_EQ(created.name(), "shops/default/experiments/by-brand");
  EXPECT_THAT(process.Rank(&Stub::CreateExperiment, create),
              StatusIs(absl::StatusCode::kAlreadyExists, "CURATION_EXISTS"));
  std::map<int, int> sides;
  std::vector<std::string> records;
  for (int visitor = 0; visitor < 40; ++visitor) {
    KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse answer, process.Search(Falcon(absl::StrCat("v", visitor))));
    KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse again, process.Search(Falcon(absl::StrCat("v", visitor))));
    EXPECT_EQ(answer.experiment().experiment(), created.name());
    EXPECT_EQ(answer.experiment().side(), again.experiment().side());
    EXPECT_EQ(answer.total_results(), before.total_results());
    ++sides[answer.experiment().side()];
    records.push_back(Searched(answer));
    if (answer.experiment().side() == Assignment::SIDE_CANDIDATE) records.push_back(Clicked(answer, 2));
  }
  EXPECT_GT(sides[Assignment::SIDE_BASELINE], 5);
  EXPECT_GT(sides[Assignment::SIDE_CANDIDATE], 5);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse stranger, process.Search("falcon"));
  EXPECT_FALSE(stranger.has_experiment());
  process.Send("behavior", records);
  EXPECT_THAT(process.Search(""), IsOk());
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchReport report, Report(process));
  ASSERT_EQ(report.experiments_size(), 1);
  const v1::ExperimentFigures& figures = report.experiments(0);
  EXPECT_EQ(figures.experiment(), created.name());
  EXPECT_EQ(figures.baseline().searches(), sides[Assignment::SIDE_BASELINE]);
  EXPECT_EQ(figures.candidate().searches(), sides[Assignment::SIDE_CANDIDATE]);
  EXPECT_EQ(figures.baseline().click_through_rate(), 0);
  EXPECT_EQ(figures.candidate().click_through_rate(), 1);
  EXPECT_DOUBLE_EQ(figures.candidate().mean_reciprocal_rank(), .5);
  EXPECT_EQ(figures.click_through_difference(), 1);
  EXPECT_EQ(report.total().searches(), 40);

  v1::DeleteExperimentRequest remove;
  remove.set_name(created.name());
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto gone, process.RankNamed(&Stub::DeleteExperiment, remove));
  EXPECT_THAT(process.RankNamed(&Stub::DeleteExperiment, remove),
              StatusIs(absl::StatusCode::kNotFound, "CURATION_UNKNOWN"));
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse after, process.Search(Falcon("v1")));
  EXPECT_FALSE(after.has_experiment());
}

TEST_F(ExperimentsTest, InterleavedPagesFitTogetherAndClicksTellWhoIsPreferred) {
  Process process(dsn_, folder_);
  SendShop(process);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::Experiment created,
                              process.Rank(&Stub::CreateExperiment, ByBrand(v1::Experiment::DESIGN_INTERLEAVED, 1)));
  std::vector<std::string> records;
  int candidate_placed = 0;
  for (int visitor = 0; visitor < 30; ++visitor) {
    v1::SearchRequest request = Falcon(absl::StrCat("v", visitor));
    request.set_page_size(10);
    KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse answer, process.Search(request));
    EXPECT_EQ(answer.experiment().side(), Assignment::SIDE_BOTH);
    KONTOR_ASSERT_OK_AND_ASSIGN(const AttributionToken token, ParseAttributionToken(answer.attribution_token()));
    EXPECT_EQ(token.experiment, "by-brand");
    records.push_back(Searched(answer));
    for (int place = 1; place <= answer.results_size(); ++place) {
      if ((token.candidate_places >> (place - 1) & 1) == 0) continue;
      records.push_back(Clicked(answer, place));
      ++candidate_placed;
      break;
    }
    if (visitor > 0) continue;
    std::set<std::string> seen;
    uint64_t pages = 0;
    for (v1::SearchResponse page = answer;; ++pages) {
      for (const std::string& id : ProductsOf(page)) EXPECT_TRUE(seen.insert(id).second) << id;
      if (page.next_page_token().empty()) break;
      request.set_page_token(page.next_page_token());
      KONTOR_ASSERT_OK_AND_ASSIGN(page, process.Search(request));
    }
    EXPECT_EQ(seen.size(), answer.total_results());
    EXPECT_EQ(pages, 3u);  // four pages of ten
  }
  ASSERT_EQ(candidate_placed, 30);
  process.Send("behavior", records);
  EXPECT_THAT(process.Search(""), IsOk());
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchReport report, Report(process));
  ASSERT_EQ(report.experiments_size(), 1);
  EXPECT_EQ(report.experiments(0).candidate_wins(), 30);
  EXPECT_EQ(report.experiments(0).baseline_wins(), 0);
  EXPECT_EQ(report.experiments(0).preference(), .5);
  EXPECT_LT(report.experiments(0).p_value(), 1e-6);
}

TEST_F(ExperimentsTest, WhatCannotBeComparedIsRefused) {
  Process process(dsn_, folder_);
  v1::CreateExperimentRequest request = ByBrand(v1::Experiment::DESIGN_INTERLEAVED, 0);
  request.set_experiment_id("1");
  request.mutable_experiment()->mutable_candidate()->set_matching(v1::MATCHING_ALL);
  request.mutable_experiment()->mutable_candidate()->set_b(2);
  const auto refused = process.Rank(&Stub::CreateExperiment, request);
  EXPECT_EQ(base::ErrorViolations(refused.status()).size(), 4u);
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto none, process.Rank(&Stub::ListExperiments, v1::ListExperimentsRequest()));
  EXPECT_EQ(none.experiments_size(), 0);
}

}  // namespace
}  // namespace kontor::search
