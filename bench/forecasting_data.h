#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kontor::bench {

// Series of one frequency and what came after them.
struct ForecastSet {
  std::string name;  // "m3_monthly"; empty for files given by hand
  std::vector<int> seasons;
  int horizon = 1;
  std::vector<std::vector<double>> train;
  std::vector<std::vector<double>> test;  // one a series, of `horizon` values; none where nothing came
  std::vector<std::string> files;         // read for it

  int season() const { return seasons.empty() ? 1 : seasons.front(); }  // also the lag of MASE's scale
  // Series 0, step, 2 step, …, at most `count`.
  ForecastSet Every(size_t step, size_t count) const;
};

// $KONTOR_DATA_DIR/name, or ../shared/data/name.
std::string ForecastingDataPath(absl::string_view name);

// "yearly", "quarterly", "monthly" or "other", horizons 6, 8, 18 and 8.
absl::StatusOr<ForecastSet> ReadM3(absl::string_view group);

// Files of the M4 competition's form: a header, then a name and the values of a series a line, empty cells or NA after
// the last one. Lines of the two files belong together in order. `horizon` 0: the first test line's.
absl::StatusOr<ForecastSet> ReadM4(const std::string& train, const std::string& test, std::vector<int> seasons,
                                   int horizon);

// A long table: columns series (or unique_id), time (or ds), value (or y), else the first three; in any order, times
// compared as numbers where all are, else as text. The last `horizon` values of each series are held out; a series with
// less than three times the horizon is left out. INVALID_ARGUMENT with file and line where a value is no number.
absl::StatusOr<ForecastSet> ReadLongTable(const std::string& path, std::vector<int> seasons, int horizon);

}  // namespace kontor::bench
