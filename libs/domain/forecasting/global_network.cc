#include "libs/domain/forecasting/global_network.h"

#include <algorithm>
#include <utility>

#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

constexpr int kLongestHorizon = 100'000;

// The known columns as rows, as far as all of them reach.
std::vector<double> Rows(absl::Span<const Values> columns) {
  size_t steps = columns.empty() ? 0 : columns.front().size();
  for (const Values column : columns) steps = std::min(steps, column.size());
  std::vector<double> rows;
  rows.reserve(steps * columns.size());
  for (size_t t = 0; t < steps; ++t) {
    for (const Values column : columns) rows.push_back(column[t]);
  }
  return rows;
}

}  // namespace

absl::StatusOr<GlobalNetwork> GlobalNetwork::Train(absl::Span<const NetworkSeries> set,
                                                   const GlobalNetworkOptions& options,
                                                   const nn::TrainControl& control) {
  if (set.empty()) return absl::InvalidArgumentError("there are no series");
  if (options.horizon < 1 || options.horizon > kLongestHorizon) {
    return absl::InvalidArgumentError("the horizon is not from 1 to 100,000");
  }
  const NetworkSeries& first = set.front();
  std::vector<std::vector<double>> known;
  std::vector<nn::DemandSeries> series;
  uint32_t groups = 0;
  for (const NetworkSeries& one : set) {
    if (one.series.seasons != first.series.seasons || one.known.size() != first.known.size()) {
      return absl::InvalidArgumentError("the series differ in their seasons or in what is known ahead");
    }
    known.push_back(Rows(one.known));
    series.push_back({one.series.values, one.start, known.back(), one.group});
    groups = std::max(groups, one.group + 1);
  }
  nn::DemandPanel panel{series, first.series.seasons, static_cast<uint32_t>(first.known.size()),
                        groups > 1 ? groups : 0};
  nn::DemandNetworkOptions network;
  network.horizon = options.horizon;
  const int season = panel.seasons.empty() ? 1 : *std::max_element(panel.seasons.begin(), panel.seasons.end());
  network.context = std::max(2 * options.horizon, 5 * season / 2);
  network.likelihood = options.likelihood;
  ASSIGN_OR_RETURN(auto trained, nn::TrainDemandNetwork(panel, network, control));
  return GlobalNetwork(std::move(trained));
}

absl::StatusOr<nn::SampledDemand> GlobalNetwork::Sample(const NetworkSeries& series, int horizon,
                                                        const SamplingOptions& sampling) const {
  if (series.series.seasons != network_->seasons() || series.known.size() != network_->known_columns()) {
    return absl::InvalidArgumentError("the network was trained with other seasons or other columns known ahead");
  }
  const std::vector<double> known = Rows(series.known);
  return network_->Sample({series.series.values, series.start, known, series.group}, horizon, sampling.paths,
                          sampling.seed);
}

absl::StatusOr<Prediction> GlobalNetwork::Predict(const NetworkSeries& series, int horizon,
                                                  const SamplingOptions& sampling) const {
  ASSIGN_OR_RETURN(nn::SampledDemand sampled, Sample(series, horizon, sampling));
  Prediction prediction;
  for (size_t step = 0; step < sampled.steps; ++step) prediction.variance.push_back(sampled.Variance(step));
  prediction.mean = std::move(sampled.mean);
  return prediction;
}

absl::StatusOr<QuantileForecast> GlobalNetwork::Quantiles(const NetworkSeries& series, int horizon,
                                                          absl::Span<const double> levels,
                                                          const SamplingOptions& sampling) const {
  RETURN_IF_ERROR(CheckLevels(levels));
  ASSIGN_OR_RETURN(const nn::SampledDemand sampled, Sample(series, horizon, sampling));
  QuantileForecast forecast{{levels.begin(), levels.end()}, {}};
  for (size_t step = 0; step < sampled.steps; ++step) forecast.values.push_back(sampled.Quantiles(step, levels));
  return forecast;
}

absl::StatusOr<GlobalNetwork> GlobalNetwork::Load(absl::string_view bytes) {
  ASSIGN_OR_RETURN(auto network, nn::LoadDemandNetwork(bytes));
  return GlobalNetwork(std::move(network));
}

}  // namespace kontor::forecasting
