#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/history/history.h"
#include "libs/domain/recommendations/model.h"

namespace kontor::bench {

// A shop's order file as the recommender takes it.
struct ShopHistory {
  history::History history;
  recommendations::Catalogue catalogue;
  std::vector<uint64_t> persons;
  int64_t rows = 0;
};

// UCI Online Retail (InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country). The usual
// clean set: customer known, invoice not "C…", quantity and price above 0; a basket is an invoice, its context the
// country. Or Complete Journey's transactions
// (basket_id,household_id,store_id,product_id,quantity,…,transaction_timestamp): every line, the context is the store.
enum class DataFormat { kOnlineRetail, kCompleteJourney };

// NOT_FOUND without the file, INVALID_ARGUMENT with the line for a row of another shape.
absl::StatusOr<ShopHistory> ReadShop(const std::string& path, DataFormat format);

}  // namespace kontor::bench
