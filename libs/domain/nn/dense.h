#pragma once

#include <Eigen/Dense>
#include <cmath>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/base/status.h"
#include "libs/domain/nn/arrays.h"

// The layers of the trained networks as they run in serving: Eigen, one thread, no LibTorch. Vectors are rows.
namespace kontor::nn {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Row = Eigen::Matrix<float, 1, Eigen::Dynamic>;
using ConstMatrixMap = Eigen::Map<const Matrix>;
using ConstRowMap = Eigen::Map<const Row>;

// A view of an array: valid as long as the array.
inline ConstMatrixMap AsMatrix(const Array& array) { return {array.values.data(), array.shape[0], array.shape[1]}; }
inline ConstRowMap AsRow(const Array& array) {
  return {array.values.data(), static_cast<Eigen::Index>(array.values.size())};
}

// y = x W' + b, with W (out x in) named "<name>.weight" and b "<name>.bias".
struct Linear {
  const Array* weight = nullptr;
  const Array* bias = nullptr;

  template <typename Rows>
  Matrix operator()(const Rows& x) const {
    Matrix y = x * AsMatrix(*weight).transpose();
    y.rowwise() += AsRow(*bias);
    return y;
  }
  uint32_t outputs() const { return weight->shape[0]; }
};
inline absl::StatusOr<Linear> FindLinear(const Arrays& arrays, const std::string& name, uint32_t inputs) {
  Linear layer;
  ASSIGN_OR_RETURN(layer.weight, arrays.FindOfRank(name + ".weight", 2));
  const uint32_t outputs = layer.weight->shape[0];
  RETURN_IF_ERROR(arrays.Find(name + ".weight", {outputs, inputs}).status());
  ASSIGN_OR_RETURN(layer.bias, arrays.Find(name + ".bias", {outputs}));
  return layer;
}

// Layer normalisation (Ba, Kiros, Hinton 2016), epsilon 1e-5, with "<name>.weight" and "<name>.bias".
struct LayerNorm {
  const Array* weight = nullptr;
  const Array* bias = nullptr;

  template <typename Rows>
  Matrix operator()(const Rows& x) const {
    Matrix y = x;
    for (Eigen::Index i = 0; i < y.rows(); ++i) {
      y.row(i).array() -= y.row(i).mean();
      const float variance = y.row(i).squaredNorm() / static_cast<float>(y.cols());
      y.row(i) =
          (y.row(i).array() / std::sqrt(variance + 1e-5F) * AsRow(*weight).array() + AsRow(*bias).array()).matrix();
    }
    return y;
  }
};
inline absl::StatusOr<LayerNorm> FindLayerNorm(const Arrays& arrays, const std::string& name, uint32_t size) {
  LayerNorm layer;
  ASSIGN_OR_RETURN(layer.weight, arrays.Find(name + ".weight", {size}));
  ASSIGN_OR_RETURN(layer.bias, arrays.Find(name + ".bias", {size}));
  return layer;
}

// The exact GELU (Hendrycks, Gimpel 2016).
inline void Gelu(Matrix& x) {
  x = x.unaryExpr([](float v) { return 0.5F * v * (1 + std::erf(v * 0.70710678F)); });
}

// Scales rows to length 1. What is added to their squares keeps the slope finite at zero.
inline constexpr float kLeastSquares = 1e-4F;
template <typename Rows>
void ToUnitLength(Rows&& rows) {
  for (Eigen::Index i = 0; i < rows.rows(); ++i) rows.row(i) /= std::sqrt(rows.row(i).squaredNorm() + kLeastSquares);
}

// y = x + contract(gelu(expand(x))), scaled to length 1.
struct Tower {
  Linear expand, contract;

  template <typename Rows>
  Matrix operator()(const Rows& x) const {
    Matrix hidden = expand(x);
    Gelu(hidden);
    Matrix y = x + contract(hidden);
    ToUnitLength(y);
    return y;
  }
};
inline absl::StatusOr<Tower> FindTower(const Arrays& arrays, const std::string& name, uint32_t size) {
  Tower tower;
  ASSIGN_OR_RETURN(tower.expand, FindLinear(arrays, name + ".expand", size));
  ASSIGN_OR_RETURN(tower.contract, FindLinear(arrays, name + ".contract", tower.expand.outputs()));
  if (tower.contract.outputs() != size) return absl::DataLossError("the sizes of a tower do not fit together");
  return tower;
}

}  // namespace kontor::nn
