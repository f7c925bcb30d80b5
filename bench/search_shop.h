#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "libs/domain/search/facet.h"
#include "libs/domain/search/index.h"

namespace kontor::bench {

// A shop of any size made from real titles. A product's title is the first half of one title's words and the second
// half of another's, both drawn alike, so that words keep their frequencies; its brand is the first word. Its category
// is, of the titles' kDepartments most frequent words of four letters and more, the first that stands in the title, and
// below it the same of the kAisles next. Colours, sizes and materials fall off by Zipf's law and are each missing in
// some products, ratings lean upwards, prices are log-normal around 40, popularity falls off as a power. Thread-safe.
class MadeShop {
 public:
  static constexpr size_t kDepartments = 24, kAisles = 400;

  explicit MadeShop(const std::vector<search::Product>& titles);

  // The same for the same number.
  search::Upsertion Make(size_t number) const;
  // Brand, category, colour, size, material: ten values of each.
  static std::vector<search::FacetSpec> Facets();

 private:
  std::vector<std::vector<std::string>> titles_;    // their words
  absl::flat_hash_map<std::string, size_t> ranks_;  // of frequent words, by how frequent
};

}  // namespace kontor::bench
