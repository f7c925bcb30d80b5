#include "bench/search_data.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/csv.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"

namespace kontor::bench {
namespace {

// Places of the columns of a file: by one of their names, otherwise `otherwise`.
size_t ColumnOf(const std::vector<std::string>& header, std::initializer_list<absl::string_view> names,
                size_t otherwise) {
  for (size_t i = 0; i < header.size(); ++i) {
    if (std::find(names.begin(), names.end(), header[i]) != names.end()) return i;
  }
  return otherwise;
}

constexpr size_t kAbsent = ~size_t{0};

absl::StatusOr<std::vector<std::string>> Header(base::CsvReader& reader, const std::string& path) {
  if (!reader.Next()) return absl::InvalidArgumentError(absl::StrCat(path, " is empty"));
  return std::vector<std::string>(reader.fields().begin(), reader.fields().end());
}

absl::Status BadRow(const std::string& path, int64_t line, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ":", line, ": ", what));
}

using Places = absl::flat_hash_map<std::string, uint32_t>;

absl::Status ReadProducts(const std::string& path, SearchData& data, Places& places) {
  ASSIGN_OR_RETURN(base::CsvReader reader, base::CsvReader::Open(path));
  ASSIGN_OR_RETURN(const std::vector<std::string> header, Header(reader, path));
  const size_t id = ColumnOf(header, {"id", "product_id", "product_uid"}, 0);
  const size_t title = ColumnOf(header, {"title", "product_title", "product_name"}, 1);
  const size_t brand = ColumnOf(header, {"brand"}, kAbsent);
  const size_t category = ColumnOf(header, {"category", "category_path", "category hierarchy"}, kAbsent);
  const size_t description = ColumnOf(header, {"description", "product_description"}, kAbsent);
  while (reader.Next()) {
    const auto& fields = reader.fields();
    const auto at = [&](size_t i) { return i < fields.size() ? std::string(fields[i]) : std::string(); };
    if (!reader.row_error().empty()) return BadRow(path, reader.line(), reader.row_error());
    search::Product product;
    product.id = at(id);
    product.title = at(title);
    product.brand = at(brand);
    product.description = at(description);
    if (const std::string text = at(category); !text.empty()) {
      for (const absl::string_view level : absl::StrSplit(text, '/', absl::SkipWhitespace())) {
        product.category_path.emplace_back(absl::StripAsciiWhitespace(level));
      }
    }
    if (product.id.empty()) return BadRow(path, reader.line(), "there is no id");
    if (!places.emplace(product.id, data.products.size()).second) {
      return BadRow(path, reader.line(), absl::StrCat("the product ", product.id, " stands twice"));
    }
    data.products.push_back(std::move(product));
  }
  return absl::OkStatus();
}

absl::Status ReadJudgements(const SearchFiles& files, const Places& places, SearchData& data) {
  const std::string& path = files.judgements;
  ASSIGN_OR_RETURN(base::CsvReader reader, base::CsvReader::Open(path));
  ASSIGN_OR_RETURN(const std::vector<std::string> header, Header(reader, path));
  const size_t id = ColumnOf(header, {"id", "product_id", "product_uid"}, 0);
  const size_t query = ColumnOf(header, {"query", "search_term"}, 1);
  const size_t grade = ColumnOf(header, {"grade", "relevance"}, 2);
  absl::flat_hash_map<std::string, size_t> queries;
  while (reader.Next()) {
    const auto& fields = reader.fields();
    double value = 0;
    if (fields.size() <= std::max({id, query, grade}) || !absl::SimpleAtod(fields[grade], &value)) {
      return BadRow(path, reader.line(), "give product, query and a number");
    }
    const auto product = places.find(fields[id]);
    if (product == places.end()) return BadRow(path, reader.line(), "the product is not in the product file");
    const auto [at, fresh] = queries.try_emplace(std::string(fields[query]), data.queries.size());
    if (fresh) data.queries.push_back({at->first, {}});
    auto& judgements = data.queries[at->second].judgements;
    const float gain = static_cast<float>(std::max(0.0, value - files.grade_offset));
    const auto known = std::find_if(judgements.begin(), judgements.end(),
                                    [&](const auto& judged) { return judged.document == product->second; });
    if (known == judgements.end()) {
      judgements.push_back({product->second, gain});
    } else {
      known->gain = gain;  // the last of a product counts
    }
  }
  return absl::OkStatus();
}

}  // namespace

SearchFiles DefaultSearchFiles() {
  const char* folder = std::getenv("KONTOR_DATA_DIR");
  const std::string base = absl::StrCat(folder != nullptr ? folder : "../shared/data", "/home-depot/");
  SearchFiles files;
  files.products = base + "products.csv";
  files.judgements = base + "judgements.csv";
  return files;
}

absl::StatusOr<SearchData> ReadSearchData(const SearchFiles& files) {
  SearchData data;
  Places places;
  RETURN_IF_ERROR(ReadProducts(files.products, data, places));
  RETURN_IF_ERROR(ReadJudgements(files, places, data));
  data.relevant_gain = files.relevant_grade - files.grade_offset;
  data.files = {files.products, files.judgements};
  return data;
}

bool InFirstHalf(const std::string& query) { return base::StableHash(query) % 2 == 0; }

}  // namespace kontor::bench
