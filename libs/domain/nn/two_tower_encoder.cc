#include "libs/domain/nn/two_tower_encoder.h"

#include <algorithm>
#include <cmath>

#include "libs/domain/nn/feature_sums.h"

namespace kontor::nn {

absl::StatusOr<std::unique_ptr<const TwoTowerEncoder>> TwoTowerEncoder::Make(Arrays arrays) {
  std::unique_ptr<TwoTowerEncoder> encoder(new TwoTowerEncoder);
  encoder->arrays_ = std::move(arrays);
  RETURN_IF_ERROR(encoder->Bind());
  return std::unique_ptr<const TwoTowerEncoder>(std::move(encoder));
}

absl::Status TwoTowerEncoder::Bind() {
  ASSIGN_OR_RETURN(output_, arrays_.FindOfRank("output_table", 2));
  ASSIGN_OR_RETURN(recency_, arrays_.FindOfRank("recency", 2));
  if (recency_->shape[0] != 1) return absl::DataLossError("recency has more than one row");
  ASSIGN_OR_RETURN(start_, arrays_.Find("start", {1, dimensions()}));
  ASSIGN_OR_RETURN(feature_rarity_, arrays_.FindOfRank("feature_rarity", 1));
  ASSIGN_OR_RETURN(feature_table_, arrays_.Find("feature_table", {feature_rarity_->shape[0], dimensions()}));
  ASSIGN_OR_RETURN(user_, FindTower(arrays_, "user", dimensions()));
  ASSIGN_OR_RETURN(item_, FindTower(arrays_, "item", dimensions()));
  ASSIGN_OR_RETURN(const double temperature, arrays_.Number("temperature"));
  if (!(temperature > 1e-6)) return absl::DataLossError("the temperature is not positive");
  temperature_ = static_cast<float>(temperature);
  return absl::OkStatus();
}

absl::Status TwoTowerEncoder::Encode(absl::Span<const uint32_t> history, absl::Span<float> out) const {
  if (out.size() != dimensions()) return absl::InvalidArgumentError("the vector has another length than the model's");
  const ConstMatrixMap table = AsMatrix(*output_);
  Matrix pooled = AsMatrix(*start_);
  std::vector<uint32_t> known;  // newest first
  for (size_t i = history.size(); i > 0 && known.size() < recency_->shape[1]; --i) {
    if (history[i - 1] < item_count()) known.push_back(history[i - 1]);
  }
  if (!known.empty()) {
    pooled.setZero();
    const auto recency = AsRow(*recency_).head(static_cast<Eigen::Index>(known.size())).array();
    Row weight = (recency - recency.maxCoeff()).exp().matrix();
    weight *= temperature_ / weight.sum();  // the table holds vectors over the temperature
    for (size_t i = 0; i < known.size(); ++i) pooled += weight[static_cast<Eigen::Index>(i)] * table.row(known[i]);
  }
  const Matrix vector = user_(pooled);
  std::copy(vector.data(), vector.data() + vector.size(), out.begin());
  return absl::OkStatus();
}

absl::Status TwoTowerEncoder::EncodeItem(absl::Span<const uint32_t> features, absl::Span<float> out) const {
  if (out.size() != dimensions()) return absl::InvalidArgumentError("the vector has another length than the model's");
  Matrix sum = Matrix::Zero(1, dimensions());
  AddFeatures(features, feature_rarity_->values, AsMatrix(*feature_table_), sum.row(0));
  const Matrix vector = item_(sum) / temperature_;
  std::copy(vector.data(), vector.data() + vector.size(), out.begin());
  return absl::OkStatus();
}

}  // namespace kontor::nn
