#include "services/recommendations/live_state.h"

#include <algorithm>

namespace kontor::recommendations {
namespace {

RelationKind KindOf(catalogue::RelationKind kind) {
  switch (kind) {
    case catalogue::RelationKind::kAccessoryOf:
      return RelationKind::kAccessoryOf;
    case catalogue::RelationKind::kCompatibleWith:
      return RelationKind::kCompatibleWith;
    case catalogue::RelationKind::kReplaces:
      return RelationKind::kReplaces;
    case catalogue::RelationKind::kRequires:
      return RelationKind::kRequires;
  }
  std::abort();
}

}  // namespace

LiveBuilder::LiveBuilder(const Model& model, LiveState last) : model_(model), last_(std::move(last)) {
  numbers_ = last_.numbers;
  if (numbers_ == nullptr) numbers_ = std::make_shared<const FeatureNumbers>(model.catalogue().feature_terms);
  if (last_.catalogue != nullptr) fresh_.assign(last_.catalogue->fresh().begin(), last_.catalogue->fresh().end());
}

void LiveBuilder::Take(ItemId item, const CatalogueView::Told& told) {
  if (last_.catalogue != nullptr || !told.relations.empty()) {  // in a first state silence changes nothing
    stated_[item].assign(told.relations.begin(), told.relations.end());
  }
  if (item < model_.items()) return;
  const size_t place = item - model_.items();
  if (fresh_.size() <= place) fresh_.resize(place + 1);
  std::vector<uint32_t> features = numbers_->FindAll(FeatureTerms(told.fact, told.title));
  fresh_[place] = std::make_shared<const FreshItem>(EncodeFresh(model_, std::move(features)));
}

LiveState LiveBuilder::Build(uint32_t items, absl::FunctionRef<ItemId(const std::string& product)> find) && {
  const bool grown = last_.catalogue == nullptr || last_.catalogue->items() < items;
  LiveState::Unresolved unresolved;
  if (last_.unresolved != nullptr) unresolved = *last_.unresolved;
  if (grown) stated_.insert(unresolved.begin(), unresolved.end());  // of those that were taken, what they say now
  std::vector<Relations::Change> changes;
  for (auto& [item, list] : stated_) {
    std::vector<Relations::Stated> known;
    for (const catalogue::ProductRelation& relation : list) {
      if (const ItemId to = find(relation.product); to != kNone) known.push_back({KindOf(relation.kind), to});
    }
    if (known.size() < list.size()) {
      unresolved[item] = std::move(list);
    } else {
      unresolved.erase(item);
    }
    changes.emplace_back(item, std::move(known));
  }
  const Relations before = last_.catalogue == nullptr ? Relations() : last_.catalogue->relations();
  LiveState out;
  out.numbers = numbers_;
  out.unresolved = std::make_shared<const LiveState::Unresolved>(std::move(unresolved));
  out.catalogue = std::make_shared<const LiveCatalogue>(model_.items(), std::move(fresh_), before.With(changes));
  return out;
}

}  // namespace kontor::recommendations
