#include "libs/domain/forecasting/hierarchy.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::forecasting {

// Checks in the order in which they make sense: names, then edges, then what they add up to.
class HierarchyBuilder {
 public:
  explicit HierarchyBuilder(std::vector<HierarchyNode> nodes) { result_.nodes_ = std::move(nodes); }

  absl::StatusOr<Hierarchy> Build() {
    if (result_.nodes_.empty()) violations_.Add("nodes", "EMPTY", "a hierarchy needs at least one node");
    IndexNames();
    LinkParents();
    FindCycles();
    CheckBottoms();
    RETURN_IF_ERROR(violations_.ToStatus());
    CollectBottoms();
    return std::move(result_);
  }

 private:
  std::string Field(size_t node, absl::string_view part) const { return absl::StrCat("nodes[", node, "].", part); }

  void IndexNames() {
    for (size_t i = 0; i < result_.nodes_.size(); ++i) {
      const std::string& name = result_.nodes_[i].name;
      if (name.empty()) {
        violations_.Add(Field(i, "name"), "EMPTY_NAME", "every node needs a name");
      } else if (!result_.by_name_.emplace(name, static_cast<int>(i)).second) {
        violations_.Add(Field(i, "name"), "DUPLICATE_NAME", absl::StrCat("there is another node named ", name));
      }
    }
  }

  void LinkParents() {
    const size_t count = result_.nodes_.size();
    result_.parents_.resize(count);
    result_.children_.resize(count);
    for (size_t i = 0; i < count; ++i) {
      std::vector<int>& parents = result_.parents_[i];
      for (const std::string& name : result_.nodes_[i].parents) {
        const auto found = result_.by_name_.find(name);
        if (found == result_.by_name_.end()) {
          violations_.Add(Field(i, "parents"), "ORPHAN",
                          absl::StrCat(result_.nodes_[i].name, " stands below ", name, ", which does not exist"));
        } else {
          parents.push_back(found->second);
        }
      }
      std::sort(parents.begin(), parents.end());
      parents.erase(std::unique(parents.begin(), parents.end()), parents.end());
      for (const int parent : parents) result_.children_[parent].push_back(static_cast<int>(i));
    }
  }

  // Takes nodes away whose children are all gone; what stays is on a cycle or above one.
  void FindCycles() {
    const size_t count = result_.nodes_.size();
    std::vector<size_t> open(count);
    for (size_t i = 0; i < count; ++i) {
      open[i] = result_.children_[i].size();
      if (open[i] == 0) upward_.push_back(static_cast<int>(i));
    }
    for (size_t done = 0; done < upward_.size(); ++done) {
      for (const int parent : result_.parents_[upward_[done]]) {
        if (--open[parent] == 0) upward_.push_back(parent);
      }
    }
    if (upward_.size() == count) return;
    std::vector<bool> left(count);
    for (size_t i = 0; i < count; ++i) left[i] = open[i] > 0;
    KeepCycles(left);
    for (size_t i = 0; i < count; ++i) {
      if (left[i]) {
        violations_.Add(Field(i, "parents"), "CYCLE", absl::StrCat(result_.nodes_[i].name, " is its own ancestor"));
      }
    }
  }

  // From what is on a cycle or above one, drops what is only above: nodes that have no parent left, again and again.
  void KeepCycles(std::vector<bool>& left) {
    std::vector<int> free;
    std::vector<int> open(left.size());
    for (size_t i = 0; i < left.size(); ++i) {
      for (const int parent : result_.parents_[i]) open[i] += left[parent] ? 1 : 0;
      if (left[i] && open[i] == 0) free.push_back(static_cast<int>(i));
    }
    for (size_t done = 0; done < free.size(); ++done) {
      left[free[done]] = false;
      for (const int child : result_.children_[free[done]]) {
        if (left[child] && --open[child] == 0) free.push_back(child);
      }
    }
  }

