#include "services/recommendations/trainer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/domain/recommendations/model_io.h"
#include "libs/platform/runtime/log.h"
#include "services/recommendations/training_outcomes.h"

namespace kontor::recommendations {
namespace {

constexpr int kKeptModels = 10;

runtime::Counter OutcomeCounter(runtime::Metrics& metrics, const char* outcome) {
  return metrics.counter("kontor_recommendations_trainings_total", "Trainings by their outcome.",
                         {{"outcome", outcome}});
}

registry::ModelMetadata MetadataOf(const Model& model, const TrainingData& data) {
  registry::ModelMetadata metadata;
  metadata.metrics = {{"recall_at_10", model.metrics.recall_at_10},
                      {"ndcg_at_10", model.metrics.ndcg_at_10},
                      {"recall_at_10_new", model.metrics.recall_at_10_new},
                      {"ndcg_at_10_new", model.metrics.ndcg_at_10_new},
                      {"hold_out_customers", static_cast<double>(model.metrics.customers)},
                      {"baskets", static_cast<double>(model.counts.baskets)},
                      {"customers", static_cast<double>(model.counts.customers)},
                      {"products", static_cast<double>(model.counts.products)},
                      {"lines", static_cast<double>(model.counts.lines)},
                      {kMetricTrainedUntil, static_cast<double>(model.trained_until_seconds)},
                      {kMetricSnapshots, static_cast<double>(data.snapshots)},
                      {kMetricErasures, static_cast<double>(data.erasures)}};
  return metadata;
}

bool SameSignals(const Model& a, const Model& b) {
  const std::vector<Signal> first = a.Signals(), second = b.Signals();
  return std::equal(first.begin(), first.end(), second.begin(), second.end(),
                    [](const Signal& x, const Signal& y) { return x.name == y.name; });
}

absl::Status Cancelled() { return absl::CancelledError("the training was cancelled"); }

}  // namespace

double ErasuresKnownTo(const ServedModel& served) {
  const auto& metrics = served.info().metadata.metrics;
  const auto found = metrics.find(kMetricErasures);
  return found == metrics.end() ? 0 : found->second;
}

Trainer::Trainer(Parts parts)
    : parts_(std::move(parts)),
      served_(OutcomeCounter(parts_.metrics, "served")),
      canary_(OutcomeCounter(parts_.metrics, "canary")),
      worse_(OutcomeCounter(parts_.metrics, "worse")),
      failed_(OutcomeCounter(parts_.metrics, "failed")) {}

absl::StatusOr<std::shared_ptr<const ServedModel>> Trainer::Train(const std::string& shop, const Wish& wish,
                                                                  const CancelFunction& cancelled) {
  {
    base::MutexLock lock(mutex_);
    if (!running_.insert(shop).second) {
      return base::Error(absl::StatusCode::kAborted, kReasonTrainingRuns,
                         "a training of this shop is under way; ask for the models when it has ended");
    }
  }
  absl::StatusOr<std::shared_ptr<const ServedModel>> trained = TrainOne(shop, wish, cancelled);
  {
    base::MutexLock lock(mutex_);
    running_.erase(shop);
  }
  const bool worse = base::ErrorReason(trained.status()) == kReasonModelWorse;
  (trained.ok() && wish.canary_share > 0 ? canary_ : trained.ok() ? served_ : worse ? worse_ : failed_).Add();
  return trained;
}

absl::StatusOr<std::shared_ptr<const ServedModel>> Trainer::TrainOne(const std::string& shop, const Wish& wish,
                                                                     const CancelFunction& cancelled) {
  if (wish.canary_share > 0 && parts_.serving.Get(shop) == nullptr) {
    return base::Error(absl::StatusCode::kFailedPrecondition, kReasonNoModel,
                       "there is no model in service for a canary to stand beside; train without canary_share");
  }
  static const CatalogueView& no_catalogue = *new CatalogueView;
  const LiveShop* live = parts_.live.Find(shop);
  const CatalogueView& catalogue = live == nullptr ? no_catalogue : live->catalogue;
  ASSIGN_OR_RETURN(const TrainingData data, ReadTrainingData(parts_.postgres, shop, catalogue, cancelled));
  if (data.baskets < kMinBaskets) {
    return base::Error(
        absl::StatusCode::kFailedPrecondition, kReasonTooLittleHistory,
        absl::StrCat("there are ", data.baskets, " orders with products to learn from; import at least ", kMinBaskets));
  }
  TrainOptions training = parts_.training;
  training.neural.max_seconds = wish.network_seconds;
  training.neural.clock = &base::SystemClock();
  training.neural.cancelled = cancelled;
  ASSIGN_OR_RETURN(const std::shared_ptr<Model> model,
                   TrainModel(data.history, data.catalogue, data.persons, training, data.visits));
  model->counts.customers = data.customers;
  if (cancelled()) return Cancelled();
  if (!wish.force) RETURN_IF_ERROR(CheckNotWorse(data, *model, shop, training));
  RETURN_IF_ERROR(LearnOutcomes(shop, data, catalogue, training, *model));
  if (cancelled()) return Cancelled();
  return Serve(shop, data, model, wish);
}

absl::Status Trainer::LearnOutcomes(const std::string& shop, const TrainingData& data, const CatalogueView& catalogue,
                                    const TrainOptions& training, Model& model) const {
  const std::shared_ptr<const ServedModel> serving = parts_.serving.Get(shop);
  if (serving == nullptr || !SameSignals(serving->model(), model)) return absl::OkStatus();
  model.set_outcomes(serving->model().shared_outcomes());
  ASSIGN_OR_RETURN(const ShownTable shown,
                   ReadShown(parts_.postgres, shop, *serving, data, catalogue, training.neural.cancelled));
  OutcomeOptions options;
  options.network_seconds = training.neural.max_seconds;
  options.clock = training.neural.clock;
  options.cancelled = training.neural.cancelled;
  options.threads = training.threads;
  ASSIGN_OR_RETURN(const OutcomeFit fit, FitOutcomes(shown.rows(), options));
  runtime::LogInfo("what became of shown products", {{"answers", shown.answers},
                                                     {"products", static_cast<int64_t>(shown.outcomes.size())},
                                                     {"learned", fit.model != nullptr},
                                                     {"trees_gain", fit.trees_gain},
                                                     {"network_gain", fit.network_gain}});
  if (fit.model != nullptr) model.set_outcomes(fit.model);
  return absl::OkStatus();
}

absl::Status Trainer::CheckNotWorse(const TrainingData& data, const Model& candidate, const std::string& shop,
                                    const TrainOptions& training) const {
  const std::shared_ptr<const ServedModel> serving = parts_.serving.Get(shop);
  if (serving == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(const GateVerdict verdict, CompareModels(data, candidate, serving->model(), training, parts_.gate));
  runtime::LogInfo("a new model beside the one in service", {{"serving", ModelName(shop, serving->info().version)},
                                                             {"baskets", verdict.baskets},
                                                             {"unseen", verdict.unseen},
                                                             {"candidate_ndcg_at_10", verdict.candidate_ndcg},
                                                             {"serving_ndcg_at_10", verdict.serving_ndcg}});
  if (!verdict.worse()) return absl::OkStatus();
  return base::Error(
      absl::StatusCode::kFailedPrecondition, kReasonModelWorse,
      absl::StrFormat("the new model scores ndcg@10 %.4f on %d held-out baskets, %s in service %.4f; that one stays. "
                      "Look at what was imported last, or set `force`",
                      verdict.candidate_ndcg, verdict.baskets, ModelName(shop, serving->info().version),
                      verdict.serving_ndcg));
}

absl::StatusOr<std::shared_ptr<const ServedModel>> Trainer::Serve(const std::string& shop, const TrainingData& data,
                                                                  std::shared_ptr<const Model> model,
                                                                  const Wish& wish) {
  const std::string name = RegistryName(shop);
  const std::shared_ptr<const ServedModel> before = parts_.serving.Get(shop);
  const bool forgets =
      wish.canary_share == 0 && before != nullptr && static_cast<double>(data.erasures) > ErasuresKnownTo(*before);
  registry::ModelMetadata metadata = MetadataOf(*model, data);
  metadata.metrics[kMetricNetworkSeconds] = wish.network_seconds;
  ASSIGN_OR_RETURN(const int64_t version, parts_.registry.Publish(name, SaveModel(*model), metadata));
  RETURN_IF_ERROR(PutIntoService(parts_.registry, shop, version, wish.canary_share));
  RETURN_IF_ERROR(parts_.serving.Refresh(shop));
  RETURN_IF_ERROR(parts_.serving.RefreshCanary(shop));
  std::shared_ptr<const ServedModel> served = parts_.serving.Get(shop);
  if (const auto canary = parts_.serving.GetCanary(shop); wish.canary_share > 0) {
    served = canary == nullptr ? nullptr : canary->served;
  }
  if (served == nullptr || served->info().version != version) {
    return base::Error(absl::StatusCode::kUnavailable, "MODEL_NOT_SERVED",
                       "the new model was saved but is not the one in service; look at the registry's folder");
  }
  if (forgets) RETURN_IF_ERROR(parts_.registry.ForgetPrevious(name, kServingStage));
  const absl::StatusOr<int> pruned = parts_.registry.Prune(name, forgets ? 1 : kKeptModels);
  if (!pruned.ok()) runtime::LogWarning("old models stay", {{"error", pruned.status().ToString()}});
  return served;
}

}  // namespace kontor::recommendations
