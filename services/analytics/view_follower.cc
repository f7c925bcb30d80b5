#include "services/analytics/view_follower.h"

#include <utility>
#include <vector>

#include "libs/platform/fleet/topics.h"
#include "services/analytics/decode.h"

namespace kontor::analytics {

struct ViewFollower::Counters {
  explicit Counters(runtime::Metrics& metrics)
      : applied(Outcome(metrics, "applied")),
        known(Outcome(metrics, "known")),
        conflict(Outcome(metrics, "conflict")),
        unknown_shop(Outcome(metrics, "unknown_shop")),
        unknown_type(Outcome(metrics, "unknown_type")),
        broken(Outcome(metrics, "broken")) {}

  static runtime::Counter Outcome(runtime::Metrics& metrics, const char* outcome) {
    return metrics.counter("kontor_analytics_view_facts_total", "Facts and unusable records that the view met.",
                           {{"outcome", outcome}});
  }

  runtime::Counter applied, known, conflict, unknown_shop, unknown_type, broken;
};

const std::vector<std::string>& FactTopics() {
  static const auto& topics = *new std::vector<std::string>{fleet::kOrders,  fleet::kBehavior,  fleet::kExposures,
                                                            fleet::kCatalog, fleet::kInventory, fleet::kRefused};
  return topics;
}

ViewFollower::ViewFollower(log::EventLog& log, const base::Clock& clock, absl::Span<const fleet::Shop> shops,
                           runtime::Metrics& metrics)
    : counters_(std::make_unique<Counters>(metrics)) {
  for (const fleet::Shop& shop : shops) shops_.emplace(shop.id, std::make_unique<ShopView>(shop.time_zone));
  log::FollowerOptions options;
  options.topics = FactTopics();
  follower_ = std::make_unique<log::Follower>(
      log, clock, std::move(options),
      [this](absl::string_view, int, absl::Span<const log::LogRecord> records) { Apply(records); });
}

ViewFollower::~ViewFollower() = default;

const ShopView* ViewFollower::Find(absl::string_view shop) const {
  const auto found = shops_.find(shop);
  return found == shops_.end() ? nullptr : found->second.get();
}

void ViewFollower::Apply(absl::Span<const log::LogRecord> records) {
  absl::flat_hash_map<ShopView*, std::vector<Fact>> facts_of;
  for (const log::LogRecord& record : records) {
    absl::StatusOr<DecodedRecord> decoded = DecodeRecord(record.bytes);
    if (!decoded.ok()) {
      counters_->broken.Add();
      continue;
    }
    if (!decoded->known) counters_->unknown_type.Add();
    if (decoded->facts.empty()) continue;
    const auto shop = shops_.find(decoded->shop);
    if (shop == shops_.end()) {
      counters_->unknown_shop.Add(static_cast<double>(decoded->facts.size()));
      continue;
    }
    std::vector<Fact>& facts = facts_of[shop->second.get()];
    facts.insert(facts.end(), std::make_move_iterator(decoded->facts.begin()),
                 std::make_move_iterator(decoded->facts.end()));
  }
  for (auto& [view, facts] : facts_of) {
    int64_t applied = 0, conflicts = 0;
    for (const Outcome outcome : view->facts.ApplyBatch(facts)) {
      applied += outcome == Outcome::kApplied ? 1 : 0;
      conflicts += outcome == Outcome::kConflict ? 1 : 0;
    }
    counters_->applied.Add(static_cast<double>(applied));
    counters_->conflict.Add(static_cast<double>(conflicts));
    counters_->known.Add(static_cast<double>(static_cast<int64_t>(facts.size()) - applied - conflicts));
  }
}

}  // namespace kontor::analytics
