#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "libs/base/mutex.h"
#include "services/recommendations/decode.h"

namespace kontor::recommendations {

// What an answer says about a product.
struct ProductText {
  std::string title;     // empty when unknown
  std::string category;  // the topmost; empty when unknown
};

// The products of one shop by id: title, top category, whether they are still sold. The highest revision counts; of the
// same revision the first. Thread-safe. About 150 bytes a product.
class CatalogueView {
 public:
  void Apply(const ProductSnapshot& product);

  ProductText Find(absl::string_view product) const;
  // The title where one is known, else the id.
  std::string NameOf(absl::string_view product) const;

  // Changes whenever the set of removed products does.
  uint64_t removals() const;
  std::vector<std::string> Removed() const;

 private:
  struct Row {
    int64_t revision = -1;
    std::string title;
    const std::string* category = nullptr;  // in categories_
    bool removed = false;
  };

  mutable base::SharedMutex mutex_;
  absl::flat_hash_map<std::string, Row> rows_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::unique_ptr<const std::string>> categories_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<std::string> removed_ ABSL_GUARDED_BY(mutex_);
  uint64_t removals_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kontor::recommendations
