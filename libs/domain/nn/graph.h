#pragma once

#include <ATen/ATen.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libs/base/random.h"
#include "libs/domain/nn/arrays.h"

// What the trainers build their networks of. For the .cc files of this folder: it includes LibTorch.
namespace kontor::nn {

// Named trainable tensors, Adam's moments and an exponential moving average of the weights (by .99, faster in the first
// steps), which is what is kept of a training. Not thread-safe. Its functions throw c10::Error.
class Parameters {
 public:
  // Draws the start from a normal distribution with this deviation around `mean`.
  void Add(const std::string& name, std::vector<int64_t> shape, base::Random& random, double deviation,
           double mean = 0);
  void Add(const std::string& name, const at::Tensor& start);
  // "<name>.weight" (Xavier normal: 2 / (in + out)) and "<name>.bias" (zero).
  void AddLinear(const std::string& name, int64_t outputs, int64_t inputs, base::Random& random);
  void AddLayerNorm(const std::string& name, int64_t size, base::Random& random);  // weight 1, bias 0

  const at::Tensor& operator[](const std::string& name) const { return parameters_.at(name).value; }

  int64_t steps() const { return steps_; }

  // One step of Adam (Kingma, Ba 2015; moments .9 and .98) down the gradients, which it then clears. The rate rises
  // linearly over the first 100 steps.
  void Step(double rate);

  void SaveAverages(Arrays& out) const;  // by their names
  void SaveState(Arrays& out) const;     // everything; restoring it goes on exactly
  absl::Status RestoreState(const Arrays& state);

 private:
  struct Parameter {
    at::Tensor value, first, second, average;
  };
  std::map<std::string, Parameter> parameters_;
  int64_t steps_ = 0;
};

at::Tensor ApplyLinear(const Parameters& parameters, const std::string& name, const at::Tensor& x);
at::Tensor ApplyLayerNorm(const Parameters& parameters, const std::string& name, const at::Tensor& x);

// Zeroes elements with probability `rate` and scales the rest by 1 / (1 - rate).
at::Tensor Dropout(const at::Tensor& x, double rate, base::Random& random);

// bags x size: bag b is the sum of the rows[offsets[b]] … of `table`, each times its weight.
at::Tensor BagSums(const at::Tensor& table, const std::vector<int64_t>& rows, const std::vector<int64_t>& offsets,
                   const std::vector<float>& weights);

at::Tensor IndexTensor(const std::vector<int64_t>& values);  // copies

}  // namespace kontor::nn
