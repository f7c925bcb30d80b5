#include "libs/domain/forecasting/mstl.h"

#include <algorithm>

#include "libs/base/status.h"
#include "libs/domain/forecasting/loess.h"

namespace kontor::forecasting {
namespace {

void SetTrendAlone(Values values, bool robust, Decomposition& result) {
  const int window = std::max(7, static_cast<int>(values.size()) / 3) | 1;
  const Loess loess{window, 1, 1};
  std::vector<double> work(values.size()), remainder(values.size());
  result.trend.resize(values.size());
  loess.Smooth(values, {}, work, absl::MakeSpan(result.trend));
  for (int round = 0; robust && round < 15; ++round) {
    for (size_t i = 0; i < values.size(); ++i) remainder[i] = values[i] - result.trend[i];
    result.weights = BisquareWeights(remainder);
    loess.Smooth(values, result.weights, work, absl::MakeSpan(result.trend));
  }
}

}  // namespace

absl::StatusOr<Decomposition> Mstl(const Series& series, const MstlOptions& options) {
  RETURN_IF_ERROR(CheckSeries(series));
  const size_t count = series.values.size(), seasons = series.seasons.size();
  Decomposition result{
      .seasonal = std::vector<std::vector<double>>(seasons, std::vector<double>(count, 0)),
      .remainder = std::vector<double>(series.values.begin(), series.values.end()),
      .weights = std::vector<double>(count, 1),
  };
  std::vector<double>& rest = result.remainder;
  const auto fits = [&](size_t k) { return 2 * static_cast<size_t>(series.seasons[k]) <= count; };
  const int rounds = seasons > 1 ? 2 : 1;
  for (int round = 0; round < rounds; ++round) {
    for (size_t k = 0; k < seasons && fits(k); ++k) {
      for (size_t i = 0; i < count; ++i) rest[i] += result.seasonal[k][i];
      const int paper = 11 + 4 * static_cast<int>(k);
      const StlOptions stl{
          .season_window = options.season_window > 0 ? options.season_window | 1 : paper,
          .season_degree = options.season_degree,
          .trend_window = k == 0 && options.trend_seasons > 0 ? (options.trend_seasons * series.seasons[0]) | 1 : 0,
          .robust = options.robust};
      ASSIGN_OR_RETURN(Decomposition part, Stl(rest, series.seasons[k], stl));
      result.seasonal[k] = std::move(part.seasonal[0]);
      result.trend = std::move(part.trend);
      result.weights = std::move(part.weights);
      for (size_t i = 0; i < count; ++i) rest[i] -= result.seasonal[k][i];
    }
  }
  if (result.trend.empty()) SetTrendAlone(rest, options.robust, result);
  for (size_t i = 0; i < count; ++i) rest[i] -= result.trend[i];
  return result;
}

}  // namespace kontor::forecasting
