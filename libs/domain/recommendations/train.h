#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "libs/domain/history/history.h"
#include "libs/domain/recommendations/als.h"
#include "libs/domain/recommendations/ease.h"
#include "libs/domain/recommendations/fit_ranker.h"
#include "libs/domain/recommendations/item_item.h"
#include "libs/domain/recommendations/model.h"
#include "libs/domain/recommendations/neighbours.h"
#include "libs/domain/recommendations/repurchase_clock.h"
#include "libs/domain/recommendations/sequential_rules.h"
#include "libs/domain/recommendations/session_knn.h"
#include "libs/domain/recommendations/train_neural.h"
#include "libs/domain/recommendations/visits.h"

namespace kontor::recommendations {

// Settings were chosen on the last but one basket of each customer of UCI Online Retail.
struct TrainOptions {
  ItemItemOptions together{.group = ItemItemOptions::Group::kBasket, .half_life_days = 90};
  ItemItemOptions customers{.group = ItemItemOptions::Group::kCustomer};
  AlsOptions als;
  EaseOptions ease{.max_row = 200};  // half the memory of 400: recall@10 -.0005 there, +.0006 of new products
  SequentialRulesOptions rules{.max_row = 200};
  ClockOptions clock;
  NeighboursOptions neighbours;
  SessionKnnOptions sessions;
  PopularityOptions popularity;
  NeuralOptions neural;
  RankerOptions ranker;
  int threads = 1;
  size_t max_examples = 5'000;  // customers whose last basket is held out to fit the weights
  size_t min_examples = 50;     // with fewer the ranker is DefaultRanker
  uint32_t min_sessions = 300;  // with fewer there is no SessionKnn
  uint64_t seed = 1;
};

// What networks are stopped by, and when: `epochs` is written by a training whose `validation` is held out of its
// baskets, and read by the next one, which learns from everything.
struct NeuralPlan {
  NeuralValidation validation;
  NeuralEpochs epochs{};
};

// All sources, learned from all baskets, and SessionKnn where there are sessions; the ranker is DefaultRanker. Users
// and items as for TrainModel. Networks are trained where options.neural gives them time. CANCELLED when
// options.neural.cancelled said so.
absl::StatusOr<std::shared_ptr<Model>> TrainSources(const Baskets& baskets, const Catalogue& catalogue,
                                                    absl::Span<const uint64_t> persons, const TrainOptions& options,
                                                    NeuralPlan& plan, const Sessions& sessions = Sessions(0));

// Learns a model from a history whose items are numbers of catalogue.products, contexts of catalogue.contexts, and
// whose user u is persons[u] (UserContext::person). Only purchases count. First the sources learn from all but the last
// basket of each customer, and the weights are fitted to those baskets, asked for with the session that led to them;
// then the sources learn from everything. Users of `visits` are those of the history, or kNone. The
// same input and threads give the same model. INVALID_ARGUMENT when columns do not fit together,
// FAILED_PRECONDITION (TOO_LITTLE_HISTORY) without a single purchase.
absl::StatusOr<std::shared_ptr<Model>> TrainModel(const history::History& history, const Catalogue& catalogue,
                                                  absl::Span<const uint64_t> persons, const TrainOptions& options,
                                                  const Visits& visits = Visits());

}  // namespace kontor::recommendations
