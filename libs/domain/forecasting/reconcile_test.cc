#include "libs/domain/forecasting/reconcile.h"

#include <Eigen/Dense>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/domain/forecasting/reconcile_least_squares.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;
using ::testing::DoubleNear;
using ::testing::ElementsAre;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kMissing = absl::StatusCode::kFailedPrecondition;

Hierarchy Crossed(int products, int stores) {
  std::vector<std::string> bottoms;
  NamedGrouping by_product{"product", {}}, by_store{"store", {}};
  for (int i = 0; i < products * stores; ++i) {
    bottoms.push_back(absl::StrCat(i));
    by_product.groups.push_back(absl::StrCat(i / stores));
    by_store.groups.push_back(absl::StrCat(i % stores));
  }
  return *Hierarchy::Make(GroupedNodes("total", bottoms, {by_product, by_store}));
}

NodeRows RandomRows(int rows, int columns, double center, base::Random& random) {
  NodeRows result(rows, std::vector<double>(columns));
  for (int t = 0; t < columns; ++t) {
    const double common = random.Normal();
    for (std::vector<double>& row : result) row[t] = center + common + random.Normal();
  }
  return result;
}

Eigen::MatrixXd Matrix(const NodeRows& rows) {
  Eigen::MatrixXd result(rows.size(), rows.front().size());
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t t = 0; t < rows[i].size(); ++t) result(i, t) = rows[i][t];
  }
  return result;
}

// As R's package hts writes it, pair by pair.
Eigen::MatrixXd ShrunkByPairs(const Eigen::MatrixXd& errors, double* shrinkage) {
  const auto n = static_cast<double>(errors.cols());
  const Eigen::MatrixXd covariance = errors * errors.transpose() / n;
  double above = 0, below = 0;
  for (Eigen::Index i = 0; i < errors.rows(); ++i) {
    for (Eigen::Index j = 0; j < errors.rows(); ++j) {
      if (i == j) continue;
      const Eigen::ArrayXd product =
          errors.row(i).array() * errors.row(j).array() / std::sqrt(covariance(i, i) * covariance(j, j));
      above += (product.square().sum() - std::pow(product.sum(), 2) / n) / (n * (n - 1));
      below += std::pow(product.mean(), 2);
    }
  }
  *shrinkage = std::min(1.0, std::max(0.0, above / below));
  const Eigen::MatrixXd diagonal = covariance.diagonal().asDiagonal();
  return *shrinkage * diagonal + (1 - *shrinkage) * covariance;
}

TEST(Reconcile, LeastSquaresAreTheProjectionWrittenOut) {
  const Hierarchy shop = Crossed(4, 3);
  base::Random random(11);
  const NodeRows forecasts = RandomRows(shop.node_count(), 2, 20, random);
  NodeRows residuals = RandomRows(shop.node_count(), 30, 0, random);
  for (int i = 0; i < shop.node_count(); ++i) {
    for (double& error : residuals[i]) error *= 1 + i % 3;
  }
  Eigen::MatrixXd S = Eigen::MatrixXd::Zero(shop.node_count(), shop.bottom_count());
  for (int i = 0; i < shop.node_count(); ++i) {
    for (const int b : shop.bottoms(i)) S(i, b) = 1;
  }
  const Eigen::MatrixXd E = Matrix(residuals), y = Matrix(forecasts);
  double shrinkage = 0;
  const Eigen::MatrixXd shrunk = ShrunkByPairs(E, &shrinkage);
  const Eigen::VectorXd variances = E.rowwise().squaredNorm() / E.cols();
  const struct {
    Reconciliation method;
    Eigen::MatrixXd W;
  } cases[] = {{Reconciliation::kOls, Eigen::MatrixXd::Identity(S.rows(), S.rows())},
               {Reconciliation::kWlsStructural, Eigen::MatrixXd(S.rowwise().sum().asDiagonal())},
               {Reconciliation::kWlsVariance, Eigen::MatrixXd(variances.asDiagonal())},
               {Reconciliation::kMinTraceShrinkage, shrunk}};
  for (const auto& c : cases) {
    KONTOR_ASSERT_OK_AND_ASSIGN(const Reconciled found,
                                Reconcile(shop, {&forecasts, &residuals, nullptr}, {c.method, false}));
    const Eigen::MatrixXd precision = c.W.inverse();
    const Eigen::MatrixXd inner = (S.transpose() * precision * S).inverse();
    const Eigen::MatrixXd P = S * inner * S.transpose() * precision;
    EXPECT_LT((Matrix(found.forecasts) - P * y).cwiseAbs().maxCoeff(), 1e-9);
    EXPECT_LT(shop.Incoherence(found.forecasts), 1e-12);
    if (c.method == Reconciliation::kMinTraceShrinkage) {
      EXPECT_GT(shrinkage, 0.05);
      EXPECT_LT(shrinkage, 0.95);
      EXPECT_NEAR(found.shrinkage, shrinkage, 1e-12);
      const Eigen::VectorXd after = (S * inner * S.transpose()).diagonal();
      for (int i = 0; i < shop.node_count(); ++i) EXPECT_NEAR(found.variance_ratio[i], after[i] / c.W(i, i), 1e-9);
    } else {
      const Eigen::VectorXd after = (P * E).rowwise().squaredNorm();
      for (int i = 0; i < shop.node_count(); ++i) {
        EXPECT_NEAR(found.variance_ratio[i], after[i] / E.row(i).squaredNorm(), 1e-9);
      }
    }
  }
}

