#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

// How well a ranking answers queries, by judgements, and whether one configuration is better than another.
namespace kontor::search {

// What a document is worth for a query. Documents are numbered by the caller; those without a judgement are worth 0.
struct Judgement {
  uint32_t document = 0;
  float gain = 0;  // finite, >= 0
};

struct MeasureOptions {
  enum class Gain : uint8_t { kLinear = 0, kExponential = 1 };  // exponential: 2^gain - 1 (Burges et al. 2005)
  Gain gain = Gain::kLinear;
  size_t ndcg_at = 10, mrr_at = 10, recall_at = 100;
  float relevant_gain = 1;  // a document of at least this gain is what MRR and recall look for
};

// NaN where a query cannot tell: nDCG without a gain above 0, MRR and recall without a relevant document.
struct Measures {
  double ndcg =
      0;  // discounted cumulative gain over the ideal one (Järvelin, Kekäläinen 2002), discount 1 / log2(place + 1)
  double mrr = 0;     // 1 / place of the first relevant document, 0 beyond mrr_at
  double recall = 0;  // share of the relevant documents in the first recall_at
};

// `ranking` is best first, each document once; `judgements` name each document once, in any order.
// INVALID_ARGUMENT: a document twice, a gain that is not finite or negative, a measure at 0.
absl::StatusOr<Measures> Measure(absl::Span<const uint32_t> ranking, absl::Span<const Judgement> judgements,
                                 const MeasureOptions& options = {});

// Means over the queries that can tell, with their numbers; 0 of 0.
struct MeanMeasures {
  Measures mean;
  int64_t ndcg_queries = 0, relevant_queries = 0;  // the latter of MRR and recall
};
MeanMeasures MeanOf(absl::Span<const Measures> measures);

struct ComparisonOptions {
  int resamples = 2'000;
  double confidence = 0.95;
  double least_change = 1e-9;  // of a query, below which it is a tie
  uint64_t seed = 1;
};

// B against A on the same queries.
struct Comparison {
  int64_t wins = 0, losses = 0, ties = 0;  // queries where B is better, worse, alike
  double difference = 0;                   // mean of B - A
  double low = 0, high = 0;  // of the difference: percentiles of a bootstrap over queries (Efron 1979; Sakai 2006)
  double sign_p = 1;         // two-sided sign test of wins against losses
};

// a[i] and b[i] are one query's figures; pairs with a NaN are left out. INVALID_ARGUMENT when the sizes differ,
// FAILED_PRECONDITION without a pair. Deterministic for a seed. Cost: resamples times queries.
absl::StatusOr<Comparison> Compare(absl::Span<const double> a, absl::Span<const double> b,
                                   const ComparisonOptions& options = {});

// The probability, under equal chances, of a split at least as uneven as wins : losses, both sides (exact to 1,000
// trials, then the normal approximation with continuity correction). 1 without trials.
double SignTest(int64_t wins, int64_t losses);

}  // namespace kontor::search
