#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "libs/platform/log/batch_handler.h"
#include "libs/platform/postgres/transaction.h"
#include "services/recommendations/decode.h"

// Table purchases. Part of PurchaseWriter.
namespace kontor::recommendations {

// A snapshot or a cancellation of an order.
struct OrderItem {
  int64_t offset = 0;
  std::string shop;
  std::variant<OrderSnapshot, OrderVoid> content;
};

// (shop, token)
using SubjectSet = std::set<std::pair<std::string, std::string>>;

// Items in the order of the log. One SELECT of the orders named and at most one upsert, in order of their keys.
// Conflicts go to the effects. Returns whose history is another one now.
absl::StatusOr<SubjectSet> WriteOrders(postgres::Transaction& transaction, absl::Span<const OrderItem> items,
                                       log::Effects& effects);

}  // namespace kontor::recommendations
