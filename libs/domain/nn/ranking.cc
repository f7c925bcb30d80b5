#include "libs/domain/nn/ranking.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "libs/base/status.h"
#include "libs/domain/nn/dense.h"

namespace kontor::nn {
namespace {

constexpr float kOut = -std::numeric_limits<float>::infinity();
constexpr size_t kUsersAtOnce = 64;

}  // namespace

size_t TargetRank(absl::Span<float> scores, absl::Span<const uint32_t> history, uint32_t target) {
  for (uint32_t item : history) scores[item] = kOut;
  const float score = scores[target];
  if (!(score > kOut)) return scores.size();
  size_t above = 0, equal = 0;
  for (float other : scores) {
    above += other > score ? 1 : 0;
    equal += other == score ? 1 : 0;
  }
  return above + (equal - 1) / 2;
}

absl::StatusOr<RankingQuality> FullRanking(const UserEncoder& encoder, const HoldOut& hold_out, int k) {
  const size_t users = hold_out.histories.users(), items = encoder.item_count(), dimensions = encoder.dimensions();
  const ConstMatrixMap table(encoder.output_table().data(), static_cast<Eigen::Index>(items),
                             static_cast<Eigen::Index>(dimensions));
  RankingQuality sum;
  Matrix vectors(std::min(users, kUsersAtOnce), dimensions), scores;
  for (size_t first = 0; first < users; first += kUsersAtOnce) {
    const size_t count = std::min(kUsersAtOnce, users - first);
    for (size_t u = 0; u < count; ++u) {
      RETURN_IF_ERROR(encoder.Encode(hold_out.histories.user(first + u),
                                     absl::MakeSpan(&vectors(static_cast<Eigen::Index>(u), 0), dimensions)));
    }
    scores.noalias() = vectors.topRows(static_cast<Eigen::Index>(count)) * table.transpose();
    if (!encoder.output_bias().empty()) {
      scores.rowwise() += ConstRowMap(encoder.output_bias().data(), static_cast<Eigen::Index>(items));
    }
    for (size_t u = 0; u < count; ++u) {
      const size_t rank = TargetRank(absl::MakeSpan(&scores(static_cast<Eigen::Index>(u), 0), items),
                                     hold_out.histories.user(first + u), hold_out.targets[first + u]);
      if (rank >= static_cast<size_t>(k)) continue;
      sum.hit_rate += 1;
      sum.ndcg += 1 / std::log2(static_cast<double>(rank) + 2);
    }
  }
  return RankingQuality{sum.hit_rate / static_cast<double>(users), sum.ndcg / static_cast<double>(users)};
}

}  // namespace kontor::nn
