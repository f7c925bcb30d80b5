#include "libs/domain/search/fusion.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/search/fold.h"

namespace kontor::search {
namespace {

constexpr size_t kFolds = 5, kLeastQueries = 50;
constexpr float kGrid[] = {0, .1F, .2F, .3F, .4F, .5F, .6F, .8F, 1, 1.3F, 1.7F, 2};
constexpr float kSlopes[] = {-1, -.5F, -.25F, 0, .25F, .5F, 1};
constexpr int kRounds = 2;

std::array<float, kFusionSignals> AsArray(const FusionSignals& signals) {
  return {signals.missing, signals.unknown, signals.best_cosine, signals.flat};
}

double Discount(size_t place) { return 1 / std::log2(static_cast<double>(place) + 2); }

// A query and its ideal, worked out once.
class Judged {
 public:
  Judged(const FusionQuery& query, size_t at) : query_(query), at_(at) {
    std::vector<float> ideal = query.gains;
    ideal.insert(ideal.end(), query.missed.begin(), query.missed.end());
    std::sort(ideal.begin(), ideal.end(), std::greater<>());
    for (size_t place = 0; place < std::min(at, ideal.size()); ++place) ideal_ += ideal[place] * Discount(place);
  }
  bool tells() const { return ideal_ > 0; }
  const FusionQuery& query() const { return query_; }

  double Ndcg(const FusionWeights& weights) const {
    thread_local std::vector<float> fused;
    thread_local std::vector<uint32_t> order;
    fused.resize(query_.gains.size());
    order.resize(fused.size());
    Fuse(query_.lexical, query_.cosine, query_.best_lexical, DenseWeight(query_.signals, weights),
         absl::MakeSpan(fused));
    for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    const size_t shown = std::min(at_, order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(shown), order.end(),
                      [&](uint32_t a, uint32_t b) { return fused[a] != fused[b] ? fused[a] > fused[b] : a < b; });
    double sum = 0;
    for (size_t place = 0; place < shown; ++place) sum += query_.gains[order[place]] * Discount(place);
    return sum / ideal_;
  }

 private:
  const FusionQuery& query_;
  size_t at_;
  double ideal_ = 0;
};

using Queries = std::vector<const Judged*>;

double MeanNdcg(const Queries& queries, const FusionWeights& weights) {
  double sum = 0;
  for (const Judged* query : queries) sum += query->Ndcg(weights);
  return queries.empty() ? 0 : sum / static_cast<double>(queries.size());
}

// Tries values of one number of the weights; keeps what is best, the value that stands there unless beaten.
template <size_t kCount>
void Improve(const Queries& queries, const float (&values)[kCount], float& number, const FusionWeights& weights,
             double& best) {
  float kept = number;
  for (const float value : values) {
    number = value;
    const double ndcg = MeanNdcg(queries, weights);
    if (ndcg <= best + 1e-9) continue;
    best = ndcg;
    kept = value;
  }
  number = kept;
}

FusionWeights FitConstant(const Queries& queries) {
  FusionWeights out;
  double best = MeanNdcg(queries, out);
  Improve(queries, kGrid, out.intercept, out, best);
  return out;
}

FusionWeights FitSlopes(const Queries& queries, FusionWeights weights) {
  double best = MeanNdcg(queries, weights);
  for (int round = 0; round < kRounds; ++round) {
    for (float& slope : weights.slopes) Improve(queries, kSlopes, slope, weights, best);
    Improve(queries, kGrid, weights.intercept, weights, best);
  }
  return weights;
}

absl::Status Check(absl::Span<const FusionQuery> queries, size_t at) {
  const auto good = [](const std::vector<float>& values, float least) {
    return std::all_of(values.begin(), values.end(), [&](float x) { return std::isfinite(x) && x >= least; });
  };
  for (const FusionQuery& query : queries) {
    if (query.lexical.size() != query.gains.size() || query.cosine.size() != query.gains.size() ||
        !good(query.gains, 0) || !good(query.missed, 0) || !good(query.lexical, 0) || !good(query.cosine, -1e6F)) {
      return absl::InvalidArgumentError("a query's columns do not fit together or hold numbers that they may not");
    }
  }
  return at > 0 ? absl::OkStatus() : absl::InvalidArgumentError("nDCG counts the places from 1");
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

float DenseWeight(const FusionSignals& signals, const FusionWeights& weights) {
  if (signals.exact) return 0;
  const std::array<float, kFusionSignals> values = AsArray(signals);
  float weight = weights.intercept;
  for (size_t i = 0; i < kFusionSignals; ++i) weight += weights.slopes[i] * values[i];
  return std::clamp(weight, 0.0F, weights.limit);
}

void Fuse(absl::Span<const float> lexical, absl::Span<const float> cosine, float best_lexical, float dense_weight,
          absl::Span<float> fused) {
  const float scale = best_lexical > 0 ? 1 / best_lexical : 0;
  if (!(best_lexical > 0)) dense_weight = 1;
  for (size_t i = 0; i < fused.size(); ++i) fused[i] = lexical[i] * scale + dense_weight * cosine[i];
}

absl::StatusOr<FusionFit> FitFusion(absl::Span<const FusionQuery> queries, size_t ndcg_at, uint64_t seed) {
  RETURN_IF_ERROR(Check(queries, ndcg_at));
  std::vector<Judged> judged;
  for (const FusionQuery& query : queries) {
    if (Judged one(query, ndcg_at); one.tells()) judged.push_back(one);
  }
  if (judged.size() < kLeastQueries) {
    return base::Error(absl::StatusCode::kFailedPrecondition, "TOO_FEW_QUERIES",
                       absl::StrCat("only ", judged.size(), " queries have a gain; fitting takes ", kLeastQueries));
  }
  FusionWeights none;
  none.limit = 0;
  std::vector<double> lexical(judged.size()), constant(judged.size()), fitted(judged.size());
  const auto fold_of = [&](const Judged& one) { return FoldOf(one.query().query, seed, kFolds); };
  for (size_t fold = 0; fold < kFolds; ++fold) {
    Queries train;
    for (const Judged& one : judged) {
      if (fold_of(one) != fold) train.push_back(&one);
    }
    const FusionWeights one_weight = FitConstant(train), slopes = FitSlopes(train, one_weight);
    for (size_t i = 0; i < judged.size(); ++i) {
      if (fold_of(judged[i]) != fold) continue;
      lexical[i] = judged[i].Ndcg(none);
      constant[i] = judged[i].Ndcg(one_weight);
      fitted[i] = judged[i].Ndcg(slopes);
    }
  }
  FusionFit out{{}, Mean(lexical), Mean(constant), Mean(fitted), {}};
  ASSIGN_OR_RETURN(const Comparison slopes_pay, Compare(constant, fitted, {.seed = seed}));
  const bool with_slopes = slopes_pay.low > 0;
  ASSIGN_OR_RETURN(out.against_lexical, Compare(lexical, with_slopes ? fitted : constant, {.seed = seed}));
  if (!(out.against_lexical.low > 0)) {
    return base::Error(absl::StatusCode::kFailedPrecondition, "NOT_BETTER",
                       absl::StrCat("vectors change nDCG by ", out.against_lexical.difference, " (interval ",
                                    out.against_lexical.low, " to ", out.against_lexical.high, ")"));
  }
  Queries all;
  for (const Judged& one : judged) all.push_back(&one);
  out.weights = FitConstant(all);
  if (with_slopes) out.weights = FitSlopes(all, out.weights);
  return out;
}

}  // namespace kontor::search
