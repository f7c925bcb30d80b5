#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "libs/domain/recommendations/als_solver.h"
#include "libs/domain/recommendations/baskets.h"
#include "libs/domain/recommendations/source.h"
#include "libs/domain/recommendations/vector_index.h"

namespace kontor::recommendations {

// alpha and ridge suit Amazon Beauty's validation items, decay those of Beauty (best 0.2) and Sports (best 0.4).
struct AlsOptions {
  int factors = 64;  // rounded up to a multiple of 8
  int iterations = 15;
  float alpha = 20;         // what was met once weighs 1 + alpha, twice 1 + alpha log2(3), …
  float ridge = 1;          // lambda, > 0
  float decay = 0.4F;       // a person's item weighs 1 + alpha * decay^age when they are folded in; 1 for no decay
  int conjugate_steps = 2;  // of a row with more than 8 entries; 0 solves every row exactly
  int threads = 1;
  uint64_t seed = 1;
};

// Implicit matrix factorisation by alternating least squares (als_solver.h). What is kept are the items' vectors,
// whitened, so that a person is folded in from what they met by one small system, and what they would like best is an
// exact scan (vector_index.h). The result does not depend on the threads. Cost of training: about
// iterations * (pairs * factors * 16 + (users + items) * factors^2 * 2) multiply-adds; of a request one solution of a
// system of at most 200 items, 0.02 ms for 20, and the scan.
class Als : public CandidateSource {
 public:
  // Customers by the distinct items of their baskets.
  static Als Train(const Baskets& baskets, const AlsOptions& options);
  // The same from rows of users whose weights are what an item weighs beyond 1.
  static Als Train(const SparseRows& users, uint32_t items, const AlsOptions& options);

  absl::string_view name() const override { return "als"; }
  // The preference that is predicted, 0 … about 1.
  absl::Span<const Signal> signals() const override;
  void Generate(const Profile& profile, int limit, size_t first, Candidates& out) const override;
  void Describe(const Profile& profile, size_t first, Candidates& out) const override;
  void Explain(const Profile&, ItemId, Reason&) const override {}  // no single item to name

  // A person from what they met, newest first; a score is index().Score(vector, item). All zeros for nobody.
  std::vector<float> UserVector(absl::Span<const RecentItem> recent) const;
  // An item that training did not meet, from the vectors of people who met it.
  std::vector<float> ItemVector(absl::Span<const std::vector<float>> users) const;
  const VectorIndex& index() const { return index_; }

  void Save(base::ByteWriter& out) const override;
  static Als Load(base::ByteReader& in, uint32_t item_count);

 private:
  float alpha_ = 1, decay_ = 1;
  VectorIndex index_;
  Eigen::MatrixXf item_lower_, user_lower_;  // L of the two sides (Whitened)
};

}  // namespace kontor::recommendations
