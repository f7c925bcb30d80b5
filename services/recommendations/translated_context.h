#pragma once

#include <vector>

#include "libs/domain/recommendations/model.h"

namespace kontor::recommendations {

// Contexts in the numbers of one catalogue as questions to a model that numbers products and places otherwise.
class ContextTranslator {
 public:
  ContextTranslator(const Model& model, const Catalogue& catalogue);

  // A context that holds what it points to; what the model does not know is left out.
  struct Translated {
    std::vector<std::vector<ItemId>> items;
    std::vector<PastBasket> baskets;
    std::vector<Seed> session;
    UserContext context;
    Translated() = default;
    Translated(const Translated&) = delete;
    Translated& operator=(const Translated&) = delete;
  };
  void Translate(const UserContext& asked, Translated& out) const;

  ItemId Back(ItemId item) const { return back_[item]; }  // of the model, in the catalogue's numbers; kNone

 private:
  std::vector<ItemId> forth_, back_;
  std::vector<ContextId> contexts_;
};

}  // namespace kontor::recommendations
