#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "libs/platform/catalogue/records.h"
#include "libs/platform/log/batch_handler.h"
#include "libs/platform/postgres/pool.h"

// Tables prices, stock_levels and stock_changes.
namespace kontor::recommendations {

template <typename Content>
struct FactItem {
  int64_t offset = 0;
  std::string shop;
  Content content;
};

// Items in the order of the log. Conflicts go to the effects.
absl::Status WritePrices(postgres::Transaction& transaction, absl::Span<const FactItem<catalogue::PriceSnapshot>> items,
                         log::Effects& effects);
absl::Status WriteStockLevels(postgres::Transaction& transaction,
                              absl::Span<const FactItem<catalogue::StockLevel>> items, log::Effects& effects);
absl::Status WriteStockChanges(postgres::Transaction& transaction,
                               absl::Span<const FactItem<catalogue::StockChange>> items, log::Effects& effects);

// Hands every row of every shop to `take`, in chunks of one statement each.
absl::Status ReadPrices(postgres::Pool& pool,
                        absl::FunctionRef<void(const std::string& shop, catalogue::PriceSnapshot price)> take);
absl::Status ReadStockLevels(postgres::Pool& pool,
                             absl::FunctionRef<void(const std::string& shop, catalogue::StockLevel level)> take);
absl::Status ReadStockChanges(postgres::Pool& pool,
                              absl::FunctionRef<void(const std::string& shop, catalogue::StockChange change)> take);

}  // namespace kontor::recommendations
