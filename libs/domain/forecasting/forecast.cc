#include "libs/domain/forecasting/forecast.h"

#include <cmath>

#include "absl/strings/str_cat.h"

namespace kontor::forecasting {

absl::Status CheckSeries(const Series& series) {
  if (series.values.empty()) return absl::InvalidArgumentError("a series needs at least one value");
  for (size_t i = 0; i < series.values.size(); ++i) {
    if (!std::isfinite(series.values[i])) {
      return absl::InvalidArgumentError(absl::StrCat("value ", i, " is not a finite number: fill gaps before"));
    }
  }
  int last = 1;
  for (const int season : series.seasons) {
    if (season <= last) {
      return absl::InvalidArgumentError("seasons are whole numbers of observations from 2 on, each once, ascending");
    }
    last = season;
  }
  return absl::OkStatus();
}

}  // namespace kontor::forecasting
