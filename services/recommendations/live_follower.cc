#include "services/recommendations/live_follower.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/topics.h"
#include "services/recommendations/fact_rows.h"
#include "services/recommendations/impression_writer.h"
#include "services/recommendations/product_rows.h"

namespace kontor::recommendations {
namespace {

// Read again at the start, of each partition: so many records hold the overlay's window unless the shop is very busy.
constexpr int64_t kRewindRecords = 20'000;

// Their whole state is in the store; nothing of them is read again.
bool IsCatalogue(absl::string_view topic) { return topic == fleet::kCatalog || topic == fleet::kInventory; }

std::vector<std::string> SubjectsOf(const DecodedRecord& record) {
  std::vector<std::string> subjects = {record.subject};
  if (record.visitor != record.subject) subjects.push_back(record.visitor);
  return subjects;
}

}  // namespace

void LiveShop::SawEvent(absl::Time occurred_at) {
  const int64_t micros = absl::ToUnixMicros(occurred_at);
  int64_t newest = newest_micros.load(std::memory_order_relaxed);
  while (newest < micros && !newest_micros.compare_exchange_weak(newest, micros, std::memory_order_relaxed)) {
  }
}

const std::vector<std::string>& LiveFollower::Topics() {
  static const auto& topics = *new std::vector<std::string>{fleet::kOrders,    fleet::kBehavior, fleet::kCatalog,
                                                            fleet::kInventory, fleet::kIdentity, fleet::kPrivacy};
  return topics;
}

LiveFollower::LiveFollower(log::EventLog& log, const base::Clock& clock, absl::Span<const fleet::Shop> shops,
                           runtime::Metrics& metrics)
    : log_(log),
      clock_(clock),
      unusable_(metrics.counter("kontor_recommendations_live_unusable_total",
                                "Records that the live view passed over: broken, or of a shop that is not served.")),
      overlay_events_(metrics.gauge("kontor_recommendations_overlay_events", "Live events held in memory.")) {
  for (const fleet::Shop& shop : shops) shops_.emplace(shop.id, std::make_unique<LiveShop>(shop.time_zone));
}

LiveFollower::~LiveFollower() { Stop(); }

const LiveShop* LiveFollower::Find(absl::string_view shop) const {
  const auto found = shops_.find(shop);
  return found == shops_.end() ? nullptr : found->second.get();
}

void LiveFollower::Erase(absl::string_view shop, const absl::flat_hash_map<uint64_t, absl::Time>& persons) {
  if (const auto found = shops_.find(shop); found != shops_.end()) found->second->overlay.Erase(persons);
}

absl::StatusOr<std::vector<log::Position>> LiveFollower::StartPositions(const StoredState& stored) {
  std::vector<log::Position> positions;
  for (const log::PartitionProgress& partition : stored.progress) {
    log::Position from = partition.next;
    if (!IsCatalogue(from.topic)) {
      ASSIGN_OR_RETURN(const int64_t begin, log_.Begin(from.topic, from.partition));
      from.offset = std::max(begin, from.offset - kRewindRecords);
    }
    positions.push_back(from);
  }
  ASSIGN_OR_RETURN(const int partitions, log_.Partitions(fleet::kBehavior));
  for (int p = 0; p < partitions; ++p) {
    ASSIGN_OR_RETURN(const int64_t begin, log_.Begin(fleet::kBehavior, p));
    ASSIGN_OR_RETURN(const int64_t end, log_.End(fleet::kBehavior, p));
    positions.push_back({fleet::kBehavior, p, std::max(begin, end - kRewindRecords)});
  }
  return positions;
}

absl::Status LiveFollower::ReadCatalogues(postgres::Pool& pool) {
  const auto apply = [this](const std::string& shop, const auto& content) {
    if (const auto found = shops_.find(shop); found != shops_.end()) found->second->catalogue.Apply(content);
  };
  RETURN_IF_ERROR(ReadProducts(pool, apply));
  RETURN_IF_ERROR(ReadPrices(pool, apply));
  RETURN_IF_ERROR(ReadStockLevels(pool, apply));
  RETURN_IF_ERROR(ReadStockChanges(pool, apply));
  return ReadExposures(pool, [this](const std::string& shop, const std::string& product, int64_t times) {
    if (const auto found = shops_.find(shop); found != shops_.end())
      found->second->catalogue.CountShown(product, times);
  });
}

absl::Status LiveFollower::Start(postgres::Pool& pool, const log::Consumer& consumer) {
  StoredState stored;
  ASSIGN_OR_RETURN(stored.progress, consumer.Progress());  // first, so that the rest reaches at least so far
  RETURN_IF_ERROR(ReadCatalogues(pool));
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool.Exec("SELECT shop, max(newest_event) FROM recommendations.applied GROUP BY shop"));
  for (int r = 0; r < rows.rows(); ++r) stored.newest_events.emplace_back(rows.Text(r, 0), rows.Time(r, 1));
  return Start(stored);
}

