#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "libs/domain/search/activity.h"
#include "libs/domain/search/index_view.h"
#include "libs/domain/search/suggest.h"
#include "libs/domain/text/analyzer.h"
#include "services/search/shop_search.h"

// From an index and what people did to what stands beside the index.
namespace kontor::search {

// Queries that were asked and had results, by how often and how lately.
std::vector<SuggestionEntry> SuggestedQueries(const Activity& activity, int64_t now_us);

// What was clicked, put into carts and bought behind a query.
struct ClickedQuery {
  std::string query;
  std::vector<std::pair<std::string, double>> products;  // with weights
};
std::vector<ClickedQuery> ClickedQueries(const Activity& activity);

// Spelling, understanding and suggestions; about 20 us a product.
Companions BuildCompanions(const text::Analyzer& analyzer, const IndexView& view, std::vector<SuggestionEntry> asked,
                           const std::vector<ClickedQuery>& clicked);

}  // namespace kontor::search
