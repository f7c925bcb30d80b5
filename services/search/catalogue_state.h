#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/base/bytes.h"
#include "libs/base/money.h"
#include "libs/platform/catalogue/records.h"
#include "libs/platform/catalogue/stock.h"

namespace kontor::search {

// What a shop's products cost, what is there of them, and which revision of each is known; their texts are in the
// index. The highest revision of a key counts, of the same revision the first. Prices and stock may come before their
// product. Not thread-safe. About 150 bytes a product.
class CatalogueState {
 public:
  struct Price {
    std::string currency;
    int64_t revision = 0;
    base::Decimal price;
    std::optional<base::Decimal> cost;
    int64_t valid_until_us = INT64_MAX;
  };
  struct Row {
    int64_t revision = INT64_MIN;  // INT64_MIN: only prices or stock have come
    bool removed = false;
    uint64_t learned_texts = 0;  // a hash; 0: not told since the start
    std::vector<Price> prices;   // one a currency
    catalogue::Stock stock;

    bool known() const { return revision != INT64_MIN && !removed; }
  };

  // True when the record counts.
  bool Apply(const catalogue::ProductSnapshot& product);
  bool Apply(const catalogue::PriceSnapshot& price);
  bool Apply(const catalogue::StockLevel& level);
  bool Apply(const catalogue::StockChange& change);

  // Notes a hash of the texts that something is learned from; true when it is another one than before.
  bool NoteTexts(const std::string& product, uint64_t hash) {
    return std::exchange(rows_[product].learned_texts, hash) != hash;
  }

  const Row* Find(absl::string_view product) const;
  size_t size() const { return rows_.size(); }
  void ForEach(absl::FunctionRef<void(const std::string& product, const Row& row)> visit) const {
    for (const auto& [product, row] : rows_) visit(product, row);
  }

  // The currency that most prices are in; empty without prices. Ties: the smaller code.
  std::string MainCurrency() const;

  void Save(base::ByteWriter& out) const;
  // DATA_LOSS.
  absl::Status Load(base::ByteReader& in);

 private:
  absl::node_hash_map<std::string, Row> rows_;
};

}  // namespace kontor::search
