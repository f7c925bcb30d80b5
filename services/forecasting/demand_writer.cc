#include "services/forecasting/demand_writer.h"

#include <algorithm>
#include <map>
#include <utility>

#include "libs/base/status.h"
#include "libs/platform/fleet/topics.h"
#include "services/forecasting/decode.h"
#include "services/forecasting/rows.h"

namespace kontor::forecasting {
namespace {

absl::Status WriteNewest(postgres::Transaction& transaction, const log::Batch& batch,
                         const std::map<std::string, absl::Time>& newest) {
  if (newest.empty()) return absl::OkStatus();
  std::vector<std::string> shops;
  std::vector<absl::Time> times;
  for (const auto& [shop, time] : newest) {
    shops.push_back(shop);
    times.push_back(time);
  }
  postgres::Params params;
  params.TextArray(shops).Text(batch.topic).Int64(batch.partition).TimeArray(times);
  return transaction
      .Exec(
          "INSERT INTO forecasting.newest_orders AS n (shop, topic, partition, occurred_at) "
          "SELECT shop, $2, $3::int4, newest FROM unnest($1::text[], $4::timestamptz[]) AS told (shop, newest) "
          "ON CONFLICT (shop, topic, partition) DO UPDATE SET "
          "occurred_at = greatest(n.occurred_at, excluded.occurred_at)",
          params)
      .status();
}

}  // namespace

const std::vector<std::string>& DemandTopics() {
  static const auto& topics =
      *new std::vector<std::string>{fleet::kOrders, fleet::kCatalog, fleet::kInventory, fleet::kMarket};
  return topics;
}

absl::Status DemandWriter::Apply(postgres::Transaction& transaction, const log::Batch& batch, log::Effects& effects) {
  std::vector<OrderItem> orders;
  std::vector<Item<catalogue::ProductSnapshot>> products;
  std::vector<Item<catalogue::PriceSnapshot>> prices;
  std::vector<Item<catalogue::StockLevel>> levels;
  std::vector<Item<PromotionSnapshot>> promotions;
  std::vector<Item<WeatherReport>> weather;
  std::vector<Item<CalendarSnapshot>> events;
  std::map<std::string, absl::Time> newest;  // order, by shop
  for (const log::LogRecord& record : batch.records) {
    absl::StatusOr<DecodedRecord> decoded = DecodeRecord(record.bytes);
    if (!decoded.ok()) {
      effects.DeadLetter(record.offset, base::ErrorReason(decoded.status()), std::string(decoded.status().message()));
      continue;
    }
    if (!decoded->known) effects.Park(record.offset, decoded->type);
    if (auto* order = std::get_if<OrderSnapshot>(&decoded->content)) {
      absl::Time& time = newest.try_emplace(decoded->shop, absl::InfinitePast()).first->second;
      time = std::max(time, decoded->occurred_at);
      orders.push_back({record.offset, std::move(decoded->shop), std::move(*order)});
    } else if (auto* cancelled = std::get_if<OrderVoid>(&decoded->content)) {
      orders.push_back({record.offset, std::move(decoded->shop), std::move(*cancelled)});
    } else if (auto* product = std::get_if<catalogue::ProductSnapshot>(&decoded->content)) {
      products.push_back({record.offset, std::move(decoded->shop), std::move(*product)});
    } else if (auto* price = std::get_if<catalogue::PriceSnapshot>(&decoded->content)) {
      prices.push_back({record.offset, std::move(decoded->shop), std::move(*price)});
    } else if (auto* level = std::get_if<catalogue::StockLevel>(&decoded->content)) {
      levels.push_back({record.offset, std::move(decoded->shop), std::move(*level)});
    } else if (auto* promotion = std::get_if<PromotionSnapshot>(&decoded->content)) {
      promotions.push_back({record.offset, std::move(decoded->shop), std::move(*promotion)});
    } else if (auto* report = std::get_if<WeatherReport>(&decoded->content)) {
      weather.push_back({record.offset, std::move(decoded->shop), std::move(*report)});
    } else if (auto* event = std::get_if<CalendarSnapshot>(&decoded->content)) {
      events.push_back({record.offset, std::move(decoded->shop), std::move(*event)});
    }
  }
  RETURN_IF_ERROR(WriteOrders(transaction, orders, effects));
  RETURN_IF_ERROR(WriteNewest(transaction, batch, newest));
  RETURN_IF_ERROR(WriteProducts(transaction, products, effects));
  RETURN_IF_ERROR(WritePrices(transaction, prices, effects));
  RETURN_IF_ERROR(WriteStockLevels(transaction, levels, effects));
  RETURN_IF_ERROR(WritePromotions(transaction, promotions, effects));
  RETURN_IF_ERROR(WriteCalendarEvents(transaction, events, effects));
  return WriteWeather(transaction, weather);
}

bool DemandWriter::Knows(absl::string_view type) const { return KnowsType(type); }

}  // namespace kontor::forecasting
