#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/base/bytes.h"

namespace kontor::recommendations {

// What one person was shown without looking at it: of each product how often, each time counting half as much every
// three days later. Looking at a product, or putting it into the cart, forgets it. At most the newest 100 products.
// The order of arrival does not matter but for what is forgotten in between. About 60 bytes a product. Not thread-safe.
class Impressions {
 public:
  static constexpr double kHalfLifeDays = 3;
  static constexpr size_t kMostProducts = 100;

  struct Product {
    std::string id;
    double weight = 0;  // at last_micros
    int64_t last_micros = 0;
  };

  void Show(absl::Span<const std::string> products, int64_t time_micros);
  // True when it was shown before, and is forgotten now.
  bool LookAt(const std::string& product, int64_t time_micros);

  // Adds what the same person was shown under another id.
  void Merge(const Impressions& other);

  absl::Span<const Product> products() const { return products_; }  // in no order
  // Of the newest event that is in; later ones may be added.
  int64_t until_micros() const { return until_micros_; }
  static double WeightAt(const Product& product, int64_t time_micros);
  int64_t bytes() const;  // of memory, about

  void Save(base::ByteWriter& out) const;
  // Wrong bytes are an error of the reader.
  static Impressions Load(base::ByteReader& in);

 private:
  void KeepNewest();

  std::vector<Product> products_;
  int64_t until_micros_ = 0;
};

}  // namespace kontor::recommendations
