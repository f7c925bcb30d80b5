#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/nn/demand_serving.h"
#include "libs/domain/nn/training_loop.h"

namespace kontor::nn {
namespace {

constexpr size_t kMostValidated = 512;
constexpr int kMostUnits = 4096;
constexpr double kRealOffset = 0.01;     // of the scale of real values: a share of the panel's mean absolute value
constexpr double kLeastSum = 1e-20;      // below it all values are taken for zero
constexpr double kStartOutput = 0.5413;  // softplus makes 1 of it

// A stretch of a series: the scale is that of [start, cut), labels are the steps of [cut, end).
struct Window {
  size_t series, start, cut, end;
};

// Windows side by side, each from its start on; what is beyond the end of one is zero.
struct Batch {
  at::Tensor inputs;          // steps x windows x inputs
  at::Tensor values, labels;  // steps x windows; 1 where a step is a label
  at::Tensor scales;          // 1 x windows
  std::vector<int64_t> groups;
};

class DemandTrainee : public Trainee {
 public:
  DemandTrainee(const DemandPanel& panel, const DemandNetworkOptions& options, DemandLikelihood likelihood,
                uint64_t seed)
      : panel_(panel), options_(options), likelihood_(likelihood) {
    Survey();
    NormaliseKnown();
    inputs_ = std::make_unique<DemandInputs>(panel.seasons, known_mean_, known_scale_);
    base::Random random(seed);
    if (panel.groups > 0) parameters_.Add("groups", {panel.groups, kGroupSize}, random, 0.1);
    int64_t inputs = static_cast<int64_t>(inputs_->size()) + (panel.groups > 0 ? kGroupSize : 0);
    for (int l = 0; l < options.layers; ++l) {
      AddLayer(l, inputs, random);
      inputs = options.units;
    }
    const int outputs = likelihood == DemandLikelihood::kNegativeBinomial ? kNegativeBinomialOutputs : kStudentTOutputs;
    parameters_.AddLinear("output", outputs, inputs, random);
    parameters_.Add("output.bias", {outputs}, random, 0, kStartOutput);
  }

  Parameters& parameters() override { return parameters_; }

  size_t StartEpoch(base::Random& random) override {
    windows_.clear();
    if (teachers_.empty()) return 0;
    const size_t batches = static_cast<size_t>(options_.epoch_batches);
    const size_t count = batches * static_cast<size_t>(options_.batch_windows);
    while (windows_.size() < count) {
      const double place = random.Uniform() * weights_.back();
      const size_t drawn =
          static_cast<size_t>(std::upper_bound(weights_.begin(), weights_.end(), place) - weights_.begin());
      windows_.push_back(DrawWindow(teachers_[std::min(drawn, teachers_.size() - 1)], random));
    }
    return batches;
  }

  at::Tensor Loss(size_t batch, base::Random& random) override {
    const size_t size = static_cast<size_t>(options_.batch_windows);
    const Batch data = Gather(absl::MakeSpan(windows_).subspan(batch * size, size));
    const at::Tensor loss = NegativeLogLikelihood(Outputs(data.inputs, data.groups, random), data.values, data.scales);
    return (loss * data.labels).sum() / data.labels.sum();
  }

  Arrays Export(const Arrays& averages) override {
    Arrays model = averages;
    model.kind = std::string(kDemandKind);
    model.numbers = {{"likelihood", likelihood_ == DemandLikelihood::kNegativeBinomial ? 0 : 1},
                     {"context", options_.context},
                     {"horizon", options_.horizon},
                     {"layers", options_.layers},
                     {"offset", offset_},
                     {"non_negative", non_negative_ ? 1 : 0}};
    const uint32_t seasons = static_cast<uint32_t>(panel_.seasons.size());
    if (seasons > 0) model.arrays["seasons"] = {{seasons}, {panel_.seasons.begin(), panel_.seasons.end()}};
    if (panel_.known_columns > 0) {
      model.arrays["known_mean"] = {{panel_.known_columns}, known_mean_};
      model.arrays["known_scale"] = {{panel_.known_columns}, known_scale_};
    }
    return model;
  }

  absl::StatusOr<double> Validate(const Arrays& model) override {
    ASSIGN_OR_RETURN(const auto network, ServedDemandNetwork::Make(model));
    const size_t apart = (teachers_.size() + kMostValidated - 1) / kMostValidated;
    double sum = 0, weights = 0;
    for (size_t i = 0; i < teachers_.size(); i += apart) {
      const DemandSeries& series = panel_.series[teachers_[i]];
      const double weight = weights_[i] - (i == 0 ? 0 : weights_[i - 1]);
      sum += weight * network->LogLikelihood(series, Learnt(teachers_[i]));
      weights += weight;
    }
    return sum / weights;
  }

