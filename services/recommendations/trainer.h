#pragma once

#include <memory>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "libs/base/mutex.h"
#include "libs/domain/recommendations/train.h"
#include "libs/platform/postgres/pool.h"
#include "libs/platform/registry/registry.h"
#include "libs/platform/runtime/metrics.h"
#include "services/recommendations/live_follower.h"
#include "services/recommendations/model_gate.h"
#include "services/recommendations/serving_models.h"

namespace kontor::recommendations {

// Learns a model from a shop's stored orders and puts it into service. Thread-safe; one training of a shop at a time.
class Trainer {
 public:
  struct Parts {
    postgres::Pool& postgres;
    registry::Registry& registry;
    ServingModels& serving;
    const LiveFollower& live;
    runtime::Metrics& metrics;
    TrainOptions training = {};
    GateOptions gate = {};
  };
  explicit Trainer(Parts parts);

  // Read → learn → compare with the model in service (model_gate.h) → save in the registry → serve. Answers what is
  // served now; nothing is left of a model that does not get so far, and nothing of older ones
  // when somebody was forgotten since the one in service was learned. Minutes at most: 155,000 orders take about one.
  //   ABORTED TRAINING_RUNS              another call trains this shop
  //   FAILED_PRECONDITION TOO_LITTLE_HISTORY   fewer than kMinBaskets orders with products
  //   FAILED_PRECONDITION NO_MODEL       a canary is wished for, and there is no model in service
  //   FAILED_PRECONDITION MODEL_WORSE    the model in service does better, and not `force`
  //   CANCELLED                          `cancelled` said so; asked between the steps and by networks
  struct Wish {
    bool force = false;
    double network_seconds = 0;  // for each neural network, both times it is trained; 0: none
    double canary_share = 0;     // above 0: the model becomes the canary with that share, beside the one in service
  };
  absl::StatusOr<std::shared_ptr<const ServedModel>> Train(const std::string& shop, const Wish& wish,
                                                           const CancelFunction& cancelled);

  static constexpr int64_t kMinBaskets = 100;

 private:
  absl::StatusOr<std::shared_ptr<const ServedModel>> TrainOne(const std::string& shop, const Wish& wish,
                                                              const CancelFunction& cancelled);
  // What became of what the model in service showed, as the new one's OutcomeModel; what that one had learned stays
  // where there is nothing better. Nothing where the two have other signals.
  absl::Status LearnOutcomes(const std::string& shop, const TrainingData& data, const CatalogueView& catalogue,
                             const TrainOptions& training, Model& model) const;
  absl::Status CheckNotWorse(const TrainingData& data, const Model& candidate, const std::string& shop,
                             const TrainOptions& training) const;
  absl::StatusOr<std::shared_ptr<const ServedModel>> Serve(const std::string& shop, const TrainingData& data,
                                                           std::shared_ptr<const Model> model, const Wish& wish);

  Parts parts_;
  const runtime::Counter served_, canary_, worse_, failed_;
  base::Mutex mutex_;
  std::set<std::string> running_ ABSL_GUARDED_BY(mutex_);
};

constexpr char kReasonTrainingRuns[] = "TRAINING_RUNS";
constexpr char kReasonTooLittleHistory[] = "TOO_LITTLE_HISTORY";
constexpr char kReasonModelWorse[] = "MODEL_WORSE";

// The newest erasure that a model was learned after (kMetricErasures); 0 for none.
double ErasuresKnownTo(const ServedModel& served);

// Names of registry metrics.
inline constexpr char kMetricTrainedUntil[] = "trained_until_seconds";
inline constexpr char kMetricSnapshots[] = "snapshots";  // TrainingData::snapshots
inline constexpr char kMetricErasures[] = "erasures";    // TrainingData::erasures
inline constexpr char kMetricNetworkSeconds[] = "network_seconds";

}  // namespace kontor::recommendations
