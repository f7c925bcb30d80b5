#include "services/recommendations/translated_context.h"

namespace kontor::recommendations {

ContextTranslator::ContextTranslator(const Model& model, const Catalogue& catalogue) {
  back_.assign(model.items(), kNone);
  for (uint32_t item = 0; item < catalogue.products.size(); ++item) {
    forth_.push_back(model.catalogue().products.Find(catalogue.products.At(item)).value_or(kNone));
    if (forth_.back() != kNone) back_[forth_.back()] = item;
  }
  for (uint32_t context = 0; context < catalogue.contexts.size(); ++context) {
    contexts_.push_back(model.catalogue().contexts.Find(catalogue.contexts.At(context)).value_or(kNone));
  }
}

void ContextTranslator::Translate(const UserContext& asked, Translated& out) const {
  out.items.assign(asked.baskets.size(), {});
  out.baskets.clear();
  out.session.clear();
  for (size_t b = 0; b < asked.baskets.size(); ++b) {
    for (const ItemId item : asked.baskets[b].items) {
      if (forth_[item] != kNone) out.items[b].push_back(forth_[item]);
    }
    out.baskets.push_back({asked.baskets[b].time_seconds, out.items[b]});
  }
  for (const Seed& seed : asked.session) {
    if (forth_[seed.item] != kNone) out.session.push_back({forth_[seed.item], seed.weight});
  }
  out.context = asked;
  out.context.session = out.session;
  out.context.baskets = out.baskets;
  out.context.context = asked.context == kNone ? kNone : contexts_[asked.context];
}

}  // namespace kontor::recommendations
