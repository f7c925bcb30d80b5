#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/domain/nn/demand_likelihood.h"
#include "libs/domain/nn/sampled_demand.h"
#include "libs/domain/nn/training.h"

namespace kontor::nn {

// One series of a panel, a value a step, the oldest first. Borrows.
struct DemandSeries {
  absl::Span<const double> values;  // finite
  int64_t start = 0;                // number of the first step on the calendar of the panel; it places the seasons
  absl::Span<const double> known;   // what is known ahead: a row of the panel's columns a step, later steps included
  uint32_t group = 0;               // below the panel's groups
};

struct DemandPanel {
  absl::Span<const DemandSeries> series;
  std::vector<int> seasons;    // steps, each at least 2
  uint32_t known_columns = 0;  // prices, promotions, holidays; normalised inside
  uint32_t groups = 0;         // 0: series have no groups
};

// One network for all series of a panel that says how the next value is distributed, given those before: an
// autoregressive LSTM (Salinas, Flunkert, Gasthaus, Januschowski 2020, "DeepAR"). It reads the last value, those a
// season ago and means of one and four seasons (without seasons: of 4 and 12 steps), all over the series' scale and
// through asinh; the place in each season as up to three harmonics; the age, the scale, what is known ahead, and a
// vector of the group. The scale is the mean absolute value of the last `context` steps, plus one for counts.
// Immutable and thread-safe.
class DemandNetwork {
 public:
  virtual ~DemandNetwork() = default;

  virtual int horizon() const = 0;  // steps ahead that it was trained for
  virtual const std::vector<int>& seasons() const = 0;
  virtual uint32_t known_columns() const = 0;
  virtual uint32_t groups() const = 0;
  virtual DemandLikelihood likelihood() const = 0;

  // Paths through the next `steps` steps, any number, by drawing each value from its distribution given the path so
  // far. The same seed gives the same paths. With 40 units a path costs some .7 µs a step on one core.
  // INVALID_ARGUMENT: no values, one that is not finite or, for counts, below 0; known rows that do not cover the past
  // and `steps` or are not finite; an unknown group; `steps` or `paths` below 1, or more than 100 million values.
  virtual absl::StatusOr<SampledDemand> Sample(const DemandSeries& series, int steps, int paths,
                                               uint64_t seed) const = 0;

  virtual std::string Save() const = 0;  // bytes for LoadDemandNetwork; see arrays.h
};

// INVALID_ARGUMENT: not such a network or another format; DATA_LOSS: cut, changed, or sizes that do not fit together.
absl::StatusOr<std::unique_ptr<const DemandNetwork>> LoadDemandNetwork(absl::string_view bytes);

struct DemandNetworkOptions {
  int horizon = 28;  // steps that a forecast is to reach
  int context = 56;  // steps before them that the network runs through
  int layers = 1;
  int units = 40;          // of each layer
  int batch_windows = 64;  // stretches of context and horizon, of one series each; labels are the steps of the horizon
  int epoch_batches = 50;  // windows are drawn in proportion to the root of their series' scale
  double dropout = 0.1;    // of the layers' outputs
  double rate = 1e-2;      // Adam's
  DemandLikelihood likelihood = DemandLikelihood::kFromData;
};

// The last `horizon` values of each series are held out: the validation figure is their mean log-likelihood given the
// values before them, weighted as series are drawn, of at most 512 series. A series with fewer than 2 * horizon + 1
// values teaches nothing. 500 series of 343 days take some 45 s of CPU, of 49 weeks some 6 s. Deterministic for a seed
// at one thread.
// INVALID_ARGUMENT: bad data or options, negative values where counts are asked for, no series that is long enough;
// else as TrainControl (training.h) says.
absl::StatusOr<std::unique_ptr<const DemandNetwork>> TrainDemandNetwork(const DemandPanel& panel,
                                                                        const DemandNetworkOptions& options,
                                                                        const TrainControl& control);

}  // namespace kontor::nn
