#include "libs/domain/recommendations/item_features.h"

#include <algorithm>
#include <cmath>

namespace kontor::recommendations {

void ItemFeatures::AppendItem(std::vector<uint32_t> features) {
  std::sort(features.begin(), features.end());
  features.erase(std::unique(features.begin(), features.end()), features.end());
  features_.insert(features_.end(), features.begin(), features.end());
  offsets_.push_back(features_.size());
  if (!features.empty()) feature_count_ = std::max(feature_count_, features.back() + 1);
}

absl::Span<const uint32_t> ItemFeatures::Of(ItemId item) const {
  if (item >= items()) return {};
  return absl::MakeConstSpan(features_).subspan(offsets_[item], offsets_[item + 1] - offsets_[item]);
}

std::vector<float> ItemFeatures::RarityWeights() const {
  std::vector<double> counts(feature_count_, 0);
  for (const uint32_t feature : features_) ++counts[feature];
  std::vector<float> weights;
  for (const double count : counts) {
    weights.push_back(count > 0 ? static_cast<float>(std::sqrt(std::log1p(items() / count))) : 0);
  }
  return weights;
}

void ItemFeatures::Save(base::ByteWriter& out) const {
  out.Value(feature_count_);
  out.Array(offsets_);
  out.Array(features_);
}

ItemFeatures ItemFeatures::Load(base::ByteReader& in, uint32_t item_count) {
  ItemFeatures out;
  out.feature_count_ = in.Value<uint32_t>();
  out.offsets_ = in.Array<uint64_t>();
  out.features_ = in.Array<uint32_t>();
  in.Require(!out.offsets_.empty() && out.offsets_.size() <= item_count + uint64_t{1},
             "more items have features than there are products");
  if (!in.status().ok()) return ItemFeatures();
  in.Require(out.feature_count_ <= out.features_.size(), "there are more features than entries");
  in.RequireOffsets(out.offsets_, out.offsets_.size() - 1, out.features_.size());
  in.RequireBelow(out.features_, out.feature_count_);
  return out;
}

}  // namespace kontor::recommendations
