#include "libs/domain/nn/blas.h"

#include <gtest/gtest.h>

#include <string>

namespace kontor::nn {
namespace {

TEST(BlasTest, ProductsAgreeWithDoublePrecision) {
  for (int n : {1, 2, 17, 64, 129, 300}) {
    const absl::StatusOr<double> error = MatrixProductError(n, 7);
    ASSERT_TRUE(error.ok()) << error.status();
    // A sum of n products in float is off by at most n * 2^-24 of the sum of their sizes.
    EXPECT_LT(*error, 1e-5) << n << " x " << n << " by kernel " << BlasKernel();
  }
}

TEST(BlasTest, RefusesSizesThatAreOutOfRange) {
  EXPECT_EQ(MatrixProductError(0, 1).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MatrixProductError(4096, 1).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(BlasTest, TheBlasIsOpenBlasAndSaysItsKernel) { EXPECT_NE(BlasKernel(), ""); }

TEST(BlasTest, RecommendsAKernelOnlyWherePrescottWasChosen) {
  EXPECT_EQ(RecommendedCoreType("Prescott", {.avx2 = true, .avx512 = true}), "SkylakeX");
  EXPECT_EQ(RecommendedCoreType("Prescott", {.avx2 = true}), "Haswell");
  EXPECT_EQ(RecommendedCoreType("Prescott", {}), "");
  EXPECT_EQ(RecommendedCoreType("Zen", {.avx2 = true, .avx512 = true}), "");
  EXPECT_EQ(RecommendedCoreType("", {.avx2 = true}), "");
}

TEST(BlasTest, OneThreadIsOneThread) {
  UseOneThread();
  EXPECT_EQ(Threads(), 1);
}

}  // namespace
}  // namespace kontor::nn
