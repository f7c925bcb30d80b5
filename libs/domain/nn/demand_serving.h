#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libs/domain/nn/arrays.h"
#include "libs/domain/nn/demand_inputs.h"
#include "libs/domain/nn/demand_network.h"
#include "libs/domain/nn/dense.h"

namespace kontor::nn {

inline constexpr absl::string_view kDemandKind = "demand_network";
inline constexpr int64_t kGroupSize = 4;  // numbers of a group's vector
inline constexpr int kMostLayers = 16;
inline constexpr int kMostSteps = 1'000'000;  // of a horizon, a context, a season

// The serving form of a demand network. Inside this folder.
class ServedDemandNetwork final : public DemandNetwork {
 public:
  // Takes "seasons", "known_mean" and "known_scale" (where there are any), "groups" (groups x kGroupSize, where there
  // are any), for each layer "input<layer>" and "state<layer>" (weights of the gates in the order input, forget, cell,
  // output; "input" with biases), "output", the numbers "likelihood", "context", "horizon", "layers", "offset" (of the
  // scale) and "non_negative". DATA_LOSS when sizes do not fit together.
  static absl::StatusOr<std::unique_ptr<const ServedDemandNetwork>> Make(Arrays arrays);

  int horizon() const override { return static_cast<int>(horizon_); }
  const std::vector<int>& seasons() const override { return inputs_->seasons(); }
  uint32_t known_columns() const override { return static_cast<uint32_t>(inputs_->known_columns()); }
  uint32_t groups() const override { return groups_ == nullptr ? 0 : groups_->shape[0]; }
  DemandLikelihood likelihood() const override { return likelihood_; }
  absl::StatusOr<SampledDemand> Sample(const DemandSeries& series, int steps, int paths, uint64_t seed) const override;
  std::string Save() const override { return SaveArrays(arrays_); }

  // The mean logarithm of the density of the values from `cut` on, each given all before it. 0 < cut < values.
  double LogLikelihood(const DemandSeries& series, size_t cut) const;

 private:
  struct State {
    std::vector<Matrix> hidden, cell;  // of each layer, a row a path
  };
  struct Layer {
    Linear input;
    const Array* state = nullptr;
  };
  // A series on its way through the network.
  struct Run {
    const DemandSeries& series;
    std::vector<double> sums;
    double scale = 1;
    size_t start = 0;  // the first step that is run through
  };

  ServedDemandNetwork() = default;
  absl::Status Bind();
  absl::Status BindNumbers();
  absl::Status BindInputs();
  absl::Status BindLayers(size_t count);
  Run Begin(const DemandSeries& series, size_t cut) const;
  State Start() const;
  Matrix FixedRow(const Run& run, size_t t) const;
  void Advance(const Matrix& x, State& state) const;
  void DrawStep(const Matrix& outputs, double scale, size_t step, base::Random& random, SampledDemand& sampled) const;

  Arrays arrays_;
  std::unique_ptr<DemandInputs> inputs_;
  const Array* groups_ = nullptr;
  std::vector<Layer> layers_;
  Linear output_;
  DemandLikelihood likelihood_ = DemandLikelihood::kNegativeBinomial;
  size_t context_ = 0, horizon_ = 0;
  double offset_ = 0;
  bool non_negative_ = false;
};

}  // namespace kontor::nn
