#include "services/search/search_service.h"

#include <functional>
#include <memory>
#include <random>

#include "libs/base/status.h"
#include "libs/platform/postgres/migrate.h"
#include "libs/platform/runtime/log.h"
#include "services/search/curation_handler.h"
#include "services/search/experiment_handler.h"
#include "services/search/explain_handler.h"
#include "services/search/index_keeper.h"
#include "services/search/migrations.h"
#include "services/search/preview_handler.h"
#include "services/search/ranker_keeper.h"
#include "services/search/ranking_handler.h"
#include "services/search/report_handler.h"
#include "services/search/search_handler.h"
#include "services/search/sentence_files.h"
#include "services/search/settings.h"

namespace kontor::search {
namespace {

using std::placeholders::_1;
using std::placeholders::_2;

constexpr char kSchema[] = "search";
constexpr absl::Duration kEvaluationDeadline = absl::Minutes(2), kPreviewDeadline = absl::Minutes(1),
                         kTrainDeadline = absl::Minutes(15);
constexpr int64_t kMaxJudgementBytes = 24 << 20;

uint64_t RandomSeed() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

// Everything the service keeps; members are destroyed in reverse.
struct SearchParts {
  SearchParts(fleet::Fleet& fleet, std::shared_ptr<const nn::SentenceEncoder> sentences,
              std::unique_ptr<SearchFollower> shops, Engines answering)
      : settings(ServingSettings()),
        engines(std::move(answering)),
        follower(std::move(shops)),
        indexer(engines.client() == nullptr
                    ? nullptr
                    : std::make_unique<OpenSearchIndexer>(fleet, *engines.client(), *follower, std::move(sentences))),
        keeper(*follower, fleet.server.metrics()),
        curation_store(fleet.postgres),
        curation(curation_store, *follower),
        rankers(fleet.models, *follower),
        curation_handler({curation_store, curation, fleet.clock}),
        search({*follower, engines, indexer.get(), curation, rankers, settings, queries, fleet.clock,
                fleet.server.metrics(), RandomSeed()}),
        explain({search, *follower, settings, fleet.clock}),
        preview({search, *follower, curation_store, queries, settings, fleet.clock}),
        report({*follower}),
        ranking({search, *follower, engines, settings, fleet.models, rankers, fleet.clock}),
        experiments({curation_store, curation, fleet.clock}) {}

