#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "libs/domain/search/evaluation.h"

// Lexical and semantic scores as one, weighed query by query.
namespace kontor::search {

// What is known of a query before its candidates are joined; each within [0, 1].
struct FusionSignals {
  float missing = 0;      // mass (idf times weight) of the query that its best lexical hit lacks, over the query's
  float unknown = 0;      // share of the query's words that the index does not know
  float best_cosine = 0;  // of all products
  float flat = 0;         // tenth best lexical score over the best: 1 where lexical hits tie
  bool exact = false;     // a part number, or a whole title, was asked for and found
};
inline constexpr size_t kFusionSignals = 4;  // those that bear a weight

// weight of the vectors = intercept + sum of slopes * signals, within 0 and limit; 0 for an exact match, so that it
// never loses to a near-miss.
struct FusionWeights {
  float intercept = 0.5F;
  std::array<float, kFusionSignals> slopes{};  // in the order of FusionSignals
  float limit = 2;
};

float DenseWeight(const FusionSignals& signals, const FusionWeights& weights);

// fused = lexical / best_lexical + dense_weight * cosine, the convex combination of Bruch, Gai and Ingber (2023) with
// the cosine as it is: where lexical hits tie, the cosine decides. best_lexical is that of all products; 0 or less: no
// lexical hit, the cosine alone ranks. All three of one size.
void Fuse(absl::Span<const float> lexical, absl::Span<const float> cosine, float best_lexical, float dense_weight,
          absl::Span<float> fused);

// A judged query to fit on: the union of the lexical and the semantic candidates, each with both scores.
struct FusionQuery {
  uint64_t query = 0;  // a stable hash of its text: equal texts stand in one fold
  FusionSignals signals;
  std::vector<float> lexical, cosine;  // by candidate; lexical is 0 where nothing matches
  std::vector<float> gains;            // by candidate
  std::vector<float> missed;           // gains of judged documents that are no candidates
  float best_lexical = 0;
};

struct FusionFit {
  FusionWeights weights;
  double lexical_ndcg = 0;                    // without vectors
  double constant_ndcg = 0, fitted_ndcg = 0;  // of one weight for all queries; with slopes: both cross-validated
  Comparison against_lexical;                 // of what is given back
};

// Weights that make the mean nDCG large: the best constant one of a grid, then slopes by coordinate ascent, which are
// given back only when they beat the constant weight beyond chance in five folds over queries. INVALID_ARGUMENT for
// columns that do not fit together; FAILED_PRECONDITION with reason TOO_FEW_QUERIES below 50 queries with a gain, and
// NOT_BETTER when the interval of the gain over the lexical order is not above 0. Deterministic for a seed. Cost: about
// 600 passes over the candidates.
absl::StatusOr<FusionFit> FitFusion(absl::Span<const FusionQuery> queries, size_t ndcg_at = 10, uint64_t seed = 1);

}  // namespace kontor::search