TEST(Reconcile, NonNegativeIsTheLeastSquaresOfAllThatAre) {
  const Hierarchy shop = Crossed(5, 4);
  base::Random random(3);
  for (int round = 0; round < 20; ++round) {
    const NodeRows forecasts = RandomRows(shop.node_count(), 1, 0.2, random);
    const NodeRows residuals = RandomRows(shop.node_count(), 12, 0, random);
    KONTOR_ASSERT_OK_AND_ASSIGN(const Reconciled found, Reconcile(shop, {&forecasts, &residuals, nullptr},
                                                                  {Reconciliation::kMinTraceShrinkage, true}));
    EXPECT_LT(shop.Incoherence(found.forecasts), 1e-9);
    // Karush-Kuhn-Tucker: the gradient is 0 where a bottom is above 0, and not below 0 where it is 0.
    const ErrorPrecision precision = ErrorPrecision::Shrunk(CommonErrors(residuals), ErrorVariances(residuals));
    const Eigen::VectorXd gap = precision.Apply(Matrix(found.forecasts) - Matrix(forecasts));
    for (int b = 0; b < shop.bottom_count(); ++b) {
      double gradient = 0;
      for (int i = 0; i < shop.node_count(); ++i) {
        for (const int column : shop.bottoms(i)) gradient += column == b ? gap[i] : 0;
      }
      const double bottom = found.forecasts[shop.bottom_nodes()[b]][0];
      EXPECT_GE(bottom, 0);
      EXPECT_GE(gradient, -1e-8);
      EXPECT_NEAR(bottom * gradient, 0, 1e-7);
    }
  }
}

TEST(Reconcile, BottomUpAndTopDownByHand) {
  const Hierarchy tree = *Hierarchy::Make({{"total", {}, false},
                                           {"a", {"total"}, false},
                                           {"b", {"total"}, true},
                                           {"a1", {"a"}, true},
                                           {"a2", {"a"}, true}});
  const NodeRows forecasts = {{100}, {60}, {30}, {10}, {40}};  // total, a, b, a1, a2
  KONTOR_ASSERT_OK_AND_ASSIGN(const Reconciled up,
                              Reconcile(tree, {&forecasts, nullptr, nullptr}, {Reconciliation::kBottomUp}));
  EXPECT_THAT(up.forecasts,
              ElementsAre(ElementsAre(80), ElementsAre(50), ElementsAre(30), ElementsAre(10), ElementsAre(40)));
  // b gets 30 / 90 of 100, a the rest; a1 a fifth of a's.
  KONTOR_ASSERT_OK_AND_ASSIGN(const Reconciled down,
                              Reconcile(tree, {&forecasts, nullptr, nullptr}, {Reconciliation::kTopDownForecasts}));
  EXPECT_NEAR(down.forecasts[2][0], 100.0 / 3, 1e-9);
  EXPECT_NEAR(down.forecasts[3][0], 200.0 / 3 / 5, 1e-9);
  EXPECT_NEAR(down.forecasts[0][0], 100, 1e-9);
  const NodeRows past = {{1, 3}, {2, 2}, {6, 6}};  // b, a1, a2
  KONTOR_ASSERT_OK_AND_ASSIGN(const Reconciled shared,
                              Reconcile(tree, {&forecasts, nullptr, &past}, {Reconciliation::kTopDownHistory}));
  EXPECT_NEAR(shared.forecasts[2][0], 20, 1e-9);
  EXPECT_NEAR(shared.forecasts[1][0], 80, 1e-9);
}

