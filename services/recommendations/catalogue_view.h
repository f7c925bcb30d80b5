#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/base/mutex.h"
#include "libs/domain/recommendations/item_facts.h"
#include "libs/platform/catalogue/records.h"
#include "libs/platform/catalogue/stock.h"

namespace kontor::recommendations {

// What an answer says about a product.
struct ProductText {
  std::string title;     // empty when unknown
  std::string category;  // the topmost; empty when unknown
};

// The products of one shop by id: what answers say of them and what filters, rules and re-ranking ask. The highest
// revision counts; of the same revision the first. Prices and stock are known apart from the product itself, and may
// come before it. Thread-safe. About 400 bytes a product with a title, three levels, a price and a location, and 8 for
// each attribute; a relation as long as its product's id and 40 more.
class CatalogueView {
 public:
  void Apply(const catalogue::ProductSnapshot& product);
  void Apply(const catalogue::PriceSnapshot& price);
  void Apply(const catalogue::StockLevel& level);
  void Apply(const catalogue::StockChange& change);
  // A product was shown to somebody, so often.
  void CountShown(absl::string_view product, int64_t times);

  // Shown so often, a product has had its chance: exploration leaves it.
  static constexpr int64_t kEnoughShown = 500;

  ProductText Find(absl::string_view product) const;
  // The title where one is known, else the id.
  std::string NameOf(absl::string_view product) const;
  // Nothing known: a fact with its defaults.
  ItemFact FactOf(absl::string_view product) const;

  // Grows with every change.
  uint64_t version() const { return version_.load(std::memory_order_acquire); }

  struct State {
    uint64_t version = 0;
    // A sum over all that is known: the same state has the same number in every process, whatever way led there.
    uint64_t fingerprint = 0;
  };
  // All that is known of a product. Borrows.
  struct Told {
    bool known = false;  // false: only prices or stock have come
    const ItemFact& fact;
    const std::string& title;
    absl::Span<const catalogue::ProductRelation> relations;
  };
  using TakeFact = absl::FunctionRef<void(absl::string_view product, const Told& told)>;
  // Hands over every product that changed behind `version`, some of them more than once, or all products when that is
  // too long ago. Answers the state reached.
  State ChangesSince(uint64_t version, TakeFact take) const;

 private:
  struct Row {
    int64_t revision = INT64_MIN;  // of the product
    uint64_t fingerprint = 0;      // what this row adds to fingerprint()
    std::string title;
    const std::string* category = nullptr;  // in categories_
    ItemFact fact;
    std::vector<catalogue::ProductRelation> relations;
    std::vector<int64_t> price_revisions;  // beside fact.prices
    catalogue::Stock stock;
    int64_t shown = 0;
  };
  using Entry = std::pair<const std::string, Row>;

  static void SetFact(const catalogue::ProductSnapshot& product, ItemFact& fact);
  void Changed(Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  template <typename Content>
  void ApplyStock(const Content& content);

  mutable base::SharedMutex mutex_;
  absl::node_hash_map<std::string, Row> rows_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::unique_ptr<const std::string>> categories_ ABSL_GUARDED_BY(mutex_);
  std::deque<const Entry*> changes_ ABSL_GUARDED_BY(mutex_);  // the last ones, of which the newest is version_
  uint64_t fingerprint_ ABSL_GUARDED_BY(mutex_) = 0;
  std::atomic<uint64_t> version_{0};  // written under mutex_
};

}  // namespace kontor::recommendations
