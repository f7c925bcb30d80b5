#include "libs/domain/search/fusion.h"

#include <gtest/gtest.h>

#include <limits>

#include "libs/base/random.h"
#include "libs/base/status.h"

namespace kontor::search {
namespace {

// Queries where the vectors know better when much is missing, and worse when nothing is.
std::vector<FusionQuery> Judged(size_t count, double dense_signal, bool by_missing, uint64_t seed) {
  base::Random random(seed);
  std::vector<FusionQuery> out(count);
  for (size_t q = 0; q < count; ++q) {
    out[q].query = q;
    out[q].signals.missing = q % 2 == 0 ? 1 : 0;
    out[q].signals.best_cosine = static_cast<float>(random.Uniform());
    out[q].best_lexical = 10;
    const bool vectors_know = !by_missing || q % 2 == 0;
    for (int i = 0; i < 30; ++i) {
      const double worth = random.Uniform();
      out[q].gains.push_back(worth > 0.8 ? 1 : 0);
      const double lexical_signal = !by_missing ? 0.5 : vectors_know ? 0.1 : 0.9;
      out[q].lexical.push_back(
          static_cast<float>(10 * (lexical_signal * worth + (1 - lexical_signal) * random.Uniform())));
      const double dense = vectors_know ? dense_signal : 0;
      out[q].cosine.push_back(static_cast<float>(dense * worth + (1 - dense) * random.Uniform()));
    }
  }
  return out;
}

TEST(FuseTest, AddsTheCosineToTheShare) {
  float fused[3];
  Fuse({8, 4, 0}, {0.2F, 0.6F, -0.5F}, 8, 0.5F, absl::MakeSpan(fused));
  EXPECT_FLOAT_EQ(fused[0], 1.1F);
  EXPECT_FLOAT_EQ(fused[1], 0.8F);
  EXPECT_FLOAT_EQ(fused[2], -0.25F);
  Fuse({0, 0, 0}, {0.2F, 0.6F, -0.5F}, 0, 0, absl::MakeSpan(fused));
  EXPECT_FLOAT_EQ(fused[1], 0.6F);
}

TEST(FuseTest, WeightsStayWithinTheirBounds) {
  FusionWeights weights;
  weights.intercept = 0.4F;
  weights.slopes = {1, -3, 0.5F, 0};
  EXPECT_FLOAT_EQ(DenseWeight({.missing = 0.5F, .best_cosine = 0.2F}, weights), 1);
  EXPECT_EQ(DenseWeight({.unknown = 1}, weights), 0);
  EXPECT_EQ(DenseWeight({.missing = 1, .exact = true}, weights), 0);
  weights.limit = 0.7F;
  EXPECT_FLOAT_EQ(DenseWeight({.missing = 1}, weights), 0.7F);
  EXPECT_FLOAT_EQ(DenseWeight({}, FusionWeights()), 0.5F);
}

TEST(FitFusionTest, OneWeightWhereSignalsTellNothing) {
  const auto fit = FitFusion(Judged(300, 0.5, false, 3));
  ASSERT_TRUE(fit.ok()) << fit.status();
  EXPECT_GT(fit->constant_ndcg, fit->lexical_ndcg + 0.03);
  EXPECT_GT(fit->weights.intercept, 0.3);
  EXPECT_GT(fit->against_lexical.low, 0);
}

TEST(FitFusionTest, SlopesWhereASignalTells) {
  const auto fit = FitFusion(Judged(600, 0.8, true, 4));
  ASSERT_TRUE(fit.ok()) << fit.status();
  EXPECT_GT(fit->fitted_ndcg, fit->constant_ndcg);
  EXPECT_GT(DenseWeight({.missing = 1, .best_cosine = 0.5F}, fit->weights),
            DenseWeight({.missing = 0, .best_cosine = 0.5F}, fit->weights));
}

TEST(FitFusionTest, RefusesVectorsThatDoNotHelp) {
  const auto fit = FitFusion(Judged(200, 0, false, 5));
  EXPECT_EQ(base::ErrorReason(fit.status()), "NOT_BETTER");
  EXPECT_EQ(base::ErrorReason(FitFusion(Judged(49, 0.5, false, 5)).status()), "TOO_FEW_QUERIES");
  auto queries = Judged(60, 0.5, false, 6);
  EXPECT_EQ(FitFusion(queries, 0).status().code(), absl::StatusCode::kInvalidArgument);
  queries[1].lexical[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(FitFusion(queries).status().code(), absl::StatusCode::kInvalidArgument);
  queries[1].lexical.pop_back();
  EXPECT_EQ(FitFusion(queries).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace kontor::search
