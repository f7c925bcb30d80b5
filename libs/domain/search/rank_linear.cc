#include "libs/domain/search/rank_linear.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kontor::search {
namespace {

using Weights = std::vector<double>;

constexpr int kSteps = 100;
constexpr size_t kMostLists = 1'000;
constexpr double kLeastDeviation = 1e-6;

// The rows of a list, scaled, features that may be weighed only.
struct ScaledList {
  std::vector<float> rows;
  std::vector<float> targets;  // sum 1
};

class Problem {
 public:
  Problem(absl::Span<const RankList* const> lists, double ridge) : ridge_(ridge) {
    for (size_t i = 0; i < kFeatures; ++i) {
      if (SpeaksFor(static_cast<Feature>(i))) columns_.push_back(i);
    }
    const std::vector<const RankList*> chosen = Chosen(lists);
    Moments(chosen);
    for (const RankList* list : chosen) Scale(*list);
  }

  size_t size() const { return columns_.size(); }
  bool empty() const { return lists_.empty(); }

  // The loss, and its slope when `slope` is not null.
  double Loss(const Weights& weights, Weights* slope) const {
    double sum = 0;
    if (slope != nullptr) slope->assign(size(), 0);
    std::vector<double> scores;
    for (const ScaledList& list : lists_) sum += ListLoss(list, weights, scores, slope);
    const auto count = static_cast<double>(lists_.size());
    double penalty = 0;
    for (size_t i = 0; i < size(); ++i) {
      penalty += weights[i] * weights[i];
      if (slope != nullptr) (*slope)[i] = (*slope)[i] / count + 2 * ridge_ * weights[i];
    }
    return sum / count + ridge_ * penalty;
  }

  LinearRanker Ranker(const Weights& weights) const {
    LinearRanker out;
    out.means = means_;
    out.scales = scales_;
    for (size_t i = 0; i < size(); ++i) out.weights[columns_[i]] = static_cast<float>(weights[i]);
    return out;
  }

 private:
  // Lists with a gain, evenly thinned out: two dozen weights need no more.
  static std::vector<const RankList*> Chosen(absl::Span<const RankList* const> lists) {
    std::vector<const RankList*> telling, out;
    for (const RankList* list : lists) {
      if (std::any_of(list->gains.begin(), list->gains.end(), [](float gain) { return gain > 0; })) {
        telling.push_back(list);
      }
    }
    const size_t count = std::min(telling.size(), kMostLists);
    for (size_t i = 0; i < count; ++i) out.push_back(telling[i * telling.size() / count]);
    return out;
  }

  // Means over all rows; deviations from the mean of a row's own list.
  void Moments(absl::Span<const RankList* const> lists) {
    std::vector<double> sums(kFeatures, 0), squares(kFeatures, 0);
    double rows = 0;
    for (const RankList* list : lists) {
      const size_t count = list->gains.size();
      rows += static_cast<double>(count);
      for (size_t i = 0; i < kFeatures; ++i) {
        double sum = 0, square = 0;
        for (size_t row = 0; row < count; ++row) {
          const double value = list->features[row * kFeatures + i];
          sum += value;
          square += value * value;
        }
        sums[i] += sum;
        if (count > 0) squares[i] += square - sum * sum / static_cast<double>(count);
      }
    }
    for (size_t i = 0; i < kFeatures && rows > 0; ++i) {
      const double deviation = std::sqrt(std::max(0.0, squares[i] / rows));
      means_[i] = static_cast<float>(sums[i] / rows);
      scales_[i] = deviation > kLeastDeviation ? static_cast<float>(1 / deviation) : 0;
    }
  }

  void Scale(const RankList& list) {
    const float total = std::accumulate(list.gains.begin(), list.gains.end(), 0.0F);
    ScaledList out;
    out.rows.reserve(list.gains.size() * size());
    for (size_t row = 0; row < list.gains.size(); ++row) {
      for (const size_t i : columns_) {
        out.rows.push_back((list.features[row * kFeatures + i] - means_[i]) * scales_[i]);
      }
      out.targets.push_back(list.gains[row] / total);
    }
    lists_.push_back(std::move(out));
  }

  double ListLoss(const ScaledList& list, const Weights& weights, std::vector<double>& scores, Weights* slope) const {
    scores.assign(list.targets.size(), 0);
    for (size_t row = 0; row < scores.size(); ++row) {
      const float* values = list.rows.data() + row * size();
      for (size_t i = 0; i < size(); ++i) scores[row] += weights[i] * values[i];
    }
    const double most = *std::max_element(scores.begin(), scores.end());
    double sum = 0, loss = 0;
    for (const double score : scores) sum += std::exp(score - most);
    for (size_t row = 0; row < scores.size(); ++row) {
      const double log_share = scores[row] - most - std::log(sum);
      loss -= list.targets[row] * log_share;
      if (slope == nullptr) continue;
      const double force = std::exp(log_share) - list.targets[row];
      const float* values = list.rows.data() + row * size();
      for (size_t i = 0; i < size(); ++i) (*slope)[i] += force * values[i];
    }
    return loss;
  }

  double ridge_;
  std::vector<size_t> columns_;
  std::array<float, kFeatures> means_{}, scales_{};
  std::vector<ScaledList> lists_;
};

}  // namespace

LinearRanker FitLinearRanker(absl::Span<const RankList* const> lists, float most, double ridge) {
  const Problem problem(lists, ridge);
  if (problem.empty()) return LearnedRanker().linear();
  Weights weights(problem.size(), 0), ahead = weights, slope, next(problem.size());
  double step = 1, pace = 1;
  for (int round = 0; round < kSteps; ++round) {
    const double loss = problem.Loss(ahead, &slope);
    // Halves the step until the loss lies below its quadratic bound.
    for (int tries = 0; tries < 30; ++tries, step /= 2) {
      double bound = loss;
      for (size_t i = 0; i < weights.size(); ++i) {
        next[i] = std::clamp(ahead[i] - step * slope[i], 0.0, static_cast<double>(most));
        const double move = next[i] - ahead[i];
        bound += slope[i] * move + move * move / (2 * step);
      }
      if (problem.Loss(next, nullptr) <= bound + 1e-12) break;
    }
    const double faster = (1 + std::sqrt(1 + 4 * pace * pace)) / 2;
    double change = 0;
    for (size_t i = 0; i < weights.size(); ++i) {
      const double move = next[i] - weights[i];
      change = std::max(change, std::abs(move));
      weights[i] = next[i];
      ahead[i] = std::clamp(next[i] + (pace - 1) / faster * move, 0.0, static_cast<double>(most));
    }
    pace = faster;
    if (change < 1e-5) break;
  }
  return problem.Ranker(weights);
}

}  // namespace kontor::search
