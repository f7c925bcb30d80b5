#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "kontor/events/v1/catalog.pb.h"
#include "kontor/events/v1/inventory.pb.h"
#include "kontor/events/v1/record.pb.h"
#include "libs/platform/catalogue/records.h"

// Payloads of the topics catalog and inventory → records.h. INVALID_ARGUMENT as checks.h says.
namespace kontor::catalogue {

absl::StatusOr<ProductSnapshot> ReadProduct(const kontor::events::v1::ProductUpserted& product,
                                            const kontor::events::v1::EventRecord& record);
absl::StatusOr<ProductSnapshot> ReadProduct(const kontor::events::v1::ProductRemoved& removed,
                                            const kontor::events::v1::EventRecord& record);
// Nothing for the price of one store or one price list.
absl::StatusOr<std::optional<PriceSnapshot>> ReadPrice(const kontor::events::v1::PriceSet& price,
                                                       const kontor::events::v1::EventRecord& record);
absl::StatusOr<StockLevel> ReadStockLevel(const kontor::events::v1::StockLevelSet& level,
                                          const kontor::events::v1::EventRecord& record);
absl::StatusOr<StockChange> ReadStockChange(const kontor::events::v1::StockAdjusted& adjusted,
                                            const kontor::events::v1::EventRecord& record);

}  // namespace kontor::catalogue
