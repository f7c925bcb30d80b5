#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/search_data.h"
#include "libs/domain/search/index.h"

namespace kontor::bench {

// The products as they are, in one segment.
struct IndexedTitles {
  std::unique_ptr<text::Analyzer> analyzer;
  std::unique_ptr<search::Index> index;
  std::shared_ptr<const search::IndexView> view;
};

// `brands`: the first word of a title in lower case is its product's brand.
absl::StatusOr<IndexedTitles> IndexTitles(const SearchData& data, const text::AnalyzerOptions& options, bool brands);

std::string FirstWord(const std::string& title);

// So many of the queries, spread evenly over all.
std::vector<std::string> SampleQueries(const SearchData& data, size_t most);

}  // namespace kontor::bench
