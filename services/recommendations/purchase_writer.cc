#include "services/recommendations/purchase_writer.h"

#include <algorithm>
#include <map>

#include "libs/base/status.h"
#include "libs/platform/fleet/topics.h"
#include "services/recommendations/decode.h"
#include "services/recommendations/fact_rows.h"
#include "services/recommendations/order_rows.h"
#include "services/recommendations/product_rows.h"

namespace kontor::recommendations {
namespace {

struct Rows {
  std::vector<OrderItem> orders;
  std::vector<ProductItem> products;
  std::vector<FactItem<PriceSnapshot>> prices;
  std::vector<FactItem<StockLevel>> levels;
  std::vector<FactItem<StockChange>> changes;
  std::map<std::string, absl::Time> newest;  // by shop, of orders
};

Rows DecodeBatch(const log::Batch& batch, log::Effects& effects) {
  Rows rows;
  for (const log::LogRecord& record : batch.records) {
    absl::StatusOr<DecodedRecord> decoded = DecodeRecord(record.bytes);
    if (!decoded.ok()) {
      effects.DeadLetter(record.offset, base::ErrorReason(decoded.status()), std::string(decoded.status().message()));
      continue;
    }
    if (!decoded->known) effects.Park(record.offset, decoded->type);
    if (auto* order = std::get_if<OrderSnapshot>(&decoded->content)) {
      absl::Time& newest = rows.newest.try_emplace(decoded->shop, absl::InfinitePast()).first->second;
      newest = std::max(newest, decoded->occurred_at);
      rows.orders.push_back({record.offset, std::move(decoded->shop), std::move(*order)});
    } else if (auto* cancelled = std::get_if<OrderVoid>(&decoded->content)) {
      rows.orders.push_back({record.offset, std::move(decoded->shop), std::move(*cancelled)});
    } else if (auto* product = std::get_if<ProductSnapshot>(&decoded->content)) {
      rows.products.push_back({record.offset, std::move(decoded->shop), std::move(*product)});
    } else if (auto* price = std::get_if<PriceSnapshot>(&decoded->content)) {
      rows.prices.push_back({record.offset, std::move(decoded->shop), std::move(*price)});
    } else if (auto* level = std::get_if<StockLevel>(&decoded->content)) {
      rows.levels.push_back({record.offset, std::move(decoded->shop), std::move(*level)});
    } else if (auto* change = std::get_if<StockChange>(&decoded->content)) {
      rows.changes.push_back({record.offset, std::move(decoded->shop), std::move(*change)});
    }
  }
  return rows;
}

// What is told of a partition is told per shop: snapshots of a batch are counted to the shops that it names.
absl::Status WriteApplied(postgres::Transaction& transaction, const log::Batch& batch, const Rows& rows) {
  std::map<std::string, int64_t> counts;
  for (const OrderItem& item : rows.orders) counts[item.shop] += std::holds_alternative<OrderSnapshot>(item.content);
  std::vector<std::string> shops;
  std::vector<absl::Time> newest;
  std::vector<int64_t> snapshots;
  for (const auto& [shop, time] : rows.newest) {
    shops.push_back(shop);
    newest.push_back(time);
    snapshots.push_back(counts[shop]);
  }
  if (shops.empty()) return absl::OkStatus();
  postgres::Params params;
  params.TextArray(shops).Text(batch.topic).Int64(batch.partition).TimeArray(newest).Int64Array(snapshots);
  return transaction
      .Exec(
          "INSERT INTO recommendations.applied AS a (shop, topic, partition, newest_event, snapshots) "
          "SELECT shop, $2, $3::int4, newest, snapshots FROM unnest($1::text[], $4::timestamptz[], $5::int8[]) "
          "AS told (shop, newest, snapshots) ON CONFLICT (shop, topic, partition) DO UPDATE SET "
          "newest_event = greatest(a.newest_event, excluded.newest_event), "
          "snapshots = a.snapshots + excluded.snapshots",
          params)
      .status();
}

}  // namespace

const std::vector<std::string>& StoredTopics() {
  static const auto& topics = *new std::vector<std::string>{fleet::kOrders, fleet::kCatalog, fleet::kInventory};
  return topics;
}

absl::Status PurchaseWriter::Apply(postgres::Transaction& transaction, const log::Batch& batch, log::Effects& effects) {
  const Rows rows = DecodeBatch(batch, effects);
  ASSIGN_OR_RETURN(const SubjectSet changed, WriteOrders(transaction, rows.orders, effects));
  RETURN_IF_ERROR(WriteProducts(transaction, rows.products, effects));
  RETURN_IF_ERROR(WritePrices(transaction, rows.prices, effects));
  RETURN_IF_ERROR(WriteStockLevels(transaction, rows.levels, effects));
  RETURN_IF_ERROR(WriteStockChanges(transaction, rows.changes, effects));
  RETURN_IF_ERROR(WriteApplied(transaction, batch, rows));
  if (!changed.empty()) effects.AfterCommit([this, changed] { changed_(changed); });
  return absl::OkStatus();
}

bool PurchaseWriter::Knows(absl::string_view type) const { return KnowsType(type); }

}  // namespace kontor::recommendations
