#include "libs/domain/forecasting/reconcile_tree.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/domain/forecasting/reconcile.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;

// A total, three groups of which one has two groups below it, and bottoms at several depths.
std::vector<HierarchyNode> Tree() {
  std::vector<HierarchyNode> nodes = {{"total", {}, false},
                                      {"a", {"total"}, false},
                                      {"b", {"total"}, false},
                                      {"a1", {"a"}, false},
                                      {"a2", {"a"}, false}};
  for (const char* parent : {"a1", "a1", "a1", "a2", "a2", "a", "b", "b", "total"}) {
    nodes.push_back({absl::StrCat("p", nodes.size()), {parent}, true});
  }
  return nodes;
}

TEST(ReconcileTree, IsTheLeastSquaresOfTheWholeTree) {
  base::Random random(4);
  KONTOR_ASSERT_OK_AND_ASSIGN(const Hierarchy tree, Hierarchy::Make(Tree()));
  for (int round = 0; round < 20; ++round) {
    NodeRows forecasts;
    std::vector<double> variances;
    for (int i = 0; i < tree.node_count(); ++i) {
      const auto bottoms = static_cast<double>(tree.bottoms(i).size());
      forecasts.push_back({100 * bottoms + 10 * random.Normal(), 50 * bottoms + 5 * random.Normal()});
      variances.push_back(0.5 + 20 * random.Uniform());
    }
    ReconcileInput input;
    input.forecasts = &forecasts;
    input.variances = variances;
    KONTOR_ASSERT_OK_AND_ASSIGN(const Reconciled whole,
                                Reconcile(tree, input, {.method = Reconciliation::kWlsVariance}));
    KONTOR_ASSERT_OK_AND_ASSIGN(const NodeRows rows, ReconcileTree(tree, forecasts, variances));
    for (int i = 0; i < tree.node_count(); ++i) {
      for (size_t step = 0; step < 2; ++step) {
        EXPECT_NEAR(rows[i][step], whole.forecasts[i][step], 1e-6) << round << " " << tree.node(i).name;
      }
    }
    EXPECT_LT(tree.Incoherence(rows), 1e-9);
  }
}

TEST(ReconcileTree, NothingIsBelowZeroAndAllAddsUp) {
  base::Random random(5);
  KONTOR_ASSERT_OK_AND_ASSIGN(const Hierarchy tree, Hierarchy::Make(Tree()));
  for (int round = 0; round < 50; ++round) {
    NodeRows forecasts;
    std::vector<double> variances;
    for (int i = 0; i < tree.node_count(); ++i) {
      forecasts.push_back({3 * random.Normal()});
      variances.push_back(random.Chance(0.2) ? 0 : 10 * random.Uniform());
    }
    KONTOR_ASSERT_OK_AND_ASSIGN(const NodeRows rows, ReconcileTree(tree, forecasts, variances));
    for (const std::vector<double>& row : rows) EXPECT_GE(row[0], 0);
    EXPECT_LT(tree.Incoherence(rows), 1e-9);
  }
}

TEST(ReconcileTree, RefusesWhatIsNoTreeOrNoNumber) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const Hierarchy crossed,
                              Hierarchy::Make({{"x", {}, false}, {"y", {}, false}, {"p", {"x", "y"}, true}}));
  EXPECT_THAT(ReconcileTree(crossed, {{1}, {1}, {1}}, {1, 1, 1}), StatusIs(absl::StatusCode::kFailedPrecondition));
  KONTOR_ASSERT_OK_AND_ASSIGN(const Hierarchy tree, Hierarchy::Make({{"x", {}, false}, {"p", {"x"}, true}}));
  EXPECT_THAT(ReconcileTree(tree, {{1}, {NAN}}, {1, 1}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReconcileTree(tree, {{1}, {1}}, {1, -1}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReconcileTree(tree, {{1}}, {1}), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace kontor::forecasting
