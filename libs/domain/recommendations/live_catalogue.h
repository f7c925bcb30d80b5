#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "libs/domain/recommendations/relations.h"
#include "libs/domain/recommendations/types.h"

namespace kontor::recommendations {

class Model;

// A product that came after the model: what the sources need to compare it with others.
struct FreshItem {
  std::vector<uint32_t> features;  // ascending, in the model's numbers (Catalogue::feature_terms)
  // CandidateSource::EncodeItem of each source, by the column of its first signal; empty where it knows none.
  std::vector<std::vector<float>> codes;
};
FreshItem EncodeFresh(const Model& model, std::vector<uint32_t> features);

// What the catalogue says now beyond what a model learned. Items from learned() on are new. Immutable; thread-safe.
class LiveCatalogue {
 public:
  LiveCatalogue(uint32_t learned, std::vector<std::shared_ptr<const FreshItem>> fresh, Relations relations)
      : learned_(learned), fresh_(std::move(fresh)), relations_(std::move(relations)) {}

  uint32_t learned() const { return learned_; }  // the model's items
  uint32_t items() const { return learned_ + static_cast<uint32_t>(fresh_.size()); }
  // Null for an item that the model knows and for one that is no item.
  const FreshItem* Fresh(ItemId item) const {
    return item >= learned_ && item < items() ? fresh_[item - learned_].get() : nullptr;
  }
  absl::Span<const std::shared_ptr<const FreshItem>> fresh() const { return fresh_; }  // item learned() + i; none null
  const Relations& relations() const { return relations_; }

 private:
  uint32_t learned_;
  std::vector<std::shared_ptr<const FreshItem>> fresh_;
  Relations relations_;
};

// The items that an answer is made of: the model's, and those that came after it where `context` has them.
uint32_t ItemsOf(const Model& model, const UserContext& context);

}  // namespace kontor::recommendations