absl::Status LiveFollower::Start(const StoredState& stored) {
  for (const auto& [shop, newest] : stored.newest_events) {
    if (const auto found = shops_.find(shop); found != shops_.end()) found->second->SawEvent(newest);
  }
  log::FollowerOptions options;
  options.topics = Topics();
  ASSIGN_OR_RETURN(options.from, StartPositions(stored));
  follower_ = std::make_unique<log::Follower>(
      log_, clock_, std::move(options),
      [this](absl::string_view topic, int, absl::Span<const log::LogRecord> records) { Apply(topic, records); });
  return follower_->Start();
}

void LiveFollower::Stop() {
  if (follower_ != nullptr) follower_->Stop();
}

void LiveFollower::Apply(absl::string_view topic, absl::Span<const log::LogRecord> records) {
  const absl::Time now = clock_.Now();
  for (const log::LogRecord& record : records) {
    const absl::StatusOr<DecodedRecord> decoded = DecodeRecord(record.bytes, Payloads::kLive);
    const auto shop = decoded.ok() ? shops_.find(decoded->shop) : shops_.end();
    if (shop == shops_.end()) {
      unusable_.Add();
      continue;
    }
    ApplyOne(*decoded, record.received_at, now, *shop->second);
    if (topic == fleet::kOrders || topic == fleet::kBehavior) shop->second->SawEvent(decoded->occurred_at);
  }
  size_t events = 0;
  for (const auto& [id, shop] : shops_) events += shop->overlay.events();
  overlay_events_.Set(static_cast<double>(events));
}

void LiveFollower::ApplyOne(const DecodedRecord& record, absl::Time received_at, absl::Time now, LiveShop& shop) {
  if (const auto* product = std::get_if<catalogue::ProductSnapshot>(&record.content))
    return shop.catalogue.Apply(*product);
  if (const auto* price = std::get_if<catalogue::PriceSnapshot>(&record.content)) return shop.catalogue.Apply(*price);
  if (const auto* level = std::get_if<catalogue::StockLevel>(&record.content)) return shop.catalogue.Apply(*level);
  if (const auto* change = std::get_if<catalogue::StockChange>(&record.content)) return shop.catalogue.Apply(*change);
  if (std::holds_alternative<ErasureRequest>(record.content)) {
    absl::flat_hash_map<uint64_t, absl::Time> persons;
    for (const std::string& token : SubjectsOf(record)) {
      if (!token.empty()) persons.emplace(base::StableHash(token), record.occurred_at);
    }
    return shop.overlay.Erase(persons);
  }
  if (const auto link = LinkIn(record)) shop.overlay.AddLink(*link, record.occurred_at, received_at, now);
  if (const auto* order = std::get_if<OrderSnapshot>(&record.content)) {
    shop.overlay.AddOrder(*order, received_at, now);
  } else if (const auto* cancelled = std::get_if<OrderVoid>(&record.content)) {
    shop.overlay.CancelOrder(cancelled->order_id, received_at, now);
  } else if (const auto* step = std::get_if<SessionStep>(&record.content)) {
    shop.overlay.AddStep(SubjectsOf(record), *step, record.occurred_at, received_at, now);
  } else if (const auto* shown = std::get_if<ShownProducts>(&record.content)) {
    for (const std::string& product : shown->products) shop.catalogue.CountShown(product, 1);
    shop.overlay.AddShown(SubjectsOf(record), shown->products, record.occurred_at, received_at, now);
  }
}

}  // namespace kontor::recommendations
