#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/figures.h"
#include "libs/domain/forecasting/forecast.h"

namespace kontor::bench {

// A grouped hierarchy: columns Quarter, Region, State, Purpose, Trips; total, purposes, states, states × purposes,
// regions, bottoms. `base` is fitted to every node but for its last eight quarters, which every reconciliation is asked
// for. Figures of `base`: mean MASE (lag 4) over all nodes before and after each reconciliation,
// "tourism_mase/BASE/NAME"; for the default one the negative values, the incoherence and the coverage of intervals of
// 80%.
absl::Status BenchReconciliation(const std::string& path, const forecasting::Method& base, int threads,
                                 std::vector<Figure>& figures);

// Australian tourism with automatic exponential smoothing, as the peers, and with dynamic optimised Theta, which of all
// single methods and the combination had the least MASE on the two years before the hold-out, and on the two before
// those.
absl::Status BenchTourism(int threads, std::vector<Figure>& figures, std::vector<std::string>& files);

}  // namespace kontor::bench
