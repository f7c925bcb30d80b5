#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace kontor::bench {

// One line of a bench's result.
struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
  std::optional<double> reference;  // somebody else's figure for the same thing; the ratio is value / reference
  std::string note;
};

// Writes the figures as a JSON list to $KONTOR_BENCH_OUT, and the paths of the data read to $KONTOR_BENCH_DATA, one a
// line; does nothing where these are unset. Values that are not finite are written as null.
absl::Status WriteFigures(const std::vector<Figure>& figures, const std::vector<std::string>& data_files);

}  // namespace kontor::bench