TEST(Reconcile, SaysWhatIsMissing) {
  const Hierarchy shop = Crossed(2, 2);
  const NodeRows forecasts(shop.node_count(), {1, 2});
  const NodeRows few(shop.node_count(), {NAN, 1, -1});
  EXPECT_THAT(Reconcile(shop, {}, {}), StatusIs(kInvalid));
  EXPECT_THAT(Reconcile(shop, {&forecasts, nullptr, nullptr}, {}), StatusIs(kMissing));
  EXPECT_THAT(Reconcile(shop, {&forecasts, &few, nullptr}, {}), StatusIs(kMissing));
  EXPECT_THAT(Reconcile(shop, {&forecasts, nullptr, nullptr}, {Reconciliation::kTopDownForecasts}), StatusIs(kMissing));
  EXPECT_THAT(Reconcile(shop, {&forecasts, nullptr, nullptr}, {Reconciliation::kTopDownHistory}), StatusIs(kMissing));
  NodeRows broken = forecasts;
  broken[2][1] = NAN;
  EXPECT_THAT(Reconcile(shop, {&broken, nullptr, nullptr}, {Reconciliation::kOls}), StatusIs(kInvalid));
  broken.pop_back();
  EXPECT_THAT(Reconcile(shop, {&broken, nullptr, nullptr}, {Reconciliation::kOls}), StatusIs(kInvalid));
}

TEST(Reconcile, NodesWithoutErrorsAreSureAndNothingIsNan) {
  const Hierarchy shop = Crossed(2, 2);
  const NodeRows forecasts(shop.node_count(), {0, 0});
  const NodeRows zeros(shop.node_count(), std::vector<double>(5));
  for (const Reconciliation method : {Reconciliation::kWlsVariance, Reconciliation::kMinTraceShrinkage}) {
    KONTOR_ASSERT_OK_AND_ASSIGN(const Reconciled found, Reconcile(shop, {&forecasts, &zeros, nullptr}, {method}));
    for (const std::vector<double>& row : found.forecasts) EXPECT_THAT(row, ElementsAre(0, 0));
    for (const double ratio : found.variance_ratio) EXPECT_TRUE(std::isfinite(ratio));
  }
}

TEST(Reconcile, LargeHierarchiesAreCoherentAndStayWhatTheyAre) {
  const Hierarchy large = Crossed(300, 20);
  ASSERT_GT(large.bottom_count(), kDenseBottoms);
  base::Random random(5);
  const NodeRows forecasts = RandomRows(large.node_count(), 1, 3, random);
  const NodeRows residuals = RandomRows(large.node_count(), 15, 0, random);
  for (const Reconciliation method : {Reconciliation::kWlsStructural, Reconciliation::kMinTraceShrinkage}) {
    KONTOR_ASSERT_OK_AND_ASSIGN(const Reconciled found,
                                Reconcile(large, {&forecasts, &residuals, nullptr}, {method, true}));
    EXPECT_LT(large.Incoherence(found.forecasts), 1e-9);
    for (const int node : large.bottom_nodes()) EXPECT_GE(found.forecasts[node][0], 0);
    // Coherent forecasts are what they were already.
    KONTOR_ASSERT_OK_AND_ASSIGN(const Reconciled again,
                                Reconcile(large, {&found.forecasts, &residuals, nullptr}, {method, true}));
    for (int i = 0; i < large.node_count(); ++i) {
      EXPECT_THAT(again.forecasts[i][0], DoubleNear(found.forecasts[i][0], 1e-6 * (1 + found.forecasts[i][0])));
    }
  }
}

TEST(ReconciledQuantiles, MoveAndShrinkAndStayOrdered) {
  const NodeRows found =
      ReconciledQuantiles({{6, 10, 18}}, std::vector<double>{10}, std::vector<double>{4}, 0.25, true);
  EXPECT_THAT(found, ElementsAre(ElementsAre(2, 4, 8)));
  const NodeRows floored = ReconciledQuantiles({{6, 10, 18}}, std::vector<double>{10}, std::vector<double>{1}, 1, true);
  EXPECT_THAT(floored, ElementsAre(ElementsAre(0, 1, 9)));
}

}  // namespace
}  // namespace kontor::forecasting
