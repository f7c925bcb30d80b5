#include "services/forecasting/tree_factors.h"

#include <string>

#include "absl/strings/str_split.h"

namespace kontor::forecasting {

std::optional<Selection> TreeFactors::SelectionOf(size_t node) const {
  Selection selection = top_;
  for (const auto& [dimension, value] : tree_.keys[node]) {
    if (value.empty()) return std::nullopt;
    switch (dimensions_[dimension]) {
      case CellDimension::kCountry:
        selection.country = value;
        break;
      case CellDimension::kStore:
        selection.store = value;
        break;
      case CellDimension::kBrand:
        selection.brand = value;
        break;
      case CellDimension::kCategory: {
        // The selection's own path may be the deeper one.
        std::vector<std::string> path = absl::StrSplit(value, kPathSeparator);
        if (path.size() > selection.category.size()) selection.category = std::move(path);
        break;
      }
      case CellDimension::kProduct:
        selection.products = {value};
        break;
    }
  }
  return selection;
}

std::vector<Factor> TreeFactors::Of(size_t node, const Past& past, int horizon) const {
  const std::optional<Selection> selection = SelectionOf(node);
  return selection.has_value() ? market_.FactorsOf(*selection, past, horizon) : std::vector<Factor>();
}

std::vector<absl::CivilDay> TreeFactors::ExplainedDays(size_t node, absl::CivilDay last) const {
  return market_.ExplainedDays(SelectionOf(node).value_or(top_), last);
}

}  // namespace kontor::forecasting
