#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "libs/base/bytes.h"
#include "libs/base/random.h"

namespace kontor::learn {

struct BanditOptions {
  enum class Kind : uint8_t {
    kThompson = 0,  // linear Thompson sampling (Agrawal and Goyal 2013)
    kLinUcb = 1,    // LinUCB with an arm's own weights (Li et al. 2010)
  };
  Kind kind = Kind::kThompson;
  size_t arms = 2;            // 2 … 64
  size_t features = 1;        // of a context, 1 … 256; give a constant one for an intercept
  double ridge = 1;           // > 0: how sure the zero weights are at the start
  double explore = 0.3;       // how many deviations are drawn (Thompson) or added (LinUCB), in the reward's unit
  double least_share = 0.02;  // epsilon: the probability that every arm keeps; times arms at most 1
  double decay = 1;           // what an arm learned keeps by each of its rewards, (0, 1]; below 1 it follows drift
  int draws = 256;            // Thompson: of the posterior, for the probabilities that are logged
};

// What was decided, to be logged with the action and given back with its reward.
struct BanditChoice {
  size_t arm = 0;
  double propensity = 0;              // of the arm, exactly as it was drawn
  std::vector<double> probabilities;  // of all arms, sum 1
};

// A linear contextual bandit over few arms. Every arm has a ridge regression of its rewards on contexts,
//   A = ridge I + sum x x', b = sum r x, weights A^-1 b, deviation sqrt(x' A^-1 x).
// The probabilities of the arms are worked out first and then drawn from, so that a logged propensity is exact: for
// Thompson the share of `draws` seeded draws from the posteriors in which an arm is the best, for LinUCB 1 for the best
// bound; either mixed with epsilon for every arm, p = epsilon + (1 - arms epsilon) share. Rewards may come late and in
// any order: an update needs only the context and the arm. Not thread-safe; deterministic for a seed.
// Cost of a choice: arms * (features^2 + draws); of an update features^3.
class LinearBandit {
 public:
  // INVALID_ARGUMENT for options out of range.
  static absl::StatusOr<LinearBandit> Create(const BanditOptions& options);

  // Probabilities of the arms for a context of `features` finite numbers; the same `random` state gives the same ones.
  std::vector<double> Probabilities(absl::Span<const double> context, base::Random& random) const;
  BanditChoice Choose(absl::Span<const double> context, base::Random& random) const;

  // Learns what an arm brought in a context. INVALID_ARGUMENT, and nothing learned, for another number of features, an
  // unknown arm or numbers that are not finite.
  absl::Status Update(absl::Span<const double> context, size_t arm, double reward);
  // The same for `times` > 0 rewards of one context whose sum is `rewards`; without decay between them.
  absl::Status Update(absl::Span<const double> context, size_t arm, double rewards, double times);

  double Expected(absl::Span<const double> context, size_t arm) const;
  double Deviation(absl::Span<const double> context, size_t arm) const;
  const BanditOptions& options() const { return options_; }

  void Save(base::ByteWriter& out) const;
  static LinearBandit Load(base::ByteReader& in);

 private:
  struct Arm {
    Eigen::MatrixXd contexts;  // A
    Eigen::VectorXd rewards;   // b
    Eigen::MatrixXd inverse;   // of A
    Eigen::VectorXd weights;
  };

  LinearBandit() = default;
  static bool Solve(Arm& arm);  // inverse and weights from A and b; false where A is not positive definite
  std::vector<double> Shares(absl::Span<const double> context, base::Random& random) const;

  BanditOptions options_;
  std::vector<Arm> arms_;
};

}  // namespace kontor::learn
