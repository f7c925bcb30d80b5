#include "services/recommendations/purchase_writer.h"

#include <algorithm>
#include <map>

#include "libs/base/status.h"
#include "libs/platform/fleet/topics.h"
#include "services/recommendations/decode.h"
#include "services/recommendations/erasure_rows.h"
#include "services/recommendations/fact_rows.h"
#include "services/recommendations/identity_rows.h"
#include "services/recommendations/order_rows.h"
#include "services/recommendations/product_rows.h"

namespace kontor::recommendations {
namespace {

struct Rows {
  std::vector<OrderItem> orders;
  std::vector<ProductItem> products;
  std::vector<FactItem<catalogue::PriceSnapshot>> prices;
  std::vector<FactItem<catalogue::StockLevel>> levels;
  std::vector<FactItem<catalogue::StockChange>> changes;
  LinkBatch links;
  std::vector<Erasure> erasures;
  SubjectSet subjects;                       // whose tombstones are asked for
  std::map<std::string, absl::Time> newest;  // by shop, of orders
};

void AddPeople(const DecodedRecord& record, Rows& rows) {
  const std::optional<IdentityLink> link = LinkIn(record);
  if (link) {
    rows.links.Add(record);
    rows.subjects.emplace(record.shop, link->visitor);
    rows.subjects.emplace(record.shop, link->customer);
  }
  if (std::holds_alternative<OrderSnapshot>(record.content) && !record.subject.empty()) {
    rows.subjects.emplace(record.shop, record.subject);
  }
  if (!std::holds_alternative<ErasureRequest>(record.content)) return;
  Erasure erasure{record.shop, {}, record.occurred_at};
  for (const std::string* token : {&record.subject, &record.visitor}) {
    if (!token->empty()) erasure.subjects.push_back(*token);
  }
  if (!erasure.subjects.empty()) rows.erasures.push_back(std::move(erasure));
}

Rows DecodeBatch(const log::Batch& batch, log::Effects& effects) {
  Rows rows;
  for (const log::LogRecord& record : batch.records) {
    absl::StatusOr<DecodedRecord> decoded = DecodeRecord(record.bytes);
    if (!decoded.ok()) {
      effects.DeadLetter(record.offset, base::ErrorReason(decoded.status()), std::string(decoded.status().message()));
      continue;
    }
    if (!decoded->known) effects.Park(record.offset, decoded->type);
    AddPeople(*decoded, rows);
    if (auto* order = std::get_if<OrderSnapshot>(&decoded->content)) {
      absl::Time& newest = rows.newest.try_emplace(decoded->shop, absl::InfinitePast()).first->second;
      newest = std::max(newest, decoded->occurred_at);
      rows.orders.push_back({record.offset, std::move(decoded->shop), std::move(*order)});
    } else if (auto* cancelled = std::get_if<OrderVoid>(&decoded->content)) {
      rows.orders.push_back({record.offset, std::move(decoded->shop), std::move(*cancelled)});
    } else if (auto* product = std::get_if<catalogue::ProductSnapshot>(&decoded->content)) {
      rows.products.push_back({record.offset, std::move(decoded->shop), std::move(*product)});
    } else if (auto* price = std::get_if<catalogue::PriceSnapshot>(&decoded->content)) {
      rows.prices.push_back({record.offset, std::move(decoded->shop), std::move(*price)});
    } else if (auto* level = std::get_if<catalogue::StockLevel>(&decoded->content)) {
      rows.levels.push_back({record.offset, std::move(decoded->shop), std::move(*level)});
    } else if (auto* change = std::get_if<catalogue::StockChange>(&decoded->content)) {
      rows.changes.push_back({record.offset, std::move(decoded->shop), std::move(*change)});
    }
  }
  return rows;
}

// Orders of the forgotten, of up to their erasure, are nobody's.
void BlankForgotten(const Tombstones& tombstones, std::vector<OrderItem>& orders) {
  for (OrderItem& item : orders) {
    auto* order = std::get_if<OrderSnapshot>(&item.content);
    if (order != nullptr && tombstones.Cover(item.shop, order->subject, order->occurred_at)) order->subject.clear();
  }
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
  static const auto& topics = *new std::vector<std::string>{fleet::kOrders, fleet::kCatalog, fleet::kInventory,
                                                            fleet::kIdentity, fleet::kPrivacy};
  return topics;
}

absl::Status PurchaseWriter::Apply(postgres::Transaction& transaction, const log::Batch& batch, log::Effects& effects) {
  Rows rows = DecodeBatch(batch, effects);
  ASSIGN_OR_RETURN(const Tombstones tombstones, ReadTombstones(transaction, rows.subjects));
  BlankForgotten(tombstones, rows.orders);
  ASSIGN_OR_RETURN(SubjectSet changed, WriteOrders(transaction, rows.orders, effects));
  ASSIGN_OR_RETURN(SubjectSet linked, WriteLinks(transaction, rows.links, tombstones));
  changed.merge(linked);
  ASSIGN_OR_RETURN(SubjectSet late, EraseLateVisitors(transaction, rows.links, tombstones));
  changed.merge(late);
  for (const Erasure& erasure : rows.erasures) {
    ASSIGN_OR_RETURN(SubjectSet forgotten, Erase(transaction, erasure));
    changed.merge(forgotten);
  }
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
