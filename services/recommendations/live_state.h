#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "libs/domain/recommendations/live_catalogue.h"
#include "libs/domain/recommendations/model.h"
#include "services/recommendations/catalogue_view.h"
#include "services/recommendations/product_features.h"

namespace kontor::recommendations {

// A LiveCatalogue and what the next one is made from. Immutable parts, shared from state to state.
struct LiveState {
  using Unresolved = absl::flat_hash_map<ItemId, std::vector<catalogue::ProductRelation>>;

  std::shared_ptr<const LiveCatalogue> catalogue;
  std::shared_ptr<const FeatureNumbers> numbers;  // of the model
  // All that an item states, where that names a product without a number: it gets one when the product comes.
  std::shared_ptr<const Unresolved> unresolved;
};

// The next state of a model's live catalogue: Take what has changed, then Build. Cost: some microseconds for each
// product taken that the model knows; for each that came later that of encoding it, 0.1 ms with two towers.
class LiveBuilder {
 public:
  // `last` is a state of the same model, or one without a catalogue.
  LiveBuilder(const Model& model, LiveState last);

  void Take(ItemId item, const CatalogueView::Told& told);

  // `find` answers the number of a product, kNone where it has none. All of the `items` numbers behind the last state's
  // have been taken.
  LiveState Build(uint32_t items, absl::FunctionRef<ItemId(const std::string& product)> find) &&;

 private:
  const Model& model_;
  const LiveState last_;
  std::shared_ptr<const FeatureNumbers> numbers_;
  std::vector<std::shared_ptr<const FreshItem>> fresh_;
  LiveState::Unresolved stated_;  // by those that were taken
};

}  // namespace kontor::recommendations
