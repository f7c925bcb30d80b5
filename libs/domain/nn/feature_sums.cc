#include "libs/domain/nn/feature_sums.h"

#include <cmath>

namespace kontor::nn {

std::vector<float> FeatureRarity(const ItemFeatures& features) {
  std::vector<double> count(features.feature_count, 0);
  for (uint32_t feature : features.features) ++count[feature];
  const double items = static_cast<double>(features.offsets.size()) - 1;
  std::vector<float> rarity(features.feature_count, 0);
  for (size_t f = 0; f < rarity.size(); ++f) {
    if (count[f] > 0) rarity[f] = static_cast<float>(std::log1p(items / count[f]));
  }
  return rarity;
}

std::vector<float> FeatureWeights(absl::Span<const uint32_t> features, absl::Span<const float> rarity) {
  std::vector<float> weights;
  float squares = 0;
  for (uint32_t feature : features) {
    weights.push_back(feature < rarity.size() ? rarity[feature] : 0);
    squares += weights.back() * weights.back();
  }
  if (squares > 0) {
    for (float& weight : weights) weight /= std::sqrt(squares);
  }
  return weights;
}

void AddFeatures(absl::Span<const uint32_t> features, absl::Span<const float> rarity, const ConstMatrixMap& table,
                 Eigen::Ref<Row> out) {
  const std::vector<float> weights = FeatureWeights(features, rarity);
  for (size_t i = 0; i < features.size(); ++i) {
    if (weights[i] > 0) out += weights[i] * table.row(features[i]);
  }
}

}  // namespace kontor::nn
