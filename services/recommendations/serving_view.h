#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/base/snapshot.h"
#include "libs/domain/history/interner.h"
#include "libs/domain/recommendations/item_facts.h"
#include "libs/domain/recommendations/rules.h"
#include "services/recommendations/live_follower.h"
#include "services/recommendations/live_state.h"
#include "services/recommendations/rule_book.h"
#include "services/recommendations/serving_models.h"
#include "services/recommendations/term_sets.h"

namespace kontor::recommendations {

// What one answer is made from beside the person: a model and, in its numbers, what the catalogue says. Products that
// the model has not met are numbered behind its own (from model().items() on). Immutable; thread-safe.
class ServingView {
 public:
  const Model& model() const { return served->model(); }
  // kNone for a product that neither model nor catalogue knows.
  ItemId Find(absl::string_view product) const;
  absl::string_view IdOf(ItemId item) const;  // of one that Find answers
  uint32_t items() const { return model().items() + fresh->size(); }

  std::shared_ptr<const ServedModel> served;
  Ranker together, trending;  // by what was bought together alone; by what sells more than it used to
  std::shared_ptr<const history::Interner> fresh;
  ItemFacts facts;
  std::shared_ptr<const TermSets> terms;  // of facts
  LiveState live;                         // what sources are told of new products and of relations
  bool anything_removed = false;          // an item is not sold
  std::vector<ItemId> unproven;           // sold, unknown to the model, not yet shown enough: what exploration may try
  std::shared_ptr<const CompiledRules> rules;
  std::shared_ptr<const RuleSet> rule_set;  // what they were compiled from
  absl::Time compiled_at;                   // the time of their prices and ages
  CatalogueView::State catalogue;
  // "m<model version>.r<rules version>.c<fingerprint of the catalogue, hex>", and where prices or ages decide what a
  // rule is about ".t<unix minute>".
  std::string snapshot;

  explicit ServingView(std::shared_ptr<const ServedModel> model);
};

// The rules of a view over other rules than those in force, for previews.
std::shared_ptr<const ServingView> WithRules(const ServingView& view, std::vector<Rule> rules);

// The views of a shop: of the model in service and, for a share of people, of the canary. Immutable; thread-safe.
struct ShopViews {
  std::shared_ptr<const ServingView> serving;  // null while the shop has no model
  std::shared_ptr<const ServingView> canary;   // null while there is none
  double canary_share = 0;

  // Whose answers `person` gets: its token, or for strangers what stands for one. The same person always gets the same
  // as long as the canary is the same; when its share grows, who had it keeps it.
  const std::shared_ptr<const ServingView>& For(absl::string_view person) const;
};

// The views that each shop is served with. A thread brings views up to date: what the model, the catalogue or the
// inventory says is in the answers 50 ms later, rules likewise. Thread-safe.
class ServingViews {
 public:
  struct Parts {
    const ServingModels& models;
    const LiveFollower& live;
    const RuleBook& rules;
    const base::Clock& clock;
    absl::Span<const fleet::Shop> shops;
  };
  explicit ServingViews(const Parts& parts);
  ~ServingViews();

  ShopViews All(absl::string_view shop) const;
  // The one of the model in service; null while the shop has no model.
  std::shared_ptr<const ServingView> Get(absl::string_view shop) const { return All(shop).serving; }

  // Takes in what has changed until now; one caller at a time for a shop, the others wait. Cost: nothing when nothing
  // has, about 50 us for each changed product, twice that for one that came after the model (LiveBuilder); after a new
  // model 1 us for each product of the catalogue.
  void Refresh(absl::string_view shop);

  void Start();  // the thread

 private:
  struct Shop {
    base::Mutex refreshing;
    base::Snapshot<ShopViews> views;
  };
  void Run();
  // `last`, when nothing has changed since; the next one otherwise. Null for no model.
  std::shared_ptr<const ServingView> Next(absl::string_view shop, std::shared_ptr<const ServedModel> served,
                                          const std::shared_ptr<const ServingView>& last) const;

  const ServingModels& models_;
  const LiveFollower& live_;
  const RuleBook& rules_;
  const base::Clock& clock_;
  absl::flat_hash_map<std::string, std::unique_ptr<Shop>> shops_;
  base::Mutex mutex_;
  base::CondVar stopping_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace kontor::recommendations
