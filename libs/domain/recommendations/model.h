#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/domain/history/interner.h"
#include "libs/domain/recommendations/item_facts.h"
#include "libs/domain/recommendations/item_features.h"
#include "libs/domain/recommendations/outcome_model.h"
#include "libs/domain/recommendations/popularity.h"
#include "libs/domain/recommendations/ranker.h"

namespace kontor::recommendations {

// What the dense numbers of a model stand for.
struct Catalogue {
  history::Interner products;                // ItemId -> the shop's product id
  history::Interner categories;              // category number -> name
  std::vector<uint32_t> product_categories;  // by ItemId; kNone where unknown
  history::Interner contexts;                // ContextId -> the caller's key, e.g. "country/GB"
  std::vector<ContextId> context_parents;    // parents come first; kNone at the top
  ItemFeatures features;                     // by ItemId; for training: a model keeps them in its Content source
  std::vector<Term> feature_terms;           // by feature: what products that come later are told by; may be empty
};

// How well the model's kind did on the last basket of each customer, learned from what came before it; weights were
// fitted on one half of the customers and read on the other, both ways. 0 where there were too few customers.
struct ModelMetrics {
  double recall_at_10 = 0;
  double ndcg_at_10 = 0;
  double recall_at_10_new = 0;  // of products new to the customer, bought ones excluded
  double ndcg_at_10_new = 0;
  int64_t customers = 0;  // held out
};

struct ModelCounts {
  int64_t baskets = 0, customers = 0, products = 0, lines = 0;
};

// Everything an answer needs, learned once, then never changed. Thread-safe; shared by pointer (base::Snapshot). A
// model holds no customer's name: 64-bit hashes of tokens only.
class Model {
 public:
  using Sources = std::vector<std::shared_ptr<const CandidateSource>>;

  // Popularity is the source that every model has, for whoever nothing is known of; it comes last.
  Model(Catalogue catalogue, Sources sources, std::shared_ptr<const Popularity> popularity);

  const Catalogue& catalogue() const { return catalogue_; }
  uint32_t items() const { return catalogue_.products.size(); }
  // In the order of their columns.
  const Sources& sources() const { return sources_; }
  std::vector<Signal> Signals() const;
  // The source whose column `signal` is.
  const CandidateSource& SourceOf(size_t signal) const { return *sources_[signal_sources_[signal]]; }
  const Popularity& popularity() const { return *popularity_; }

  const Ranker& ranker() const { return ranker_; }
  void set_ranker(Ranker ranker) { ranker_ = std::move(ranker); }
  // What became of shown products; null until enough was seen. Its columns are ShownColumns(ranker()).
  const OutcomeModel* outcomes() const { return outcomes_.get(); }
  std::shared_ptr<const OutcomeModel> shared_outcomes() const { return outcomes_; }
  void set_outcomes(std::shared_ptr<const OutcomeModel> outcomes) { outcomes_ = std::move(outcomes); }

  int64_t trained_until_seconds = 0;  // the newest basket
  ModelCounts counts;
  ModelMetrics metrics;

  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

 private:
  Catalogue catalogue_;
  const Popularity* popularity_;  // the last of sources_
  Sources sources_;
  std::vector<uint32_t> signal_sources_;
  Ranker ranker_;
  std::shared_ptr<const OutcomeModel> outcomes_;
};

}  // namespace kontor::recommendations
