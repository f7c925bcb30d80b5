#include "libs/domain/forecasting/reconcile.h"

#include <algorithm>
#include <cmath>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/intervals.h"
#include "libs/domain/forecasting/reconcile_least_squares.h"

namespace kontor::forecasting {
namespace {

constexpr Eigen::Index kLeastErrors = 3;

absl::Status CheckRows(const NodeRows& rows, size_t count, absl::string_view what) {
  if (rows.size() != count)
    return absl::InvalidArgumentError(absl::StrCat(what, ": one row is needed for each, in order"));
  const size_t steps = rows.front().size();
  for (size_t i = 0; i < rows.size(); ++i) {
    const bool finite = std::all_of(rows[i].begin(), rows[i].end(), [](double value) { return std::isfinite(value); });
    if (rows[i].size() != steps || steps == 0 || !finite) {
      return absl::InvalidArgumentError(absl::StrCat(what, ": row ", i, " is empty, of another length or not finite"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<int> OnlyRoot(const Hierarchy& hierarchy) {
  int root = -1;
  for (int i = 0; i < hierarchy.node_count(); ++i) {
    if (!hierarchy.parents(i).empty()) continue;
    if (root >= 0) return absl::FailedPreconditionError("top-down needs a hierarchy with one root");
    root = i;
  }
  return root;
}

// One row a bottom; each is `from` the forecasts of all nodes at one step.
using StepMap = absl::FunctionRef<absl::StatusOr<Eigen::VectorXd>(const Eigen::VectorXd&)>;

absl::StatusOr<NodeRows> MapSteps(const Hierarchy& hierarchy, const NodeRows& rows, StepMap map) {
  const size_t steps = rows.front().size();
  NodeRows bottoms(hierarchy.bottom_count(), std::vector<double>(steps));
  Eigen::VectorXd nodes(rows.size());
  for (size_t t = 0; t < steps; ++t) {
    for (size_t i = 0; i < rows.size(); ++i) nodes[i] = rows[i][t];
    ASSIGN_OR_RETURN(const Eigen::VectorXd mapped, map(nodes));
    for (Eigen::Index b = 0; b < mapped.size(); ++b) bottoms[b][t] = mapped[b];
  }
  return hierarchy.Aggregate(bottoms);
}

Eigen::VectorXd OwnBottoms(const Hierarchy& hierarchy, const Eigen::VectorXd& nodes) {
  Eigen::VectorXd bottoms(hierarchy.bottom_count());
  for (Eigen::Index b = 0; b < bottoms.size(); ++b) bottoms[b] = nodes[hierarchy.bottom_nodes()[b]];
  return bottoms;
}

// Shares each node's amount among its children by their forecasts, evenly where those add up to nothing.
Eigen::VectorXd ShareByForecasts(const Hierarchy& hierarchy, int root, const Eigen::VectorXd& nodes,
                                 bool non_negative) {
  Eigen::VectorXd amounts = nodes;
  if (non_negative) amounts = amounts.cwiseMax(0.0);
  const Eigen::VectorXd weights = amounts;
  std::vector<int> order = {root};
  for (size_t done = 0; done < order.size(); ++done) {
    const absl::Span<const int> children = hierarchy.children(order[done]);
    double sum = 0;
    for (const int child : children) sum += weights[child];
    for (const int child : children) {
      const double share = sum != 0 ? weights[child] / sum : 1.0 / static_cast<double>(children.size());
      amounts[child] = share * amounts[order[done]];
      order.push_back(child);
    }
  }
  return OwnBottoms(hierarchy, amounts);
}

absl::StatusOr<Reconciled> TopDown(const Hierarchy& hierarchy, const ReconcileInput& input,
                                   const ReconcileOptions& options) {
  ASSIGN_OR_RETURN(const int root, OnlyRoot(hierarchy));
  Eigen::VectorXd shares = Eigen::VectorXd::Zero(hierarchy.bottom_count());
  const bool by_history = options.method == Reconciliation::kTopDownHistory;
  if (by_history) {
    if (input.bottom_history == nullptr)
      return absl::FailedPreconditionError("top-down by history needs the bottoms' past");
    RETURN_IF_ERROR(CheckRows(*input.bottom_history, hierarchy.bottom_count(), "bottom history"));
    for (Eigen::Index b = 0; b < shares.size(); ++b) {
      for (const double value : (*input.bottom_history)[b]) shares[b] += value;
    }
    if (options.non_negative) shares = shares.cwiseMax(0.0);
    if (!(shares.sum() > 0)) return absl::FailedPreconditionError("top-down by history needs a past with sales");
    shares /= shares.sum();
  } else {
    for (int i = 0; i < hierarchy.node_count(); ++i) {
      if (hierarchy.parents(i).size() > 1) {
        return absl::FailedPreconditionError("top-down by forecasts needs a tree: a node has several parents");
      }
    }
  }
  Reconciled result;
  ASSIGN_OR_RETURN(
      result.forecasts, MapSteps(hierarchy, *input.forecasts, [&](const Eigen::VectorXd& nodes) {
        if (!by_history) {
          return absl::StatusOr<Eigen::VectorXd>(ShareByForecasts(hierarchy, root, nodes, options.non_negative));
        }
        const double amount = options.non_negative ? std::max(0.0, nodes[root]) : nodes[root];
        return absl::StatusOr<Eigen::VectorXd>(shares * amount);
      }));
  return result;
}

absl::StatusOr<ErrorPrecision> PrecisionOf(const Hierarchy& hierarchy, const ReconcileInput& input,
                                           Reconciliation method) {
  const int nodes = hierarchy.node_count();
  if (method == Reconciliation::kOls) return ErrorPrecision::Diagonal(Eigen::VectorXd::Ones(nodes));
  if (method == Reconciliation::kWlsStructural) {
    Eigen::VectorXd counts(nodes);
    for (int i = 0; i < nodes; ++i) counts[i] = static_cast<double>(hierarchy.bottoms(i).size());
    return ErrorPrecision::Diagonal(counts);
  }
  if (method == Reconciliation::kWlsVariance && input.residuals == nullptr && !input.variances.empty()) {
    NodeRows deviations;
    for (const double variance : input.variances) deviations.push_back({std::sqrt(variance)});
    return ErrorPrecision::Diagonal(ErrorVariances(deviations));
  }
  if (input.residuals == nullptr) return absl::FailedPreconditionError("this reconciliation needs residuals");
  const Eigen::VectorXd variances = ErrorVariances(*input.residuals);
  if (method == Reconciliation::kWlsVariance) return ErrorPrecision::Diagonal(variances);
  const Eigen::MatrixXd errors = CommonErrors(*input.residuals);
  if (errors.cols() < kLeastErrors) {
    return absl::FailedPreconditionError(
        "the errors' covariance needs at least 3 times at which all nodes have an error");
  }
  return ErrorPrecision::Shrunk(errors, variances);
}

// The mean square of residuals that are reconciled like forecasts, over theirs.
absl::StatusOr<std::vector<double>> RatiosOfResiduals(const Hierarchy& hierarchy, const NodeRows* residuals,
                                                      StepMap map) {
  std::vector<double> ratios(hierarchy.node_count(), 1);
  if (residuals == nullptr) return ratios;
  const Eigen::MatrixXd errors = CommonErrors(*residuals);
  if (errors.cols() < kLeastErrors) return ratios;
  Eigen::VectorXd squares = Eigen::VectorXd::Zero(errors.rows());
  for (Eigen::Index t = 0; t < errors.cols(); ++t) {
    ASSIGN_OR_RETURN(const Eigen::VectorXd bottoms, map(errors.col(t)));
    for (int i = 0; i < hierarchy.node_count(); ++i) {
      double sum = 0;
      for (const int b : hierarchy.bottoms(i)) sum += bottoms[b];
      squares[i] += sum * sum;
    }
  }
  for (size_t i = 0; i < ratios.size(); ++i) {
    const double before = errors.row(static_cast<Eigen::Index>(i)).squaredNorm();
    if (before > 0) ratios[i] = squares[static_cast<Eigen::Index>(i)] / before;
  }
  return ratios;
}

absl::StatusOr<Reconciled> BottomUp(const Hierarchy& hierarchy, const ReconcileInput& input, bool non_negative) {
  Reconciled result;
  ASSIGN_OR_RETURN(result.forecasts, MapSteps(hierarchy, *input.forecasts, [&](const Eigen::VectorXd& nodes) {
                     Eigen::VectorXd own = OwnBottoms(hierarchy, nodes);
                     return absl::StatusOr<Eigen::VectorXd>(non_negative ? Eigen::VectorXd(own.cwiseMax(0.0)) : own);
                   }));
  ASSIGN_OR_RETURN(result.variance_ratio,
                   RatiosOfResiduals(hierarchy, input.residuals, [&](const Eigen::VectorXd& errors) {
                     return absl::StatusOr<Eigen::VectorXd>(OwnBottoms(hierarchy, errors));
                   }));
  return result;
}

absl::StatusOr<Reconciled> LeastSquares(const Hierarchy& hierarchy, const ReconcileInput& input,
                                        const ReconcileOptions& options) {
  ASSIGN_OR_RETURN(ErrorPrecision precision, PrecisionOf(hierarchy, input, options.method));
  Reconciled result;
  result.shrinkage = precision.shrinkage();
  const ReconciliationSolver solver(hierarchy, std::move(precision));
  ASSIGN_OR_RETURN(result.forecasts, MapSteps(hierarchy, *input.forecasts, [&](const Eigen::VectorXd& nodes) {
                     return solver.Solve(nodes, options.non_negative);
                   }));
  if (!solver.dense()) return result;
  if (options.method == Reconciliation::kMinTraceShrinkage) {
    result.variance_ratio = solver.VarianceRatios();
    return result;
  }
  ASSIGN_OR_RETURN(result.variance_ratio,
                   RatiosOfResiduals(hierarchy, input.residuals,
                                     [&](const Eigen::VectorXd& errors) { return solver.Solve(errors, false); }));
  return result;
}

absl::StatusOr<Reconciled> ReconcileBy(const Hierarchy& hierarchy, const ReconcileInput& input,
                                       const ReconcileOptions& options) {
  if (options.method == Reconciliation::kBottomUp) return BottomUp(hierarchy, input, options.non_negative);
  const bool top_down =
      options.method == Reconciliation::kTopDownHistory || options.method == Reconciliation::kTopDownForecasts;
  return top_down ? TopDown(hierarchy, input, options) : LeastSquares(hierarchy, input, options);
}

}  // namespace

absl::StatusOr<Reconciled> Reconcile(const Hierarchy& hierarchy, const ReconcileInput& input,
                                     const ReconcileOptions& options) {
  if (input.forecasts == nullptr) return absl::InvalidArgumentError("there are no forecasts to reconcile");
  RETURN_IF_ERROR(CheckRows(*input.forecasts, hierarchy.node_count(), "forecasts"));
  if (input.residuals != nullptr && input.residuals->size() != input.forecasts->size()) {
    return absl::InvalidArgumentError("residuals: one row is needed for each node, in order");
  }
  const auto is_variance = [](double variance) { return std::isfinite(variance) && variance >= 0; };
  if (!input.variances.empty() && (input.variances.size() != input.forecasts->size() ||
                                   !std::all_of(input.variances.begin(), input.variances.end(), is_variance))) {
    return absl::InvalidArgumentError("variances: one is needed for each node, in order, none below 0");
  }
  ASSIGN_OR_RETURN(Reconciled result, ReconcileBy(hierarchy, input, options));
  if (result.variance_ratio.empty()) result.variance_ratio.assign(hierarchy.node_count(), 1);
  return result;
}

NodeRows ReconciledQuantiles(const NodeRows& quantiles, absl::Span<const double> before, absl::Span<const double> after,
                             double variance_ratio, bool floor_at_zero) {
  NodeRows result = quantiles;
  const double stretch = std::sqrt(variance_ratio);
  for (size_t t = 0; t < result.size(); ++t) {
    for (double& value : result[t]) value = after[t] + stretch * (value - before[t]);
    MakeMonotone(result[t], floor_at_zero);
  }
  return result;
}

}  // namespace kontor::forecasting
