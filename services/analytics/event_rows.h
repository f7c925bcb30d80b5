#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/domain/analytics/facts.h"
#include "libs/platform/postgres/transaction.h"

// Tables behavior and refusals, whose rows never change in what they say. Part of FactWriter.
namespace kontor::analytics {

struct BehaviorItem {
  std::string shop;
  BehaviorFact fact;
};

struct RefusalItem {
  std::string shop;
  RefusalFact fact;
};

// "product_view", "cart_add", …: the values of column type.
absl::string_view BehaviorTypeName(BehaviorType type);

// Items in the order of the log: of the same (shop, source, event id) the first stays, with the arrival that makes it
// least late.
absl::Status WriteBehavior(postgres::Transaction& transaction, absl::Span<const BehaviorItem> items);
absl::Status WriteRefusals(postgres::Transaction& transaction, absl::Span<const RefusalItem> items);

}  // namespace kontor::analytics
