#pragma once

#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "libs/platform/log/batch_handler.h"
#include "services/forecasting/decode.h"
#include "services/forecasting/market_records.h"

// The tables of DemandWriter. Items in the order of the log; of each key the highest revision counts; another content
// of a revision that stands goes to the dead letters (REVISION_CONFLICT). Rows are written in the order of their keys.
namespace kontor::forecasting {

template <typename Content>
struct Item {
  int64_t offset = 0;
  std::string shop;
  Content content;
};

using OrderItem = Item<std::variant<OrderSnapshot, OrderVoid>>;

// Tables orders and sales. A cancellation is terminal, whatever comes first.
absl::Status WriteOrders(postgres::Transaction& transaction, absl::Span<const OrderItem> items, log::Effects& effects);

absl::Status WriteProducts(postgres::Transaction& transaction, absl::Span<const Item<catalogue::ProductSnapshot>> items,
                           log::Effects& effects);
absl::Status WritePrices(postgres::Transaction& transaction, absl::Span<const Item<catalogue::PriceSnapshot>> items,
                         log::Effects& effects);
// Every revision is kept.
absl::Status WriteStockLevels(postgres::Transaction& transaction, absl::Span<const Item<catalogue::StockLevel>> items,
                              log::Effects& effects);

// Topic `market`. Of the reports of a place, day and kind (observed or forecast) the one told last counts.
absl::Status WritePromotions(postgres::Transaction& transaction, absl::Span<const Item<PromotionSnapshot>> items,
                             log::Effects& effects);
absl::Status WriteCalendarEvents(postgres::Transaction& transaction, absl::Span<const Item<CalendarSnapshot>> items,
                                 log::Effects& effects);
absl::Status WriteWeather(postgres::Transaction& transaction, absl::Span<const Item<WeatherReport>> items);

}  // namespace kontor::forecasting
