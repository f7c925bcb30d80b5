#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "libs/base/random.h"
#include "libs/domain/nn/training.h"

// What the models with item vectors made from features share. For the .cc files of this folder: it includes LibTorch.
namespace kontor::nn {

// Rows scaled to length 1 (dense.h, ToUnitLength).
at::Tensor UnitRows(const at::Tensor& rows);

// ids x size: the weighted sums of the ids' features' rows in `table` (feature_sums.h).
at::Tensor FeatureSums(const ItemFeatures& features, absl::Span<const float> rarity, const std::vector<int64_t>& ids,
                       const at::Tensor& table);

// Where items' own vectors start: at zero beside features, at random without.
at::Tensor OwnStart(const ItemFeatures& features, int64_t items, int64_t size, base::Random& random);

// ids x 1: 0 for a share of the ids that have features, which this time go without their own vectors, else 1.
at::Tensor OwnKept(const ItemFeatures& features, const std::vector<int64_t>& ids, double share, base::Random& random);

// batch x length x size: before each event the mean of the events before it, weighted by their recency; before the
// first one `start` (1 x size).
at::Tensor Pooled(const at::Tensor& items, const at::Tensor& recency, const at::Tensor& start);

// Where each item stands in the sorted ids; ids.size() for those that are not there.
at::Tensor Places(const std::vector<int64_t>& ids, const std::vector<int64_t>& items);

// The different ids among these, sorted.
std::vector<int64_t> Distinct(std::vector<int64_t> ids);

}  // namespace kontor::nn
