#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "services/forecasting/market.h"
#include "services/forecasting/series_tree.h"

namespace kontor::forecasting {

// What the market does to the groups of a hierarchy: each group's own, as to a selection of just its sales.
// Thread-safe.
class TreeFactors {
 public:
  // `top` is what the hierarchy is of; borrows all but that.
  TreeFactors(const Market& market, Selection top, const SeriesTree& tree, absl::Span<const CellDimension> dimensions)
      : market_(market), top_(std::move(top)), tree_(tree), dimensions_(dimensions) {}

  // As Market::FactorsOf of the node's sales. None for what lacks a store, brand, category or country that it is
  // grouped by: no selection is just of that.
  std::vector<Factor> Of(size_t node, const Past& past, int horizon) const;
  // As Market::ExplainedDays; of the top where Of has none.
  std::vector<absl::CivilDay> ExplainedDays(size_t node, absl::CivilDay last) const;

 private:
  std::optional<Selection> SelectionOf(size_t node) const;

  const Market& market_;
  const Selection top_;
  const SeriesTree& tree_;
  const absl::Span<const CellDimension> dimensions_;
};

}  // namespace kontor::forecasting
