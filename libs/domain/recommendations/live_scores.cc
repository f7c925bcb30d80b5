#include "libs/domain/recommendations/live_scores.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace kontor::recommendations {
namespace {

using Point = std::pair<float, float>;  // value of a signal, score

// Of rows of items that the model knows and that were not bought, ascending by value.
std::vector<Point> KnownPoints(size_t signal, const Candidates& candidates, const RankContext& context,
                               absl::Span<const float> scores) {
  std::vector<Point> points;
  for (size_t row = 0; row < scores.size(); ++row) {
    const float value = candidates.row(row)[signal];
    if (value > 0 && !candidates.bought(row) && !context.IsFresh(candidates.items()[row])) {
      points.emplace_back(value, scores[row]);
    }
  }
  std::sort(points.begin(), points.end());
  return points;
}

// The score to be expected at `value`, and a deviation more. `points` are not empty.
float Estimate(const std::vector<Point>& points, float value) {
  const size_t count = std::min(kNearest, points.size());
  auto begin =
      static_cast<size_t>(std::lower_bound(points.begin(), points.end(), Point{value, -INFINITY}) - points.begin());
  size_t end = begin;
  while (end - begin < count) {
    const bool below =
        end == points.size() || (begin > 0 && value - points[begin - 1].first < points[end].first - value);
    below ? --begin : ++end;
  }
  float mean = 0, squares = 0;
  for (size_t i = begin; i < end; ++i) mean += points[i].second / static_cast<float>(count);
  for (size_t i = begin; i < end; ++i) squares += (points[i].second - mean) * (points[i].second - mean);
  return mean + std::sqrt(squares / static_cast<float>(count));
}

}  // namespace

void EstimateFresh(absl::Span<const Signal> signals, const Candidates& candidates, const RankContext& context,
                   std::vector<float>& scores) {
  std::vector<size_t> fresh;
  for (size_t row = 0; row < scores.size(); ++row) {
    if (context.IsFresh(candidates.items()[row]) && !candidates.bought(row)) fresh.push_back(row);
  }
  if (fresh.empty()) return;
  std::vector<float> sums(fresh.size(), 0);
  std::vector<int> counts(fresh.size(), 0);
  for (size_t signal = 0; signal < signals.size(); ++signal) {
    if (!signals[signal].of_content) continue;
    const std::vector<Point> points = KnownPoints(signal, candidates, context, scores);
    if (points.empty()) continue;
    for (size_t i = 0; i < fresh.size(); ++i) {
      const float value = candidates.row(fresh[i])[signal];
      if (!(value > 0)) continue;
      sums[i] += Estimate(points, value);
      ++counts[i];
    }
  }
  for (size_t i = 0; i < fresh.size(); ++i) {
    if (counts[i] > 0) scores[fresh[i]] = sums[i] / static_cast<float>(counts[i]);
  }
}

float PriorOf(const Signal& signal, Task task, const RankContext& context) {
  if (signal.of_content && context.only_fresh) return 10;
  if (signal.name == "goes_with") return 3;
  if (signal.name == "needed") return task == Task::kCompleteBasket ? 30 : 3;
  return 0;
}

void AddPriors(absl::Span<const Signal> signals, Task task, const Candidates& candidates, const RankContext& context,
               std::vector<float>& scores) {
  for (size_t signal = 0; signal < signals.size(); ++signal) {
    const float prior = PriorOf(signals[signal], task, context);
    if (prior == 0) continue;
    for (size_t row = 0; row < scores.size(); ++row) scores[row] += prior * candidates.row(row)[signal];
  }
}

}  // namespace kontor::recommendations
