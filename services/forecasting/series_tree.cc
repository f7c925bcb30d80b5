#include "services/forecasting/series_tree.h"

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

std::string NameOf(const CellKey& key) {
  std::string name = "top";
  for (const auto& [dimension, value] : key) absl::StrAppend(&name, "\x1e", dimension, "\x1f", value);
  return name;
}

// The groups right above a cell that are not the top, each with those above it.
std::vector<std::vector<CellKey>> ChainsOf(const std::vector<std::string>& values, bool crossed) {
  std::vector<std::vector<CellKey>> chains;
  if (values.size() == 1) return {{}};
  if (crossed) {
    for (size_t d = 0; d < values.size(); ++d) chains.push_back({{{d, values[d]}}});
    return chains;
  }
  std::vector<CellKey>& chain = chains.emplace_back();
  CellKey key;
  for (size_t d = 0; d + 1 < values.size(); ++d) {
    key.emplace_back(d, values[d]);
    chain.push_back(key);
  }
  return chains;
}

void Add(const DailySales& sales, DailySales& sum) {
  for (const auto& [day, sold] : sales) {
    sum[day].units += sold.units;
    sum[day].amount += sold.amount;
  }
}

}  // namespace

absl::StatusOr<SeriesTree> BuildTree(const std::map<std::vector<std::string>, DailySales>& cells, bool crossed) {
  std::vector<HierarchyNode> nodes = {{NameOf({}), {}, false}}, bottoms;
  std::vector<CellKey> keys = {{}}, bottom_keys;
  std::vector<DailySales> sums(1), bottom_sales;
  std::map<std::string, size_t> places = {{NameOf({}), 0}};
  for (const auto& [values, sales] : cells) {
    CellKey whole;
    for (size_t d = 0; d < values.size(); ++d) whole.emplace_back(d, values[d]);
    HierarchyNode& bottom = bottoms.emplace_back(HierarchyNode{NameOf(whole), {}, true});
    Add(sales, sums[0]);
    for (const std::vector<CellKey>& chain : ChainsOf(values, crossed)) {
      std::string above = nodes[0].name;
      for (const CellKey& key : chain) {
        const std::string name = NameOf(key);
        const auto [place, fresh] = places.try_emplace(name, nodes.size());
        if (fresh) {
          nodes.push_back({name, {above}, false});
          keys.push_back(key);
          sums.emplace_back();
        }
        Add(sales, sums[place->second]);
        above = name;
      }
      bottom.parents.push_back(std::move(above));
    }
    bottom_keys.push_back(std::move(whole));
    bottom_sales.push_back(sales);
  }
  nodes.insert(nodes.end(), bottoms.begin(), bottoms.end());
  keys.insert(keys.end(), bottom_keys.begin(), bottom_keys.end());
  sums.insert(sums.end(), bottom_sales.begin(), bottom_sales.end());
  ASSIGN_OR_RETURN(Hierarchy hierarchy, Hierarchy::Make(std::move(nodes)));
  return SeriesTree{std::move(hierarchy), std::move(keys), std::move(sums)};
}

}  // namespace kontor::forecasting
