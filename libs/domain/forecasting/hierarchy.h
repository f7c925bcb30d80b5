#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace kontor::forecasting {

// One series of a hierarchy. A node may have several parents, so that groupings cross: a product of a store stands
// below its category and below its store. A bottom is a series that is not a sum of others.
struct HierarchyNode {
  std::string name;
  std::vector<std::string> parents;  // none: a root; there may be several
  bool bottom = false;
};

// For every bottom the name of its group.
using Grouping = std::vector<std::string>;

// A row of numbers for every node, in the order of nodes; all of one length.
using NodeRows = std::vector<std::vector<double>>;

// Which bottoms each node is the sum of. A bottom that is reached over several ways is counted once. Immutable,
// thread-safe. Memory: one number for each node and bottom below it.
class Hierarchy {
 public:
  // INVALID_ARGUMENT with every violation at once: no nodes, an empty name, a name twice (DUPLICATE_NAME), a parent
  // that does not exist (ORPHAN), nodes that are their own ancestors (CYCLE), a node that is no bottom and has none
  // below (NO_BOTTOMS), a bottom that is someone's parent (BOTTOM_WITH_CHILDREN).
  static absl::StatusOr<Hierarchy> Make(std::vector<HierarchyNode> nodes);

  int node_count() const { return static_cast<int>(nodes_.size()); }
  int bottom_count() const { return static_cast<int>(bottom_nodes_.size()); }
  const HierarchyNode& node(int node) const { return nodes_[node]; }
  absl::StatusOr<int> Find(absl::string_view name) const;  // NOT_FOUND
  // The nodes that are bottoms, in the order of nodes; a bottom's place here is its column in the summing matrix.
  absl::Span<const int> bottom_nodes() const { return bottom_nodes_; }
  // One row of the summing matrix: the columns of the bottoms that the node sums, ascending. A bottom has its own.
  absl::Span<const int> bottoms(int node) const {
    return absl::MakeConstSpan(columns_).subspan(offsets_[node], offsets_[node + 1] - offsets_[node]);
  }
  // Parents and children of each node, by their index, ascending.
  absl::Span<const int> parents(int node) const { return parents_[node]; }
  absl::Span<const int> children(int node) const { return children_[node]; }

  // From one row for each bottom (in the order of columns) to one for each node. Exact sums in the order of columns.
  NodeRows Aggregate(absl::Span<const std::vector<double>> bottoms) const;
  // The largest |node - sum of its bottoms| of all, relative to max(1, |node|).
  double Incoherence(absl::Span<const std::vector<double>> rows) const;

 private:
  Hierarchy() = default;
  friend class HierarchyBuilder;

  std::vector<HierarchyNode> nodes_;
  std::vector<std::vector<int>> parents_, children_;
  std::vector<int> bottom_nodes_, columns_;
  std::vector<size_t> offsets_;
  absl::flat_hash_map<std::string, int> by_name_;
};

// Nodes for bottoms that are grouped in several ways: `total`, then the groups of each grouping in order of first
// appearance, then the bottoms. A group's name is "grouping/group"; groups stand below the total, bottoms below their
// group of each grouping. For nested groups make one grouping a level.
struct NamedGrouping {
  std::string name;
  Grouping groups;  // one for each bottom
};
std::vector<HierarchyNode> GroupedNodes(absl::string_view total, absl::Span<const std::string> bottoms,
                                        absl::Span<const NamedGrouping> groupings);

}  // namespace kontor::forecasting
