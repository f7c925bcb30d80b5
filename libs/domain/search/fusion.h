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
  float covered = 0;         // the idf mass of the query that the best lexical hit matches, over the query's
  float unknown = 0;         // share of the query's words that the index does not know
  float best_cosine = 0;     // of all products
  float lexical_margin = 0;  // 1 - tenth best lexical score / best
  float exact = 0;           // 1 when a part number or a whole title was asked for and found
  float short_query = 0;     // 1 / words of the query
};
inline constexpr size_t kFusionSignals = 6;

// weight of the vectors = limit * 1 / (1 + exp(-(intercept + sum of weights * signals))), 0 for an exact match.
struct FusionWeights {
  float intercept = -1;
  std::array<float, kFusionSignals> weights{};  // in the order of FusionSignals
  float limit = 0.6F;                           // of the vectors' weight, [0, 1]
};

float DenseWeight(const FusionSignals& signals, const FusionWeights& weights);

// A query's candidates: the union of the lexical and the semantic ones, each with both scores.
struct FusionScores {
  absl::Span<const float> lexical;  // 0 where nothing matches
  absl::Span<const float> cosine;
  float best_lexical = 0;                   // of all products; 0: no lexical hit
  float best_cosine = 0, least_cosine = 0;  // of the semantic candidates: scaled to [0, 1] between them
};

// fused = (1 - w) * lexical / best_lexical + w * max(0, cosine - least) / (best - least) (Bruch, Gai, Ingber 2023,
// convex combination with theoretical minimum and best scores). w = 1 without a lexical hit.
void Fuse(const FusionScores& scores, float dense_weight, absl::Span<float> fused);

// A judged query to fit on.
struct FusionQuery {
  FusionSignals signals;
  std::vector<float> lexical, cosine, gains;  // by candidate
  std::vector<float> missed;                  // gains of judged documents that are no candidates
  float best_lexical = 0, best_cosine = 0, least_cosine = 0;
};

struct FusionFit {
  FusionWeights weights;
  double ndcg = 0, lexical_ndcg = 0, fixed_ndcg = 0;  // in folds over queries: fitted, no vectors, the best one weight
  Comparison against_lexical;
};

// Weights that make the mean nDCG large, in five folds for the figures and on all queries for the weights: what is best
// for each query on a grid of weights teaches a logistic curve over the signals. INVALID_ARGUMENT for columns that do
// not fit together; FAILED_PRECONDITION TOO_FEW_QUERIES below 50 queries with a gain, NOT_BETTER when the interval of
// the gain over the lexical order alone is not above 0. Deterministic for a seed.
absl::StatusOr<FusionFit> FitFusion(absl::Span<const FusionQuery> queries, size_t ndcg_at = 10, uint64_t seed = 1);

}  // namespace kontor::search
