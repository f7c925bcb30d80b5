#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/hierarchy.h"
#include "services/forecasting/demand_store.h"

namespace kontor::forecasting {

// Which of the dimensions, and its value.
using CellKey = std::vector<std::pair<size_t, std::string>>;

// Sales of all groups, in the order of the hierarchy's nodes: the top, groups, cells.
struct SeriesTree {
  Hierarchy hierarchy;
  std::vector<CellKey> keys;
  std::vector<DailySales> sales;
};

// Nested: a node for every prefix of the cells' values. Crossed: a node for every value of each dimension, and the
// cells. `cells` are not empty and of one number of values.
absl::StatusOr<SeriesTree> BuildTree(const std::map<std::vector<std::string>, DailySales>& cells, bool crossed);

}  // namespace kontor::forecasting
