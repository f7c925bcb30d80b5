#include "bench/search_titles.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "libs/base/status.h"

namespace kontor::bench {

std::string FirstWord(const std::string& title) {
  const absl::string_view text = absl::StripLeadingAsciiWhitespace(title);
  return absl::AsciiStrToLower(text.substr(0, text.find_first_of(" \t\n")));
}

absl::StatusOr<IndexedTitles> IndexTitles(const SearchData& data, const text::AnalyzerOptions& options, bool brands) {
  IndexedTitles titles;
  ASSIGN_OR_RETURN(titles.analyzer, text::Analyzer::Create(options));
  titles.index = std::make_unique<search::Index>(*titles.analyzer);
  std::vector<search::Upsertion> batch;
  for (const search::Product& product : data.products) {
    batch.push_back({product, search::LiveValues()});
    if (brands) batch.back().product.brand = FirstWord(product.title);
  }
  RETURN_IF_ERROR(titles.index->Upsert(batch));
  titles.index->Commit();
  titles.index->MergeAll();
  titles.view = titles.index->View();
  return titles;
}

std::vector<std::string> SampleQueries(const SearchData& data, size_t most) {
  const size_t count = std::min(most, data.queries.size());
  std::vector<std::string> queries;
  for (size_t i = 0; i < count; ++i) queries.push_back(data.queries[i * data.queries.size() / count].query);
  return queries;
}

}  // namespace kontor::bench
