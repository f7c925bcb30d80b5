#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libs/domain/nn/arrays.h"
#include "libs/domain/nn/dense.h"
#include "libs/domain/nn/user_encoder.h"

namespace kontor::nn {

inline constexpr absl::string_view kTwoTowerKind = "two_tower";

// The serving form of a two-tower model (two_tower.h). A score is the cosine of the two towers' vectors over the
// temperature.
class TwoTowerEncoder : public UserEncoder {
 public:
  // Takes "output_table", "recency" (1 x window), "start" (1 x size), "user.expand", "user.contract", the item tower's
  // "feature_table", "feature_rarity", "item.expand", "item.contract", and the temperature. DATA_LOSS when sizes do not
  // fit together.
  static absl::StatusOr<std::unique_ptr<const TwoTowerEncoder>> Make(Arrays arrays);

  uint32_t item_count() const override { return output_->shape[0]; }
  uint32_t dimensions() const override { return output_->shape[1]; }
  absl::Span<const float> output_table() const override { return output_->values; }
  absl::Span<const float> output_bias() const override { return {}; }
  absl::Status Encode(absl::Span<const uint32_t> history, absl::Span<float> out) const override;
  absl::Status EncodeItem(absl::Span<const uint32_t> features, absl::Span<float> out) const override;
  std::string Save() const override { return SaveArrays(arrays_); }

 private:
  TwoTowerEncoder() = default;
  absl::Status Bind();

  Arrays arrays_;
  const Array* output_ = nullptr;
  const Array* recency_ = nullptr;
  const Array* start_ = nullptr;
  const Array* feature_table_ = nullptr;
  const Array* feature_rarity_ = nullptr;
  Tower user_, item_;
  float temperature_ = 1;
};

}  // namespace kontor::nn
