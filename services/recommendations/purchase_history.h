#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/recommendations/impressions.h"

namespace kontor::recommendations {

// What one person bought and was shown; newest order first: a table of distinct products and orders that name its rows.
// Immutable once built; a person with 60 orders of 10 products takes about 10 KiB.
class PurchaseHistory {
 public:
  struct Order {
    std::string order_id;
    int64_t revision = 0;
    int64_t time_micros = 0;
    uint32_t begin = 0, end = 0;  // in numbers()
  };
  static constexpr int kMaxOrders = 500;  // the newest; older ones are not read

  absl::Span<const Order> orders() const { return orders_; }
  absl::Span<const std::string> products() const { return products_; }  // distinct
  absl::Span<const uint32_t> NumbersOf(const Order& order) const {      // rows of products(), distinct
    return absl::MakeConstSpan(numbers_).subspan(order.begin, order.end - order.begin);
  }
  // Where the newest order was made; empty when unknown.
  const std::string& country() const { return country_; }
  const std::string& store() const { return store_; }

  // What the person was shown, up to a while ago.
  const Impressions& shown() const { return shown_; }

  // Of a customer: tokens of the visitors whose history is in here, ascending.
  absl::Span<const std::string> visitors() const { return visitors_; }
  // Of a visitor: StableHash of the token of the customer that they belong to, whose history is not in here; else 0.
  uint64_t owner() const { return owner_; }

  int64_t bytes() const;  // of memory, about

 private:
  friend class PurchaseHistoryBuilder;
  friend std::string PackHistory(const PurchaseHistory& history);
  friend absl::StatusOr<PurchaseHistory> UnpackHistory(absl::string_view bytes);

  std::vector<std::string> products_;
  std::vector<uint32_t> numbers_;
  std::vector<Order> orders_;
  std::string country_, store_;
  Impressions shown_;
  std::vector<std::string> visitors_;
  uint64_t owner_ = 0;
};

// Not thread-safe.
class PurchaseHistoryBuilder {
 public:
  // Newest first.
  void Add(absl::string_view order_id, int64_t revision, int64_t time_micros,
           absl::Span<const absl::string_view> products);
  void SetPlace(absl::string_view country, absl::string_view store);
  void SetShown(Impressions shown) { history_.shown_ = std::move(shown); }
  void SetVisitors(std::vector<std::string> visitors) { history_.visitors_ = std::move(visitors); }
  void SetOwner(uint64_t owner) { history_.owner_ = owner; }
  PurchaseHistory Build() && { return std::move(history_); }

 private:
  PurchaseHistory history_;
  absl::flat_hash_map<std::string, uint32_t> rows_;
};

// For a cache: a format version, then columns. UnpackHistory believes nothing: DATA_LOSS for whatever PackHistory did
// not write.
std::string PackHistory(const PurchaseHistory& history);
absl::StatusOr<PurchaseHistory> UnpackHistory(absl::string_view bytes);

}  // namespace kontor::recommendations
