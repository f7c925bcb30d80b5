#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "libs/domain/nn/dense.h"
#include "libs/domain/nn/training.h"

namespace kontor::nn {

// A feature's rarity, log(1 + items / items that have it); 0 for a feature that no item has.
std::vector<float> FeatureRarity(const ItemFeatures& features);

// Weights of an item's features in its sum: rarities, scaled to the square sum 1. Ids beyond `rarity` weigh nothing.
std::vector<float> FeatureWeights(absl::Span<const uint32_t> features, absl::Span<const float> rarity);

// Adds the weighted sum of rows of `table` (features x size).
void AddFeatures(absl::Span<const uint32_t> features, absl::Span<const float> rarity, const ConstMatrixMap& table,
                 Eigen::Ref<Row> out);

}  // namespace kontor::nn
