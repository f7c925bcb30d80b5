#include "services/recommendations/recommendations_service.h"

#include <functional>
#include <memory>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/lag_reporter.h"
#include "libs/platform/fleet/topics.h"
#include "libs/platform/log/consumer.h"
#include "libs/platform/log/outbox.h"
#include "libs/platform/postgres/migrate.h"
#include "libs/platform/runtime/log.h"
#include "services/recommendations/applied_views.h"
#include "services/recommendations/behaviour_writer.h"
#include "services/recommendations/bulk_handler.h"
#include "services/recommendations/caching_history_store.h"
#include "services/recommendations/erasure_keeper.h"
#include "services/recommendations/impression_writer.h"
#include "services/recommendations/live_follower.h"
#include "services/recommendations/local_history_cache.h"
#include "services/recommendations/migrations.h"
#include "services/recommendations/model_handler.h"
#include "services/recommendations/model_keeper.h"
#include "services/recommendations/outcome_writer.h"
#include "services/recommendations/placement_handler.h"
#include "services/recommendations/postgres_history_store.h"
#include "services/recommendations/preview_handler.h"
#include "services/recommendations/purchase_writer.h"
#include "services/recommendations/quality_handler.h"
#include "services/recommendations/quality_keeper.h"
#include "services/recommendations/recommend_handler.h"
#include "services/recommendations/request_log.h"
#include "services/recommendations/rule_handler.h"
#include "services/recommendations/serving_models.h"
#include "services/recommendations/serving_view.h"
#include "services/recommendations/trainer.h"
#include "services/recommendations/writer_chain.h"

namespace kontor::recommendations {
namespace {

// A serving process has neither the memory for an exact EASE of more products (64 MB for these) nor, beside requests,
// the minutes that more examples and trees take.
TrainOptions ServiceTraining() {
  TrainOptions training;
  training.ease.exact_items = 4'000;
  training.max_examples = 2'000;
  training.ranker.trees.rounds = 80;
  return training;
}

using std::placeholders::_1;
using std::placeholders::_2;
using std::placeholders::_3;

// The second one's name is from when impressions were all that was kept of behaviour.
constexpr char kGroup[] = "recommendations", kBehaviourGroup[] = "recommendations-impressions";
constexpr char kSchema[] = "recommendations";
constexpr absl::Duration kTrainDeadline = absl::Minutes(15);
constexpr absl::Duration kQualityDeadline = absl::Minutes(2);
constexpr absl::Duration kModelDeadline = absl::Minutes(1);  // reading a large model
constexpr int64_t kMaxBulkRequestBytes = 24 << 20;           // 100,000 ids of 200 bytes

log::ConsumerOptions WriterOptions(const char* group, const std::vector<std::string>& topics, int workers) {
  log::ConsumerOptions options;
  options.group = group;
  options.schema = kSchema;
  options.topics = topics;
  options.workers = workers;
  options.on_stopped = [](const log::Position& position, const absl::Status& status) {
    runtime::LogError("a partition is no longer consumed",
                      {{"position", log::FormatPosition(position)}, {"error", status.ToString()}});
  };
  return options;
}

LocalHistoryCacheOptions CacheOptions(uint64_t seed) {
  LocalHistoryCacheOptions options;
  options.seed = seed;
  return options;
}

uint64_t RandomSeed() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

// Everything the service keeps; members are destroyed in reverse.
struct RecommendationsParts {
  explicit RecommendationsParts(fleet::Fleet& fleet)
      : stored(fleet.postgres),
        shared(fleet.redis == nullptr ? nullptr
                                      : std::make_unique<CachingHistoryStore>(stored, *fleet.redis, fleet.clock,
                                                                              fleet.server.metrics(), RandomSeed())),
        histories(shared == nullptr ? static_cast<HistoryStore&>(stored) : *shared, stored, fleet.server.metrics(),
                  CacheOptions(RandomSeed())),
        writer([this](const std::set<PurchaseWriter::Subject>& changed) { Forget(changed); }),
        stored_writers({&writer, &outcomes}),
        consumer(fleet.log, fleet.postgres, stored_writers, WriterOptions(kGroup, StoredTopics(), 2)),
        behaviour([this](const BehaviourWriter::Subjects& forgotten) { Forget(forgotten); }),
        behaviour_writers({&impressions, &behaviour, &outcomes}),
        behaviour_consumer(fleet.log, fleet.postgres, behaviour_writers,
                           WriterOptions(kBehaviourGroup, {fleet::kBehavior}, 1)),
        dead_letters(fleet.log, fleet.postgres, {.schema = kSchema}),
        live(fleet.log, fleet.clock, fleet.shops, fleet.server.metrics()),
        views(live, consumer),
        models(fleet.models, fleet.shops),
        trainer({fleet.postgres, fleet.models, models, live, fleet.server.metrics(), ServiceTraining()}),
        rules(fleet.shops),
        placements(fleet.shops),
        placement_store(fleet.postgres),
        placement_keeper({fleet.postgres, placement_store, placements, fleet.clock, fleet.shops}),
        rule_store(fleet.postgres),
        rule_keeper(rule_store, rules, fleet.shops),
        serving({models, live, rules, fleet.clock, fleet.shops}),
        requests(fleet.shops),
        answerer({serving, live, histories, views, placements, fleet.clock, fleet.server.metrics(),
                  fleet.subject_secret, RandomSeed()}),
        recommend(answerer, requests, online),
        subjects(fleet.postgres),
        bulk({answerer, stored, subjects, online}),
        rule_handler({rule_store, rule_keeper, serving, fleet.clock}),
        preview(answerer, requests, rule_store),
        placement_handler({fleet.postgres, placement_store, placement_keeper, placements, fleet.clock}),
        model_handler({trainer, fleet.models, models, serving}),
        erasures({fleet.postgres, live, models,
                  [this](const std::string& shop, const ErasureKeeper::Persons& persons) { Erase(shop, persons); }}),
        keeper(trainer, models, fleet.postgres, fleet.shops, fleet.clock, fleet.server.metrics()),
        quality(fleet.postgres, serving, fleet.clock),
        quality_keeper({fleet.postgres, fleet.clock, fleet.server.metrics(), fleet.shops}) {}

