#include "libs/domain/nn/item_graph.h"

#include <algorithm>
#include <cmath>

#include "libs/domain/nn/dense.h"
#include "libs/domain/nn/feature_sums.h"
#include "libs/domain/nn/graph.h"

namespace kontor::nn {
namespace {

bool HasFeatures(const ItemFeatures& features, int64_t item) {
  return !features.offsets.empty() && !features.item(static_cast<size_t>(item)).empty();
}

}  // namespace

at::Tensor UnitRows(const at::Tensor& rows) { return rows * (rows.square().sum(-1, true) + kLeastSquares).rsqrt(); }

at::Tensor FeatureSums(const ItemFeatures& features, absl::Span<const float> rarity, const std::vector<int64_t>& ids,
                       const at::Tensor& table) {
  std::vector<int64_t> rows, offsets;
  std::vector<float> weights;
  const int64_t items = static_cast<int64_t>(features.offsets.size()) - 1;
  for (int64_t id : ids) {
    offsets.push_back(static_cast<int64_t>(rows.size()));
    if (id < 0 || id >= items) continue;
    const absl::Span<const uint32_t> own = features.item(static_cast<size_t>(id));
    const std::vector<float> own_weights = FeatureWeights(own, rarity);
    rows.insert(rows.end(), own.begin(), own.end());
    weights.insert(weights.end(), own_weights.begin(), own_weights.end());
  }
  return BagSums(table, rows, offsets, weights);
}

at::Tensor OwnStart(const ItemFeatures& features, int64_t items, int64_t size, base::Random& random) {
  const at::Tensor start = at::zeros({items, size});
  const double deviation = 1 / std::sqrt(static_cast<double>(size));
  for (int64_t i = 0; i < items; ++i) {
    if (HasFeatures(features, i)) continue;
    float* row = start.data_ptr<float>() + i * size;
    for (int64_t k = 0; k < size; ++k) row[k] = static_cast<float>(deviation * random.Normal());
  }
  return start;
}

at::Tensor OwnKept(const ItemFeatures& features, const std::vector<int64_t>& ids, double share, base::Random& random) {
  const at::Tensor kept = at::ones({static_cast<int64_t>(ids.size()), 1});
  for (size_t i = 0; i < ids.size(); ++i) {
    if (HasFeatures(features, ids[i]) && random.Chance(share)) kept.data_ptr<float>()[i] = 0;
  }
  return kept;
}

at::Tensor Pooled(const at::Tensor& items, const at::Tensor& recency, const at::Tensor& start) {
  const int64_t rows = items.size(0), length = items.size(1), size = items.size(2);
  const at::Tensor first = start.unsqueeze(0).expand({rows, 1, size});
  const at::Tensor place = at::arange(length - 1, at::kLong);
  const at::Tensor age = place.unsqueeze(1) - place.unsqueeze(0);  // of the newest event: 0
  const at::Tensor logits = recency.view({-1}).index_select(0, age.clamp_min(0).view(-1)).view_as(age);
  const at::Tensor weights = at::softmax(logits.masked_fill(age < 0, -1e9), -1);
  return at::cat({first, at::matmul(weights, items.narrow(1, 0, length - 1))}, 1);
}

at::Tensor Places(const std::vector<int64_t>& ids, const std::vector<int64_t>& items) {
  std::vector<int64_t> places;
  places.reserve(items.size());
  for (int64_t item : items) {
    const auto found = std::lower_bound(ids.begin(), ids.end(), item);
    places.push_back((found != ids.end() && *found == item ? found : ids.end()) - ids.begin());
  }
  return IndexTensor(places);
}

std::vector<int64_t> Distinct(std::vector<int64_t> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace kontor::nn
