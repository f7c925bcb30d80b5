#include "libs/domain/nn/graph.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "libs/base/status.h"

namespace kontor::nn {
namespace {

constexpr float kBeta1 = 0.9F, kBeta2 = 0.98F, kEpsilon = 1e-8F;
constexpr double kAverage = 0.99, kWarmUpSteps = 100;

using ArrayMap = Eigen::Map<Eigen::ArrayXf>;

ArrayMap Values(const at::Tensor& tensor) { return {tensor.data_ptr<float>(), tensor.numel()}; }

Array Copy(const at::Tensor& tensor) {
  Array array;
  for (int64_t size : tensor.sizes()) array.shape.push_back(static_cast<uint32_t>(size));
  const float* values = tensor.data_ptr<float>();
  array.values.assign(values, values + tensor.numel());
  return array;
}

absl::Status Restore(const Arrays& state, const std::string& name, const at::Tensor& out) {
  std::vector<uint32_t> shape;
  for (int64_t size : out.sizes()) shape.push_back(static_cast<uint32_t>(size));
  ASSIGN_OR_RETURN(const Array* array, state.Find(name, shape));
  std::memcpy(out.data_ptr<float>(), array->values.data(), array->values.size() * sizeof(float));
  return absl::OkStatus();
}

}  // namespace

void Parameters::Add(const std::string& name, std::vector<int64_t> shape, base::Random& random, double deviation,
                     double mean) {
  const at::Tensor start = at::empty(shape);
  for (float& value : Values(start)) {
    value = static_cast<float>(mean + (deviation == 0 ? 0 : deviation * random.Normal()));
  }
  Add(name, start);
}

void Parameters::Add(const std::string& name, const at::Tensor& start) {
  parameters_[name] = {.value = start.clone().set_requires_grad(true),
                       .first = at::zeros_like(start),
                       .second = at::zeros_like(start),
                       .average = start.clone()};
}

void Parameters::AddLinear(const std::string& name, int64_t outputs, int64_t inputs, base::Random& random) {
  Add(name + ".weight", {outputs, inputs}, random, std::sqrt(2.0 / static_cast<double>(inputs + outputs)));
  Add(name + ".bias", {outputs}, random, 0);
}

void Parameters::AddLayerNorm(const std::string& name, int64_t size, base::Random& random) {
  Add(name + ".weight", {size}, random, 0, 1);
  Add(name + ".bias", {size}, random, 0);
}

void Parameters::Step(double rate) {
  ++steps_;
  const double step = static_cast<double>(steps_);
  const float pace = static_cast<float>(rate * std::min(1.0, step / kWarmUpSteps));
  const float correction1 = static_cast<float>(1 / (1 - std::pow(kBeta1, step)));
  const float correction2 = static_cast<float>(1 / (1 - std::pow(kBeta2, step)));
  const float keep = static_cast<float>(std::min(kAverage, (1 + step) / (10 + step)));
  for (auto& [name, parameter] : parameters_) {
    const at::Tensor gradient = parameter.value.grad();
    if (!gradient.defined()) continue;
    const at::Tensor dense = gradient.contiguous();
    ArrayMap value = Values(parameter.value), first = Values(parameter.first), second = Values(parameter.second);
    ArrayMap average = Values(parameter.average), slope = Values(dense);
    constexpr Eigen::Index kChunk = 4096;  // all five stay in the cache
    for (Eigen::Index at = 0; at < value.size(); at += kChunk) {
      const Eigen::Index size = std::min(kChunk, value.size() - at);
      auto m = first.segment(at, size), v = second.segment(at, size), w = value.segment(at, size);
      m = kBeta1 * m + (1 - kBeta1) * slope.segment(at, size);
      v = kBeta2 * v + (1 - kBeta2) * slope.segment(at, size).square();
      w -= pace * (correction1 * m) / ((correction2 * v).sqrt() + kEpsilon);
      average.segment(at, size) = keep * average.segment(at, size) + (1 - keep) * w;
    }
    parameter.value.mutable_grad().reset();
  }
}

void Parameters::SaveAverages(Arrays& out) const {
  for (const auto& [name, parameter] : parameters_) out.arrays[name] = Copy(parameter.average);
}

void Parameters::SaveState(Arrays& out) const {
  out.numbers["steps"] = static_cast<double>(steps_);
  for (const auto& [name, parameter] : parameters_) {
    out.arrays["value/" + name] = Copy(parameter.value);
    out.arrays["first/" + name] = Copy(parameter.first);
    out.arrays["second/" + name] = Copy(parameter.second);
    out.arrays["average/" + name] = Copy(parameter.average);
  }
}

absl::Status Parameters::RestoreState(const Arrays& state) {
  ASSIGN_OR_RETURN(const double steps, state.Number("steps"));
  steps_ = static_cast<int64_t>(steps);
  for (auto& [name, parameter] : parameters_) {
    RETURN_IF_ERROR(Restore(state, "value/" + name, parameter.value));
    RETURN_IF_ERROR(Restore(state, "first/" + name, parameter.first));
    RETURN_IF_ERROR(Restore(state, "second/" + name, parameter.second));
    RETURN_IF_ERROR(Restore(state, "average/" + name, parameter.average));
  }
  return absl::OkStatus();
}

at::Tensor ApplyLinear(const Parameters& parameters, const std::string& name, const at::Tensor& x) {
  return at::linear(x, parameters[name + ".weight"], parameters[name + ".bias"]);
}

at::Tensor ApplyLayerNorm(const Parameters& parameters, const std::string& name, const at::Tensor& x) {
  return at::layer_norm(x, {x.size(-1)}, parameters[name + ".weight"], parameters[name + ".bias"], 1e-5);
}

at::Tensor Dropout(const at::Tensor& x, double rate, base::Random& random) {
  if (rate <= 0) return x;
  const at::Tensor mask = at::empty(x.sizes());
  float* values = mask.data_ptr<float>();
  const uint64_t limit = static_cast<uint64_t>(rate * 65536);
  const float kept = static_cast<float>(1 / (1 - static_cast<double>(limit) / 65536));
  const int64_t size = mask.numel();
  for (int64_t i = 0; i < size; i += 4) {  // four draws of 16 bits from each number
    const uint64_t bits = random();
    for (int64_t j = 0; j < std::min<int64_t>(4, size - i); ++j) {
      values[i + j] = ((bits >> (16 * j)) & 0xFFFF) < limit ? 0 : kept;
    }
  }
  return x * mask;
}

at::Tensor BagSums(const at::Tensor& table, const std::vector<int64_t>& rows, const std::vector<int64_t>& offsets,
                   const std::vector<float>& weights) {
  const at::Tensor weight = at::empty({static_cast<int64_t>(weights.size())});
  std::copy(weights.begin(), weights.end(), weight.data_ptr<float>());
  return std::get<0>(at::embedding_bag(table, IndexTensor(rows), IndexTensor(offsets), false, 0, false, weight));
}

at::Tensor IndexTensor(const std::vector<int64_t>& values) {
  const at::Tensor tensor = at::empty({static_cast<int64_t>(values.size())}, at::kLong);
  std::copy(values.begin(), values.end(), tensor.data_ptr<int64_t>());
  return tensor;
}

}  // namespace kontor::nn
