#include "libs/domain/nn/demand_network.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"
#include "libs/domain/nn/demand_serving.h"

namespace kontor::nn {
namespace {

constexpr int64_t kMostSampled = 100'000'000;

}  // namespace

absl::StatusOr<std::unique_ptr<const ServedDemandNetwork>> ServedDemandNetwork::Make(Arrays arrays) {
  std::unique_ptr<ServedDemandNetwork> network(new ServedDemandNetwork);
  network->arrays_ = std::move(arrays);
  RETURN_IF_ERROR(network->Bind());
  return std::unique_ptr<const ServedDemandNetwork>(std::move(network));
}

absl::Status ServedDemandNetwork::Bind() {
  RETURN_IF_ERROR(BindNumbers());
  RETURN_IF_ERROR(BindInputs());
  ASSIGN_OR_RETURN(const double layers, arrays_.Number("layers"));
  if (!(layers >= 1 && layers <= kMostLayers)) return absl::DataLossError("the count of layers is out of range");
  return BindLayers(static_cast<size_t>(layers));
}

absl::Status ServedDemandNetwork::BindNumbers() {
  ASSIGN_OR_RETURN(const double likelihood, arrays_.Number("likelihood"));
  ASSIGN_OR_RETURN(const double context, arrays_.Number("context"));
  ASSIGN_OR_RETURN(const double horizon, arrays_.Number("horizon"));
  ASSIGN_OR_RETURN(const double non_negative, arrays_.Number("non_negative"));
  ASSIGN_OR_RETURN(offset_, arrays_.Number("offset"));
  if (!(context >= 1 && context <= kMostSteps && horizon >= 1 && horizon <= kMostSteps && offset_ > 0)) {
    return absl::DataLossError("context, horizon or offset is out of range");
  }
  likelihood_ = likelihood == 0 ? DemandLikelihood::kNegativeBinomial : DemandLikelihood::kStudentT;
  context_ = static_cast<size_t>(context);
  horizon_ = static_cast<size_t>(horizon);
  non_negative_ = non_negative != 0;
  return absl::OkStatus();
}

absl::Status ServedDemandNetwork::BindInputs() {
  std::vector<int> seasons;
  std::vector<float> mean, scale;
  if (arrays_.arrays.contains("seasons")) {
    ASSIGN_OR_RETURN(const Array* array, arrays_.FindOfRank("seasons", 1));
    for (const float season : array->values) {
      if (!(season >= 2 && season <= kMostSteps)) return absl::DataLossError("a season is out of range");
      seasons.push_back(static_cast<int>(season));
    }
  }
  if (arrays_.arrays.contains("known_mean")) {
    ASSIGN_OR_RETURN(const Array* means, arrays_.FindOfRank("known_mean", 1));
    ASSIGN_OR_RETURN(const Array* scales, arrays_.Find("known_scale", means->shape));
    mean = means->values;
    scale = scales->values;
  }
  if (arrays_.arrays.contains("groups")) {
    ASSIGN_OR_RETURN(groups_, arrays_.FindOfRank("groups", 2));
    if (groups_->shape[1] != kGroupSize) return absl::DataLossError("the groups' vectors have another size");
  }
  inputs_ = std::make_unique<DemandInputs>(std::move(seasons), std::move(mean), std::move(scale));
  return absl::OkStatus();
}

absl::Status ServedDemandNetwork::BindLayers(size_t count) {
  uint32_t inputs = static_cast<uint32_t>(inputs_->size()) + (groups_ == nullptr ? 0 : kGroupSize);
  for (size_t l = 0; l < count; ++l) {
    Layer layer;
    ASSIGN_OR_RETURN(layer.input, FindLinear(arrays_, absl::StrCat("input", l), inputs));
    inputs = layer.input.outputs() / 4;
    ASSIGN_OR_RETURN(layer.state, arrays_.Find(absl::StrCat("state", l), {4 * inputs, inputs}));
    if (layer.input.outputs() != 4 * inputs) return absl::DataLossError("a layer's gates differ in size");
    layers_.push_back(layer);
  }
  ASSIGN_OR_RETURN(output_, FindLinear(arrays_, "output", inputs));
  const int outputs = likelihood_ == DemandLikelihood::kNegativeBinomial ? kNegativeBinomialOutputs : kStudentTOutputs;
  if (output_.outputs() != static_cast<uint32_t>(outputs)) {
    return absl::DataLossError("the network's outputs are not its likelihood's");
  }
  return absl::OkStatus();
}

ServedDemandNetwork::Run ServedDemandNetwork::Begin(const DemandSeries& series, size_t cut) const {
  const size_t start = cut - std::min(cut, context_);
  return {series, RunningSums(series.values), DemandScale(series.values, start, cut, offset_), start};
}

ServedDemandNetwork::State ServedDemandNetwork::Start() const {
  State state;
  for (const Layer& layer : layers_) state.hidden.push_back(Matrix::Zero(1, layer.state->shape[1]));
  state.cell = state.hidden;
  return state;
}

// The inputs of a step that are the same for every path; those from the past are left at zero.
Matrix ServedDemandNetwork::FixedRow(const Run& run, size_t t) const {
  Matrix row = Matrix::Zero(1, layers_[0].input.weight->shape[1]);
  inputs_->WriteFixed(run.series, t, run.scale, row.data() + inputs_->past_size());
  if (groups_ != nullptr) row.rightCols(kGroupSize) = AsMatrix(*groups_).row(run.series.group);
  return row;
}

void ServedDemandNetwork::Advance(const Matrix& x, State& state) const {
  const auto sigmoid = [](const auto& gate) { return 1 / (1 + (-gate.array()).exp()); };
  for (size_t l = 0; l < layers_.size(); ++l) {
    Matrix gates = layers_[l].input(l == 0 ? x : state.hidden[l - 1]);
    gates.noalias() += state.hidden[l] * AsMatrix(*layers_[l].state).transpose();
    const Eigen::Index units = state.cell[l].cols();
    const auto gate = [&](Eigen::Index which) { return gates.middleCols(which * units, units); };
    state.cell[l] = (sigmoid(gate(1)) * state.cell[l].array() + sigmoid(gate(0)) * gate(2).array().tanh()).matrix();
    state.hidden[l] = (sigmoid(gate(3)) * state.cell[l].array().tanh()).matrix();
  }
}

double ServedDemandNetwork::LogLikelihood(const DemandSeries& series, size_t cut) const {
  const Run run = Begin(series, cut);
  const DemandPast past{series.values, run.sums, {}, {}};
  State state = Start();
  double sum = 0;
  for (size_t t = run.start; t < series.values.size(); ++t) {
    Matrix x = FixedRow(run, t);
    inputs_->WritePast(past, t, run.scale, x.data());
    Advance(x, state);
    if (t < cut) continue;
    const Matrix outputs = output_(state.hidden.back());
    sum += LogDensity(likelihood_, ToDistribution(likelihood_, outputs.data(), run.scale), series.values[t]);
  }
  return sum / static_cast<double>(series.values.size() - cut);
}

void ServedDemandNetwork::DrawStep(const Matrix& outputs, double scale, size_t step, base::Random& random,
                                   SampledDemand& sampled) const {
  double sum = 0;
  for (size_t path = 0; path < sampled.paths; ++path) {
    const DemandDistribution distribution =
        ToDistribution(likelihood_, outputs.row(static_cast<Eigen::Index>(path)).data(), scale);
    const double value = Draw(likelihood_, distribution, random);
    sampled.values[path * sampled.steps + step] = non_negative_ ? std::max(value, 0.0) : value;
    sum += distribution.mean;
  }
  sampled.mean[step] = sum / static_cast<double>(sampled.paths);
  if (non_negative_) sampled.mean[step] = std::max(sampled.mean[step], 0.0);
}

absl::StatusOr<SampledDemand> ServedDemandNetwork::Sample(const DemandSeries& series, int steps, int paths,
                                                          uint64_t seed) const {
  if (steps < 1 || paths < 1) return absl::InvalidArgumentError("at least one step and one path are needed");
  if (int64_t{steps} * paths > kMostSampled) return absl::InvalidArgumentError("too many steps of too many paths");
  SampledDemand sampled{static_cast<size_t>(paths), static_cast<size_t>(steps), {}, {}};
  RETURN_IF_ERROR(CheckDemandSeries(series, likelihood_, inputs_->known_columns(), groups(), sampled.steps));
  const size_t size = series.values.size(), stride = sampled.steps + 1;
  const Run run = Begin(series, size);
  State state = Start();
  for (size_t t = run.start; t < size; ++t) {
    Matrix x = FixedRow(run, t);
    inputs_->WritePast({series.values, run.sums, {}, {}}, t, run.scale, x.data());
    Advance(x, state);
  }
  for (Matrix& rows : state.hidden) rows = rows.replicate(paths, 1).eval();
  for (Matrix& rows : state.cell) rows = rows.replicate(paths, 1).eval();
  sampled.values.resize(sampled.paths * sampled.steps);
  sampled.mean.resize(sampled.steps);
  std::vector<double> path_sums(sampled.paths * stride, run.sums.back());
  base::Random random(seed);
  for (size_t step = 0; step < sampled.steps; ++step) {
    Matrix x = FixedRow(run, size + step).replicate(paths, 1);
    for (size_t path = 0; path < sampled.paths; ++path) {
      const DemandPast past{series.values,
                            run.sums,
                            {&sampled.values[path * sampled.steps], step},
                            {&path_sums[path * stride], step + 1}};
      inputs_->WritePast(past, size + step, run.scale, x.row(static_cast<Eigen::Index>(path)).data());
    }
    Advance(x, state);
    DrawStep(output_(state.hidden.back()), run.scale, step, random, sampled);
    for (size_t path = 0; path < sampled.paths; ++path) {
      double* sums = &path_sums[path * stride + step];
      sums[1] = sums[0] + sampled.values[path * sampled.steps + step];
    }
  }
  return sampled;
}

absl::StatusOr<std::unique_ptr<const DemandNetwork>> LoadDemandNetwork(absl::string_view bytes) {
  ASSIGN_OR_RETURN(Arrays arrays, LoadArrays(bytes));
  if (arrays.kind != kDemandKind) return absl::InvalidArgumentError("these bytes are not a demand network");
  return ServedDemandNetwork::Make(std::move(arrays));
}

}  // namespace kontor::nn
