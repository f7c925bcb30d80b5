#include "libs/domain/learn/lambda_loss.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace kontor::learn {

double LambdaLoss::Ideal(absl::Span<const float> gains) {
  sorted_.assign(gains.begin(), gains.end());
  std::sort(sorted_.begin(), sorted_.end(), std::greater<>());
  double sum = 0;
  for (size_t place = 0; place < std::min(truncation_, sorted_.size()); ++place)
    sum += sorted_[place] * discounts_[place];
  return sum;
}

void LambdaLoss::Derive(absl::Span<const float> margins, absl::Span<const float> gains, absl::Span<float> first,
                        absl::Span<float> second) {
  const size_t rows = margins.size();
  first_.assign(rows, 0);
  second_.assign(rows, 0);
  for (size_t place = discounts_.size(); place < rows; ++place) {
    discounts_.push_back(1 / std::log2(static_cast<double>(place) + 2));
  }
  order_.resize(rows);
  std::iota(order_.begin(), order_.end(), size_t{0});
  std::stable_sort(order_.begin(), order_.end(), [&](size_t a, size_t b) { return margins[a] > margins[b]; });
  const double ideal = Ideal(gains);
  const bool spread = rows > 0 && margins[order_.front()] != margins[order_.back()];
  double force = 0;
  for (size_t a = 0; ideal > 0 && a < std::min(truncation_, rows); ++a) {
    for (size_t b = a + 1; b < rows; ++b) {
      const bool in_order = gains[order_[a]] > gains[order_[b]];
      const size_t better = order_[in_order ? a : b], worse = order_[in_order ? b : a];
      const double gap = static_cast<double>(gains[better]) - gains[worse];
      if (!(gap > 0)) continue;
      const double ahead = static_cast<double>(margins[better]) - margins[worse];
      double change = gap * (discounts_[a] - discounts_[b]) / ideal;
      if (spread) change /= 0.01 + std::abs(ahead);
      const double p = 1 / (1 + std::exp(ahead));
      first_[better] -= change * p;
      first_[worse] += change * p;
      second_[better] += change * p * (1 - p);
      second_[worse] += change * p * (1 - p);
      force += 2 * change * p;
    }
  }
  const double scale = force > 0 ? std::log2(1 + force) / force : 0;
  for (size_t row = 0; row < rows; ++row) {
    first[row] = static_cast<float>(first_[row] * scale);
    second[row] = static_cast<float>(second_[row] * scale);
  }
}

}  // namespace kontor::learn