  void Forget(const std::set<PurchaseWriter::Subject>& changed) {
    const std::vector<PurchaseWriter::Subject> subjects(changed.begin(), changed.end());
    if (shared != nullptr) shared->Forget(subjects);
    histories.Forget(subjects);
  }

  void Erase(const std::string& shop, const ErasureKeeper::Persons& persons) {
    histories.Clear();
    requests.Forget(shop, [&](const v1::RecommendRequest& request) {
      return persons.contains(base::StableHash(answerer.CustomerToken(shop, request.customer_id()))) ||
             persons.contains(base::StableHash(answerer.VisitorToken(shop, request.visitor_id())));
    });
  }

  PostgresHistoryStore stored;
  std::unique_ptr<CachingHistoryStore> shared;
  LocalHistoryCache histories;
  PurchaseWriter writer;
  OutcomeWriter outcomes;
  WriterChain stored_writers;
  log::Consumer consumer;
  ImpressionWriter impressions;
  BehaviourWriter behaviour;
  WriterChain behaviour_writers;
  log::Consumer behaviour_consumer;
  log::OutboxRelay dead_letters;  // onto topic dead-letter.recommendations
  LiveFollower live;
  FollowerAndConsumer views;
  ServingModels models;
  Trainer trainer;
  RuleBook rules;
  PlacementBook placements;
  PlacementStore placement_store;
  PlacementKeeper placement_keeper;
  RuleStore rule_store;
  RuleKeeper rule_keeper;
  ServingViews serving;
  RequestLog requests;
  Answerer answerer;
  OnlineLoad online;
  RecommendHandler recommend;
  PostgresSubjectList subjects;
  BulkHandler bulk;
  RuleHandler rule_handler;
  PreviewHandler preview;
  PlacementHandler placement_handler;
  ModelHandler model_handler;
  ErasureKeeper erasures;
  ModelKeeper keeper;
  QualityHandler quality;
  QualityKeeper quality_keeper;
  std::unique_ptr<fleet::LagReporter> lag, behaviour_lag;
};

void RegisterHandlers(runtime::Server& server, RecommendationsParts& parts) {
  server.Unary<v1::RecommendRequest, v1::RecommendResponse>(
      "kontor.recommendations.v1.RecommendationService/Recommend",
      std::bind(&RecommendHandler::Recommend, &parts.recommend, _1, _2));
  server.Unary<v1::RecommendPageRequest, v1::RecommendPageResponse>(
      "kontor.recommendations.v1.RecommendationService/RecommendPage",
      std::bind(&RecommendHandler::RecommendPage, &parts.recommend, _1, _2));
  server.Unary<v1::ExplainAbsenceRequest, v1::ExplainAbsenceResponse>(
      "kontor.recommendations.v1.RecommendationService/ExplainAbsence",
      std::bind(&RecommendHandler::ExplainAbsence, &parts.recommend, _1, _2));
  server.Unary<v1::TrainModelRequest, v1::Model>("kontor.recommendations.v1.RecommendationService/TrainModel",
                                                 std::bind(&ModelHandler::TrainModel, &parts.model_handler, _1, _2),
                                                 {.deadline = kTrainDeadline});
  server.Unary<v1::ListModelsRequest, v1::ListModelsResponse>(
      "kontor.recommendations.v1.RecommendationService/ListModels",
      std::bind(&ModelHandler::ListModels, &parts.model_handler, _1, _2));
  server.Unary<v1::PromoteModelRequest, v1::Model>("kontor.recommendations.v1.RecommendationService/PromoteModel",
                                                   std::bind(&ModelHandler::PromoteModel, &parts.model_handler, _1, _2),
                                                   {.deadline = kModelDeadline});
  server.Unary<v1::RollbackModelRequest, v1::Model>(
      "kontor.recommendations.v1.RecommendationService/RollbackModel",
      std::bind(&ModelHandler::RollbackModel, &parts.model_handler, _1, _2), {.deadline = kModelDeadline});
  server.ServerStream<v1::StreamRecommendationsRequest, v1::StreamRecommendationsResponse>(
      "kontor.recommendations.v1.RecommendationService/StreamRecommendations",
      std::bind(&BulkHandler::Stream, &parts.bulk, _1, _2, _3), {.max_message_bytes = kMaxBulkRequestBytes});
  server.AddService("kontor.recommendations.v1.RecommendationService");
}

void RegisterRules(runtime::Server& server, RecommendationsParts& parts) {
  RuleHandler& rules = parts.rule_handler;
  server.Unary<v1::CreateRuleRequest, v1::Rule>("kontor.recommendations.v1.RuleService/CreateRule",
                                                std::bind(&RuleHandler::CreateRule, &rules, _1, _2));
  server.Unary<v1::GetRuleRequest, v1::Rule>("kontor.recommendations.v1.RuleService/GetRule",
                                             std::bind(&RuleHandler::GetRule, &rules, _1, _2));
  server.Unary<v1::ListRulesRequest, v1::ListRulesResponse>("kontor.recommendations.v1.RuleService/ListRules",
                                                            std::bind(&RuleHandler::ListRules, &rules, _1, _2));
  server.Unary<v1::UpdateRuleRequest, v1::Rule>("kontor.recommendations.v1.RuleService/UpdateRule",
                                                std::bind(&RuleHandler::UpdateRule, &rules, _1, _2));
  server.Unary<v1::DeleteRuleRequest, v1::DeleteRuleResponse>("kontor.recommendations.v1.RuleService/DeleteRule",
                                                              std::bind(&RuleHandler::DeleteRule, &rules, _1, _2));
  server.Unary<v1::PreviewRulesRequest, v1::PreviewRulesResponse>(
      "kontor.recommendations.v1.RuleService/PreviewRules",
      std::bind(&PreviewHandler::PreviewRules, &parts.preview, _1, _2));
  server.AddService("kontor.recommendations.v1.RuleService");
}

void RegisterQuality(runtime::Server& server, RecommendationsParts& parts) {
  server.Unary<v1::GetQualityRequest, v1::GetQualityResponse>(
      "kontor.recommendations.v1.QualityService/GetQuality",
      std::bind(&QualityHandler::GetQuality, &parts.quality, _1, _2), {.deadline = kQualityDeadline});
  server.AddService("kontor.recommendations.v1.QualityService");
}

void RegisterPlacements(runtime::Server& server, PlacementHandler& placements) {
  server.Unary<v1::ListPlacementSettingsRequest, v1::ListPlacementSettingsResponse>(
      "kontor.recommendations.v1.PlacementService/ListPlacementSettings",
      std::bind(&PlacementHandler::ListPlacementSettings, &placements, _1, _2));
  server.Unary<v1::UpdatePlacementSettingsRequest, v1::PlacementSettings>(
      "kontor.recommendations.v1.PlacementService/UpdatePlacementSettings",
      std::bind(&PlacementHandler::UpdatePlacementSettings, &placements, _1, _2));
  server.Unary<v1::EvaluateStrategiesRequest, v1::EvaluateStrategiesResponse>(
      "kontor.recommendations.v1.PlacementService/EvaluateStrategies",
      std::bind(&PlacementHandler::EvaluateStrategies, &placements, _1, _2));
  server.AddService("kontor.recommendations.v1.PlacementService");
}

}  // namespace

absl::Status RegisterRecommendations(fleet::Fleet& fleet) {
  RETURN_IF_ERROR(postgres::Migrate(fleet.postgres, kSchema, Migrations()));
  RecommendationsParts& parts = fleet.application.Own(std::make_unique<RecommendationsParts>(fleet));
  RETURN_IF_ERROR(parts.consumer.Start());
  RETURN_IF_ERROR(parts.behaviour_consumer.Start());
  RETURN_IF_ERROR(parts.dead_letters.Start());
  RETURN_IF_ERROR(parts.live.Start(fleet.postgres, parts.consumer));
  parts.lag = std::make_unique<fleet::LagReporter>(fleet.log, kGroup, &parts.live.follower(), parts.consumer,
                                                   fleet.server.metrics());
  parts.behaviour_lag = std::make_unique<fleet::LagReporter>(fleet.log, kBehaviourGroup, &parts.live.follower(),
                                                             parts.behaviour_consumer, fleet.server.metrics());
  RETURN_IF_ERROR(parts.erasures.LookOnce());
  for (const fleet::Shop& shop : fleet.shops) {
    const absl::Status loaded = parts.models.Refresh(shop.id);
    if (!loaded.ok()) {
      runtime::LogError("no model can be loaded; answers are empty until TrainModel",
                        {{"model", RegistryName(shop.id)}, {"error", loaded.ToString()}});
    }
    const absl::Status canary = parts.models.RefreshCanary(shop.id);
    if (canary.ok()) continue;
    runtime::LogError("the canary cannot be loaded; the model in service answers",
                      {{"model", RegistryName(shop.id)}, {"error", canary.ToString()}});
  }
  RETURN_IF_ERROR(parts.rule_keeper.RefreshAll());
  parts.rule_keeper.Start();
  RETURN_IF_ERROR(parts.placement_keeper.RefreshSettings());
  parts.placement_keeper.Start();
  for (const fleet::Shop& shop : fleet.shops) parts.serving.Refresh(shop.id);
  parts.serving.Start();
  parts.erasures.Start();
  parts.keeper.Start();
  parts.quality_keeper.Start();
  RegisterHandlers(fleet.server, parts);
  RegisterRules(fleet.server, parts);
  RegisterQuality(fleet.server, parts);
  RegisterPlacements(fleet.server, parts.placement_handler);
  fleet.server.AddReadiness("recommendations", [&live = parts.live.follower()] { return live.Ready(); });
  return absl::OkStatus();
}

}  // namespace kontor::recommendations
