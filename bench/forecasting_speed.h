#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/figures.h"

namespace kontor::bench {

// CPU milliseconds a series of fitting and forecasting the mean, one thread, on three sets: every fourth of M3's
// monthly series (300), every fourth of M4's hourly ones (100, one season), and SyntheticDaily (1,000). Beside them, in
// the same run and on the same series, statsforecast's models (bench/peers/forecasting.py, run by $KONTOR_PEER_PYTHON,
// python3 when unset) where it is installed, the slow ones on the first so many series: speed/SET/cpu_ms/METHOD with
// the peer's as reference, speed/SET/mase/METHOD of the series timed, also with the peer's, and speedup_SET_METHOD, the
// peer's time over ours. `quick`: a tenth of the series.
absl::Status BenchForecastingSpeed(bool quick, std::vector<Figure>& figures, std::vector<std::string>& files);

}  // namespace kontor::bench
