#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/hierarchy.h"

// Forecasts of all nodes made to add up. With S the summing matrix and y the forecasts of all nodes, the reconciled
// ones are S b; least squares chooses b = argmin (y - S b)' W^-1 (y - S b).
namespace kontor::forecasting {

enum class Reconciliation {
  kBottomUp,           // b: the bottoms' own forecasts
  kTopDownHistory,     // one root's forecast, shared by proportions of the averages (Gross and Sohl 1990, method F)
  kTopDownForecasts,   // from the root down, shared by the children's forecasts (Athanasopoulos et al. 2009); a tree
  kOls,                // W = I (Hyndman et al. 2011)
  kWlsStructural,      // W = the number of bottoms of each node (Athanasopoulos et al. 2017)
  kWlsVariance,        // W = the variance of each node's errors (Hyndman et al. 2016)
  kMinTraceShrinkage,  // W = the errors' covariance, shrunk to its diagonal (Wickramasuriya et al. 2019); the shrinkage
                       // as Schäfer and Strimmer 2005 estimate it
};

struct ReconcileOptions {
  Reconciliation method = Reconciliation::kMinTraceShrinkage;
  bool non_negative = true;  // b >= 0, by the same least squares (Wickramasuriya, Turlach, Hyndman 2020)
};

struct ReconcileInput {
  const NodeRows* forecasts = nullptr;  // of every node, one value a step
  // In-sample one-step errors of every node, aligned at the end, NaN where there is none; rows may differ in length.
  // kMinTraceShrinkage needs them, kWlsVariance them or variances.
  const NodeRows* residuals = nullptr;
  // Past of every bottom (a row for each column); kTopDownHistory needs it.
  const NodeRows* bottom_history = nullptr;
  // Of every node's errors, at least 0: what kWlsVariance weighs by where there are no residuals; may be empty.
  std::vector<double> variances;
};

struct Reconciled {
  NodeRows forecasts;  // coherent: each node is the sum of its bottoms; no bottom below 0 where asked
  // Of each node, the variance of the reconciled error over that of the error before: for bottom-up and least squares
  // with a diagonal W the mean square of the residuals reconciled alike over theirs, for the full W that of its own
  // theory. 1 where it cannot be told or would cost too much: without residuals that all nodes have, top-down, and
  // least squares on more than kDenseBottoms bottoms.
  std::vector<double> variance_ratio;
  double shrinkage = 0;  // of kMinTraceShrinkage, 1e-4 (so that W has an inverse) to 1
};

// Up to so many bottoms equations are solved by a dense factorisation; above by conjugate gradients with a diagonal
// preconditioner, in memory linear in the summing matrix and the residuals.
inline constexpr int kDenseBottoms = 1000;

// INVALID_ARGUMENT: rows missing, of unequal length or not finite, no step. FAILED_PRECONDITION: what the method needs
// is missing (residuals, a history with sales, one root, a tree), or fewer than 3 errors that all nodes have for
// kMinTraceShrinkage. Deterministic.
absl::StatusOr<Reconciled> Reconcile(const Hierarchy& hierarchy, const ReconcileInput& input,
                                     const ReconcileOptions& options);

// Quantiles (or interval bounds) of one node after reconciliation: the distances from the forecast before, times the
// root of the variance ratio, around the reconciled forecast. Rows are steps, ascending in each; `floor_at_zero` lifts
// negative ones to 0.
NodeRows ReconciledQuantiles(const NodeRows& quantiles, absl::Span<const double> before, absl::Span<const double> after,
                             double variance_ratio, bool floor_at_zero);

}  // namespace kontor::forecasting
