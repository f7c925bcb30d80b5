#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "libs/domain/analytics/facts.h"
#include "libs/platform/log/batch_handler.h"
#include "libs/platform/postgres/transaction.h"

// Table products. Part of FactWriter.
namespace kontor::analytics {

struct ProductItem {
  int64_t offset;
  std::string shop;
  ProductFact fact;
};

// Items in the order of the log. Conflicts go to the effects.
absl::Status WriteProducts(postgres::Transaction& transaction, absl::Span<const ProductItem> items,
                           log::Effects& effects);

}  // namespace kontor::analytics