  void CheckBottoms() {
    for (size_t i = 0; i < result_.nodes_.size(); ++i) {
      const HierarchyNode& node = result_.nodes_[i];
      if (node.bottom && !result_.children_[i].empty()) {
        violations_.Add(Field(i, "bottom"), "BOTTOM_WITH_CHILDREN",
                        absl::StrCat(node.name, " is a bottom and cannot be the parent of another node"));
      }
      if (!node.bottom && result_.children_[i].empty()) {
        violations_.Add(Field(i, "bottom"), "NO_BOTTOMS", absl::StrCat("there is no bottom below ", node.name));
      }
    }
  }

  void CollectBottoms() {
    const size_t count = result_.nodes_.size();
    std::vector<std::vector<int>> sets(count);
    for (size_t i = 0; i < count; ++i) {
      if (!result_.nodes_[i].bottom) continue;
      sets[i] = {static_cast<int>(result_.bottom_nodes_.size())};
      result_.bottom_nodes_.push_back(static_cast<int>(i));
    }
    for (const int node : upward_) {
      std::vector<int>& set = sets[node];
      for (const int child : result_.children_[node]) set.insert(set.end(), sets[child].begin(), sets[child].end());
      std::sort(set.begin(), set.end());
      set.erase(std::unique(set.begin(), set.end()), set.end());
    }
    result_.offsets_.reserve(count + 1);
    result_.offsets_.push_back(0);
    for (std::vector<int>& set : sets) {
      result_.columns_.insert(result_.columns_.end(), set.begin(), set.end());
      result_.offsets_.push_back(result_.columns_.size());
      set = {};
    }
  }

  Hierarchy result_;
  base::Violations violations_;
  std::vector<int> upward_;  // children before their parents
};

absl::StatusOr<Hierarchy> Hierarchy::Make(std::vector<HierarchyNode> nodes) {
  return HierarchyBuilder(std::move(nodes)).Build();
}

absl::StatusOr<int> Hierarchy::Find(absl::string_view name) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return absl::NotFoundError(absl::StrCat("the hierarchy has no node ", name));
  return found->second;
}

NodeRows Hierarchy::Aggregate(absl::Span<const std::vector<double>> bottoms) const {
  const size_t steps = bottoms.empty() ? 0 : bottoms.front().size();
  NodeRows rows(nodes_.size(), std::vector<double>(steps));
  for (size_t i = 0; i < rows.size(); ++i) {
    for (const int column : this->bottoms(static_cast<int>(i))) {
      for (size_t t = 0; t < steps; ++t) rows[i][t] += bottoms[column][t];
    }
  }
  return rows;
}

double Hierarchy::Incoherence(absl::Span<const std::vector<double>> rows) const {
  double largest = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t t = 0; t < rows[i].size(); ++t) {
      double sum = 0;
      for (const int column : bottoms(static_cast<int>(i))) sum += rows[bottom_nodes_[column]][t];
      largest = std::max(largest, std::abs(rows[i][t] - sum) / std::max(1.0, std::abs(rows[i][t])));
    }
  }
  return largest;
}

std::vector<HierarchyNode> GroupedNodes(absl::string_view total, absl::Span<const std::string> bottoms,
                                        absl::Span<const NamedGrouping> groupings) {
  std::vector<HierarchyNode> nodes = {{std::string(total), {}, false}};
  std::vector<std::vector<std::string>> parents(bottoms.size());
  for (const NamedGrouping& grouping : groupings) {
    absl::flat_hash_set<std::string> seen;
    for (size_t b = 0; b < bottoms.size(); ++b) {
      std::string name = absl::StrCat(grouping.name, "/", grouping.groups[b]);
      if (seen.insert(name).second) nodes.push_back({name, {std::string(total)}, false});
      parents[b].push_back(std::move(name));
    }
  }
  for (size_t b = 0; b < bottoms.size(); ++b) {
    if (groupings.empty()) parents[b] = {std::string(total)};
    nodes.push_back({bottoms[b], std::move(parents[b]), true});
  }
  return nodes;
}

}  // namespace kontor::forecasting
