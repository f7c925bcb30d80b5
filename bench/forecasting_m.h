#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/figures.h"
#include "bench/forecasting_accuracy.h"

// The M competitions' series.
namespace kontor::bench {

// The four groups of M3 (Makridakis and Hibon 2000), beside what statsforecast 2.1.1 reached on them where that is
// known, and all 3,003 series together: m3/smape/METHOD over all points, m3/mase/METHOD over all series;
// m3_smape_METHOD is that of the combinations, beside the best median of the peers.
absl::Status BenchM3(const ForecastBenchOptions& options, std::vector<Figure>& figures,
                     std::vector<std::string>& files);

// The 414 hourly series of M4 (Makridakis, Spiliotis and Assimakopoulos 2020), seasons of a day and a week.
absl::Status BenchM4Hourly(const ForecastBenchOptions& options, std::vector<Figure>& figures,
                           std::vector<std::string>& files);

}  // namespace kontor::bench