 private:
  // Values of a series before what is held out.
  size_t Learnt(size_t series) const {
    return panel_.series[series].values.size() - static_cast<size_t>(options_.horizon);
  }

  // Which series teach, how often they are drawn, and how large values are.
  void Survey() {
    double sum = 0, count = 0;
    for (const DemandSeries& series : panel_.series) {
      sums_.push_back(RunningSums(series.values));
      for (const double value : series.values) {
        sum += std::abs(value);
        non_negative_ = non_negative_ && value >= 0;
      }
      count += static_cast<double>(series.values.size());
    }
    const bool unit = likelihood_ == DemandLikelihood::kNegativeBinomial || sum < kLeastSum;
    offset_ = unit ? 1 : kRealOffset * sum / count;
    for (size_t i = 0; i < panel_.series.size(); ++i) {
      if (panel_.series[i].values.size() < 2 * static_cast<size_t>(options_.horizon) + 1) continue;
      teachers_.push_back(i);
      const double weight = DemandScale(panel_.series[i].values, 0, Learnt(i), offset_);
      weights_.push_back(std::sqrt(weight) + (weights_.empty() ? 0 : weights_.back()));
    }
  }

  void NormaliseKnown() {
    const size_t columns = panel_.known_columns;
    for (size_t c = 0; c < columns; ++c) {
      double sum = 0, squares = 0, count = 0;
      for (const DemandSeries& series : panel_.series) {
        for (size_t at = c; at < series.values.size() * columns; at += columns, ++count) sum += series.known[at];
      }
      const double mean = sum / count;
      for (const DemandSeries& series : panel_.series) {
        for (size_t at = c; at < series.values.size() * columns; at += columns) {
          squares += (series.known[at] - mean) * (series.known[at] - mean);
        }
      }
      known_mean_.push_back(static_cast<float>(mean));
      known_scale_.push_back(squares / count > 1e-12 ? static_cast<float>(1 / std::sqrt(squares / count)) : 0);
    }
  }

  void AddLayer(int layer, int64_t inputs, base::Random& random) {
    const int64_t units = options_.units;
    const std::string name = absl::StrCat("input", layer);
    parameters_.AddLinear(name, 4 * units, inputs, random);
    const at::Tensor bias = at::zeros({4 * units});
    bias.narrow(0, units, units).fill_(1);  // it begins by remembering
    parameters_.Add(name + ".bias", bias);
    parameters_.Add(absl::StrCat("state", layer), {4 * units, units}, random,
                    1 / std::sqrt(static_cast<double>(units)));
  }

  Batch Gather(absl::Span<const Window> windows) const {
    size_t steps = 0;
    for (const Window& window : windows) steps = std::max(steps, window.end - window.start);
    const int64_t rows = static_cast<int64_t>(steps), columns = static_cast<int64_t>(windows.size());
    Batch batch{at::zeros({rows, columns, static_cast<int64_t>(inputs_->size())}),
                at::zeros({rows, columns}, at::kDouble),
                at::zeros({rows, columns}, at::kDouble),
                at::empty({1, columns}, at::kDouble),
                {}};
    for (size_t w = 0; w < windows.size(); ++w) {
      const Window& window = windows[w];
      const DemandSeries& series = panel_.series[window.series];
      const double scale = DemandScale(series.values, window.start, window.cut, offset_);
      batch.scales.data_ptr<double>()[w] = scale;
      batch.groups.push_back(series.group);
      for (size_t t = window.start; t < window.end; ++t) {
        const size_t place = (t - window.start) * windows.size() + w;
        float* out = batch.inputs.data_ptr<float>() + place * inputs_->size();
        inputs_->WritePast({series.values, sums_[window.series], {}, {}}, t, scale, out);
        inputs_->WriteFixed(series, t, scale, out + inputs_->past_size());
        batch.values.data_ptr<double>()[place] = series.values[t];
        batch.labels.data_ptr<double>()[place] = t >= window.cut ? 1 : 0;
      }
    }
    return batch;
  }

  Window DrawWindow(size_t series, base::Random& random) const {
    const size_t horizon = static_cast<size_t>(options_.horizon), context = static_cast<size_t>(options_.context);
    const size_t learnt = Learnt(series), last = learnt - horizon;
    const size_t least = std::min(last, context / 4 + 1);
    const size_t cut = least + random.Below(last - least + 1);
    return {series, cut - std::min(cut, context), cut, cut + horizon};
  }

