#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace kontor::bench {

// One line of a bench's result.
struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
  std::optional<double> reference;  // somebody else's figure for the same thing; the ratio is value / reference
  std::string note;
};

// A row for the README: rows with a slash in their name are details, one of them under another name is shown.
struct Headline {
  const char *name, *row, *note;
  double reference = 0;            // where the row holds none and no peer's row is named
  const char* peer_row = nullptr;  // holds the reference
};

// Adds to the figures the headlines whose rows are among them.
void AddHeadlines(absl::Span<const Headline> headlines, std::vector<Figure>& figures);

// Writes the figures as a JSON list to $KONTOR_BENCH_OUT, and the paths of the data read to $KONTOR_BENCH_DATA, one a
// line; does nothing where these are unset. Values that are not finite are written as null.
absl::Status WriteFigures(const std::vector<Figure>& figures, const std::vector<std::string>& data_files);

}  // namespace kontor::bench
