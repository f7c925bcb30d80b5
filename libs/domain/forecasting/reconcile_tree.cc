#include "libs/domain/forecasting/reconcile_tree.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

absl::Status Check(const Hierarchy& hierarchy, const NodeRows& forecasts, absl::Span<const double> variances) {
  const auto nodes = static_cast<size_t>(hierarchy.node_count());
  if (forecasts.size() != nodes || variances.size() != nodes) {
    return absl::InvalidArgumentError("forecasts and variances: one row is needed for each node, in order");
  }
  for (size_t i = 0; i < nodes; ++i) {
    if (!std::isfinite(variances[i]) || variances[i] < 0 || forecasts[i].size() != forecasts[0].size() ||
        !std::all_of(forecasts[i].begin(), forecasts[i].end(), [](double value) { return std::isfinite(value); })) {
      return absl::InvalidArgumentError(
          "forecasts and variances must be finite and of one length, variances not below 0");
    }
    if (hierarchy.parents(static_cast<int>(i)).size() > 1) {
      return absl::FailedPreconditionError("a node has several parents: this is no tree");
    }
  }
  return absl::OkStatus();
}

std::vector<double> Lifted(absl::Span<const double> variances) {
  constexpr double kLeastShare = 1e-3;
  double least = std::numeric_limits<double>::infinity();
  for (const double variance : variances) {
    if (variance > 0) least = std::min(least, variance);
  }
  const double floor = std::isfinite(least) ? least * kLeastShare : 1;
  std::vector<double> out(variances.begin(), variances.end());
  for (double& variance : out) variance = std::max(variance, floor);
  return out;
}

// Parents before their children.
std::vector<int> Order(const Hierarchy& hierarchy) {
  std::vector<int> order;
  for (int i = 0; i < hierarchy.node_count(); ++i) {
    if (hierarchy.parents(i).empty()) order.push_back(i);
  }
  for (size_t done = 0; done < order.size(); ++done) {
    for (const int child : hierarchy.children(order[done])) order.push_back(child);
  }
  return order;
}

class TreeSolver {
 public:
  TreeSolver(const Hierarchy& hierarchy, absl::Span<const double> variances)
      : hierarchy_(hierarchy), order_(Order(hierarchy)), own_(Lifted(variances)), below_(own_) {
    for (auto node = order_.rbegin(); node != order_.rend(); ++node) {
      const auto children = hierarchy_.children(*node);
      if (children.empty()) continue;
      double sum = 0;
      for (const int child : children) sum += below_[child];
      below_[*node] = 1 / (1 / own_[*node] + 1 / sum);
    }
  }

  // Forecasts of one step become coherent.
  void Solve(std::vector<double>& values) const {
    for (auto node = order_.rbegin(); node != order_.rend(); ++node) {
      const auto children = hierarchy_.children(*node);
      if (children.empty()) continue;
      double sum = 0, variance = 0;
      for (const int child : children) {
        sum += values[child];
        variance += below_[child];
      }
      values[*node] = below_[*node] * (values[*node] / own_[*node] + sum / variance);
    }
    for (const int node : order_) {
      if (hierarchy_.parents(node).empty()) values[node] = std::max(0.0, values[node]);
      Share(hierarchy_.children(node), values[node], values);
    }
  }

 private:
  // Moves the children by their variances so that they add up to `total`, which is not below 0, and none is below 0.
  void Share(absl::Span<const int> children, double total, std::vector<double>& values) const {
    std::vector<int> open(children.begin(), children.end());
    while (!open.empty()) {
      double sum = 0, variance = 0;
      for (const int child : open) {
        sum += values[child];
        variance += below_[child];
      }
      const double missing = total - sum;
      const auto negative = [&](int child) { return values[child] + missing * below_[child] / variance < 0; };
      const auto rest = std::partition(open.begin(), open.end(), [&](int child) { return !negative(child); });
      if (rest == open.end()) {
        for (const int child : open) values[child] += missing * below_[child] / variance;
        return;
      }
      for (auto child = rest; child != open.end(); ++child) values[*child] = 0;
      open.erase(rest, open.end());
    }
  }

  const Hierarchy& hierarchy_;
  const std::vector<int> order_;
  const std::vector<double> own_;  // variances of forecasts
  std::vector<double> below_;      // of what a node's forecast and those below it tell of it
};

}  // namespace

absl::StatusOr<NodeRows> ReconcileTree(const Hierarchy& hierarchy, const NodeRows& forecasts,
                                       absl::Span<const double> variances) {
  RETURN_IF_ERROR(Check(hierarchy, forecasts, variances));
  const TreeSolver solver(hierarchy, variances);
  NodeRows out = forecasts;
  std::vector<double> values(forecasts.size());
  for (size_t step = 0; step < forecasts[0].size(); ++step) {
    for (size_t i = 0; i < values.size(); ++i) values[i] = forecasts[i][step];
    solver.Solve(values);
    for (size_t i = 0; i < values.size(); ++i) out[i][step] = values[i];
  }
  return out;
}

}  // namespace kontor::forecasting