  const EngineSettings settings;
  const Engines engines;
  const std::unique_ptr<SearchFollower> follower;
  const std::unique_ptr<OpenSearchIndexer> indexer;  // null where there is no OpenSearch
  IndexKeeper keeper;
  CurationStore curation_store;
  CurationKeeper curation;
  RankerKeeper rankers;
  CurationHandler curation_handler;
  QueryLog queries;
  SearchHandler search;
  ExplainHandler explain;
  PreviewHandler preview;
  ReportHandler report;
  RankingHandler ranking;
  ExperimentHandler experiments;
};

void RegisterHandlers(runtime::Server& server, SearchParts& parts) {
  server.Unary<v1::SearchRequest, v1::SearchResponse>("kontor.search.v1.SearchService/Search",
                                                      std::bind(&SearchHandler::Search, &parts.search, _1, _2));
  server.Unary<v1::BrowseRequest, v1::SearchResponse>("kontor.search.v1.SearchService/Browse",
                                                      std::bind(&SearchHandler::Browse, &parts.search, _1, _2));
  server.Unary<v1::SuggestRequest, v1::SuggestResponse>("kontor.search.v1.SearchService/Suggest",
                                                        std::bind(&SearchHandler::Suggest, &parts.search, _1, _2));
  server.Unary<v1::ExplainRequest, v1::ExplainResponse>("kontor.search.v1.SearchService/Explain",
                                                        std::bind(&ExplainHandler::Explain, &parts.explain, _1, _2));
  server.Unary<v1::EvaluateRelevanceRequest, v1::EvaluateRelevanceResponse>(
      "kontor.search.v1.SearchService/EvaluateRelevance",
      std::bind(&ExplainHandler::EvaluateRelevance, &parts.explain, _1, _2),
      {.deadline = kEvaluationDeadline, .max_message_bytes = kMaxJudgementBytes});
  server.Unary<v1::GetSearchReportRequest, v1::SearchReport>(
      "kontor.search.v1.SearchService/GetSearchReport",
      std::bind(&ReportHandler::GetSearchReport, &parts.report, _1, _2));
  server.AddService("kontor.search.v1.SearchService");
}

void RegisterCuration(runtime::Server& server, CurationHandler& curation, PreviewHandler& preview) {
  const std::string service = "kontor.search.v1.CurationService";
  server.Unary<v1::CreateRuleRequest, v1::Rule>(service + "/CreateRule",
                                                std::bind(&CurationHandler::CreateRule, &curation, _1, _2));
  server.Unary<v1::GetRuleRequest, v1::Rule>(service + "/GetRule",
                                             std::bind(&CurationHandler::GetRule, &curation, _1, _2));
  server.Unary<v1::ListRulesRequest, v1::ListRulesResponse>(service + "/ListRules",
                                                            std::bind(&CurationHandler::ListRules, &curation, _1, _2));
  server.Unary<v1::UpdateRuleRequest, v1::Rule>(service + "/UpdateRule",
                                                std::bind(&CurationHandler::UpdateRule, &curation, _1, _2));
  server.Unary<v1::DeleteRuleRequest, v1::DeleteRuleResponse>(
      service + "/DeleteRule", std::bind(&CurationHandler::DeleteRule, &curation, _1, _2));
  server.Unary<v1::CreateSynonymSetRequest, v1::SynonymSet>(
      service + "/CreateSynonymSet", std::bind(&CurationHandler::CreateSynonymSet, &curation, _1, _2));
  server.Unary<v1::GetSynonymSetRequest, v1::SynonymSet>(service + "/GetSynonymSet",
                                                         std::bind(&CurationHandler::GetSynonymSet, &curation, _1, _2));
  server.Unary<v1::ListSynonymSetsRequest, v1::ListSynonymSetsResponse>(
      service + "/ListSynonymSets", std::bind(&CurationHandler::ListSynonymSets, &curation, _1, _2));
  server.Unary<v1::UpdateSynonymSetRequest, v1::SynonymSet>(
      service + "/UpdateSynonymSet", std::bind(&CurationHandler::UpdateSynonymSet, &curation, _1, _2));
  server.Unary<v1::DeleteSynonymSetRequest, v1::DeleteSynonymSetResponse>(
      service + "/DeleteSynonymSet", std::bind(&CurationHandler::DeleteSynonymSet, &curation, _1, _2));
  server.Unary<v1::PreviewCurationRequest, v1::PreviewCurationResponse>(
      service + "/PreviewCuration", std::bind(&PreviewHandler::PreviewCuration, &preview, _1, _2),
      {.deadline = kPreviewDeadline});
  server.AddService(service);
}

void RegisterRanking(runtime::Server& server, RankingHandler& ranking, ExperimentHandler& experiments) {
  const std::string service = "kontor.search.v1.RankingService";
  server.Unary<v1::TrainRankerRequest, v1::TrainRankerResponse>(
      service + "/TrainRanker", std::bind(&RankingHandler::TrainRanker, &ranking, _1, _2),
      {.deadline = kTrainDeadline, .max_message_bytes = kMaxJudgementBytes});
  server.Unary<v1::ListRankersRequest, v1::ListRankersResponse>(
      service + "/ListRankers", std::bind(&RankingHandler::ListRankers, &ranking, _1, _2));
  server.Unary<v1::RollbackRankerRequest, v1::RollbackRankerResponse>(
      service + "/RollbackRanker", std::bind(&RankingHandler::RollbackRanker, &ranking, _1, _2));
  server.Unary<v1::CreateExperimentRequest, v1::Experiment>(
      service + "/CreateExperiment", std::bind(&ExperimentHandler::CreateExperiment, &experiments, _1, _2));
  server.Unary<v1::ListExperimentsRequest, v1::ListExperimentsResponse>(
      service + "/ListExperiments", std::bind(&ExperimentHandler::ListExperiments, &experiments, _1, _2));
  server.Unary<v1::DeleteExperimentRequest, v1::DeleteExperimentResponse>(
      service + "/DeleteExperiment", std::bind(&ExperimentHandler::DeleteExperiment, &experiments, _1, _2));
  server.AddService(service);
}

}  // namespace

absl::Status RegisterSearch(fleet::Fleet& fleet) {
  RETURN_IF_ERROR(postgres::Migrate(fleet.postgres, kSchema, Migrations()));
  const std::shared_ptr<const nn::SentenceEncoder> sentences = LoadSentenceEncoder(fleet.sentence_model_dir);
  ASSIGN_OR_RETURN(std::unique_ptr<SearchFollower> follower, SearchFollower::Create(fleet, sentences));
  ASSIGN_OR_RETURN(Engines engines, Engines::Create(fleet));
  SearchParts& parts =
      fleet.application.Own(std::make_unique<SearchParts>(fleet, sentences, std::move(follower), std::move(engines)));
  RETURN_IF_ERROR(parts.follower->Start());
  if (parts.indexer != nullptr) RETURN_IF_ERROR(parts.indexer->Start());
  parts.keeper.Start();
  RETURN_IF_ERROR(parts.curation.RefreshAll());
  parts.curation.Start();
  parts.rankers.Start();
  RegisterHandlers(fleet.server, parts);
  RegisterRanking(fleet.server, parts.ranking, parts.experiments);
  RegisterCuration(fleet.server, parts.curation_handler, parts.preview);
  fleet.server.AddReadiness("search", [&follower = *parts.follower] { return follower.Ready(); });
  if (parts.indexer != nullptr) {
    fleet.server.AddReadiness("search-opensearch", [&indexer = *parts.indexer] { return indexer.Ready(); });
  }
  return absl::OkStatus();
}

}  // namespace kontor::search