  // steps x windows x outputs.
  at::Tensor Outputs(const at::Tensor& inputs, const std::vector<int64_t>& groups, base::Random& random) {
    at::Tensor x = inputs;
    if (panel_.groups > 0) {
      const at::Tensor vectors = at::embedding(parameters_["groups"], IndexTensor(groups));
      x = at::cat({x, vectors.unsqueeze(0).expand({x.size(0), x.size(1), kGroupSize})}, 2);
    }
    const at::Tensor zero = at::zeros({1, x.size(1), options_.units}), no_bias = at::zeros({4 * options_.units});
    for (int l = 0; l < options_.layers; ++l) {
      const std::string name = absl::StrCat("input", l);
      const std::vector<at::Tensor> weights{parameters_[name + ".weight"], parameters_[absl::StrCat("state", l)],
                                            parameters_[name + ".bias"], no_bias};
      x = std::get<0>(at::lstm(x, {zero, zero}, weights, true, 1, 0, true, false, false));
      x = Dropout(x, options_.dropout, random);
    }
    return ApplyLinear(parameters_, "output", x);
  }

  // ToDistribution and LogDensity (demand_likelihood.h) of all steps at once.
  at::Tensor NegativeLogLikelihood(const at::Tensor& outputs, const at::Tensor& labels,
                                   const at::Tensor& scales) const {
    const at::Tensor out = outputs.to(at::kDouble);
    if (likelihood_ == DemandLikelihood::kNegativeBinomial) {
      const at::Tensor mean = scales * (at::softplus(out.select(2, 0)) + kLeastMean);
      const at::Tensor spread = at::softplus(out.select(2, 1)) + kLeastSpread, size = 1 / spread;
      const at::Tensor odds = spread * mean, rest = at::log1p(odds);
      return at::lgamma(labels + 1) + at::lgamma(size) - at::lgamma(labels + size) + size * rest -
             labels * (at::log(odds) - rest);
    }
    const at::Tensor spread = scales * (at::softplus(out.select(2, 1)) + kLeastSpread);
    const at::Tensor freedom = at::softplus(out.select(2, 2)) + kLeastFreedom;
    const at::Tensor z = (labels - scales * out.select(2, 0)) / spread;
    return at::lgamma(freedom / 2) - at::lgamma((freedom + 1) / 2) + at::log(freedom * std::numbers::pi) / 2 +
           at::log(spread) + (freedom + 1) / 2 * at::log1p(z.square() / freedom);
  }

  const DemandPanel& panel_;
  const DemandNetworkOptions& options_;
  const DemandLikelihood likelihood_;
  std::vector<std::vector<double>> sums_;  // of every series
  std::vector<size_t> teachers_;           // series that are long enough
  std::vector<double> weights_;            // of them, summed up
  double offset_ = 1;
  bool non_negative_ = true;
  std::vector<float> known_mean_, known_scale_;
  std::unique_ptr<DemandInputs> inputs_;
  Parameters parameters_;
  std::vector<Window> windows_;
};

DemandLikelihood Choose(const DemandPanel& panel, DemandLikelihood asked) {
  if (asked != DemandLikelihood::kFromData) return asked;
  for (const DemandSeries& series : panel.series) {
    for (const double value : series.values) {
      if (!(value >= 0) || value != std::floor(value)) return DemandLikelihood::kStudentT;
    }
  }
  return DemandLikelihood::kNegativeBinomial;
}

}  // namespace

absl::StatusOr<std::unique_ptr<const DemandNetwork>> TrainDemandNetwork(const DemandPanel& panel,
                                                                        const DemandNetworkOptions& options,
                                                                        const TrainControl& control) {
  RETURN_IF_ERROR(CheckOptions({
      {options.horizon > 0 && options.context > 0 && options.horizon <= kMostSteps && options.context <= kMostSteps,
       "horizon and context must be from 1 to 1,000,000"},
      {options.layers > 0 && options.layers <= kMostLayers, "layers must be from 1 to 16"},
      {options.units > 0 && options.units <= kMostUnits, "units must be from 1 to 4,096"},
      {options.batch_windows > 0 && options.epoch_batches > 0 && options.rate > 0,
       "batch_windows, epoch_batches and rate must be positive"},
      {IsShare(options.dropout), "dropout must be from 0 to below 1"},
      {std::all_of(panel.seasons.begin(), panel.seasons.end(),
                   [](int season) { return season >= 2 && season <= kMostSteps; }),
       "seasons must be from 2 to 1,000,000 steps"},
  }));
  const DemandLikelihood likelihood = Choose(panel, options.likelihood);
  for (size_t i = 0; i < panel.series.size(); ++i) {
    const absl::Status status = CheckDemandSeries(panel.series[i], likelihood, panel.known_columns, panel.groups, 0);
    if (!status.ok()) return absl::InvalidArgumentError(absl::StrCat("series ", i, ": ", status.message()));
  }
  const auto make = [&] { return std::make_unique<DemandTrainee>(panel, options, likelihood, control.seed); };
  ASSIGN_OR_RETURN(Arrays model, RunTraining(make, {options.rate, 100, 6}, control));
  return ServedDemandNetwork::Make(std::move(model));
}

}  // namespace kontor::nn
