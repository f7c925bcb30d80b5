#include "services/analytics/event_rows.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "libs/base/status.h"
#include "services/analytics/array_text.h"

namespace kontor::analytics {
namespace {

// The products that count: of an impression all, else the first.
std::vector<std::string> CountedProducts(const BehaviorFact& fact) {
  if (fact.type == BehaviorType::kImpression || fact.products.size() <= 1) return fact.products;
  return {fact.products.front()};
}

struct FirstBehavior {
  const BehaviorFact* fact;
  absl::Time received_at;
  bool imported;
};

using BehaviorKey = std::tuple<absl::string_view, absl::string_view, absl::string_view>;  // shop, source, event id

std::map<BehaviorKey, FirstBehavior> FirstOfEach(absl::Span<const BehaviorItem> items) {
  std::map<BehaviorKey, FirstBehavior> firsts;
  for (const BehaviorItem& item : items) {
    const BehaviorFact& fact = item.fact;
    const auto [it, inserted] = firsts.try_emplace({item.shop, fact.source, fact.event_id},
                                                   FirstBehavior{&fact, fact.received_at, fact.imported});
    if (inserted) continue;
    it->second.received_at = std::min(it->second.received_at, fact.received_at);
    it->second.imported = it->second.imported || fact.imported;
  }
  return firsts;
}

constexpr char kInsertBehavior[] =
    "INSERT INTO analytics.behavior (shop, source, event_id, type, visitor, customer, session, country, channel, "
    "device, "
    "products, occurred_at, received_at, imported) "
    "SELECT shop, source, event_id, type, visitor, customer, session, country, channel, device, products::text[], "
    "occurred_at, received_at, imported "
    "FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], "
    "$9::text[], $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[], $14::bool[]) "
    "AS seen (shop, source, event_id, type, visitor, customer, session, country, channel, device, products, "
    "occurred_at, "
    "received_at, imported) "
    "ON CONFLICT (shop, source, event_id) DO UPDATE SET received_at = least(behavior.received_at, "
    "excluded.received_at), "
    "imported = behavior.imported OR excluded.imported "
    "WHERE excluded.received_at < behavior.received_at OR (excluded.imported AND NOT behavior.imported)";

}  // namespace

absl::string_view BehaviorTypeName(BehaviorType type) {
  switch (type) {
    case BehaviorType::kPageView:
      return "page_view";
    case BehaviorType::kProductView:
      return "product_view";
    case BehaviorType::kImpression:
      return "impression";
    case BehaviorType::kClick:
      return "click";
    case BehaviorType::kSearch:
      return "search";
    case BehaviorType::kCartAdd:
      return "cart_add";
    case BehaviorType::kCartRemove:
      return "cart_remove";
    case BehaviorType::kCheckout:
      return "checkout";
    case BehaviorType::kCampaignTouch:
      return "campaign_touch";
  }
  return "";
}

absl::Status WriteBehavior(postgres::Transaction& transaction, absl::Span<const BehaviorItem> items) {
  if (items.empty()) return absl::OkStatus();
  std::vector<std::string> shops, sources, ids, types, visitors, customers, sessions, countries, channels, devices,
      products;
  std::vector<absl::Time> occurred, received;
  std::vector<bool> imported;
  for (const auto& [key, first] : FirstOfEach(items)) {
    const BehaviorFact& fact = *first.fact;
    shops.emplace_back(std::get<0>(key));
    sources.push_back(fact.source);
    ids.push_back(fact.event_id);
    types.emplace_back(BehaviorTypeName(fact.type));
    visitors.push_back(fact.visitor);
    customers.push_back(fact.customer);
    sessions.push_back(fact.session);
    countries.push_back(fact.country);
    channels.push_back(fact.channel);
    devices.push_back(fact.device);
    products.push_back(ArrayText(CountedProducts(fact)));
    occurred.push_back(fact.occurred_at);
    received.push_back(first.received_at);
    imported.push_back(first.imported);
  }
  postgres::Params params;
  for (const auto* column :
       {&shops, &sources, &ids, &types, &visitors, &customers, &sessions, &countries, &channels, &devices, &products}) {
    params.TextArray(*column);
  }
  params.TimeArray(occurred).TimeArray(received).BoolArray(imported);
  return transaction.Exec(kInsertBehavior, params).status();
}

absl::Status WriteRefusals(postgres::Transaction& transaction, absl::Span<const RefusalItem> items) {
  if (items.empty()) return absl::OkStatus();
  std::map<std::tuple<absl::string_view, absl::string_view, absl::string_view, absl::string_view>, const RefusalFact*>
      firsts;
  for (const RefusalItem& item : items) {
    firsts.try_emplace({item.shop, item.fact.source, item.fact.event_id, item.fact.reason}, &item.fact);
  }
  std::vector<std::string> shops, sources, ids, reasons;
  std::vector<int64_t> counts;
  std::vector<absl::Time> received;
  for (const auto& [key, fact] : firsts) {
    shops.emplace_back(std::get<0>(key));
    sources.push_back(fact->source);
    ids.push_back(fact->event_id);
    reasons.push_back(fact->reason);
    counts.push_back(fact->count);
    received.push_back(fact->received_at);
  }
  postgres::Params params;
  params.TextArray(shops).TextArray(sources).TextArray(ids).TextArray(reasons).Int64Array(counts).TimeArray(received);
  return transaction
      .Exec(
          "INSERT INTO analytics.refusals (shop, source, event_id, reason, count, received_at) "
          "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int8[], $6::timestamptz[]) "
          "ON CONFLICT DO NOTHING",
          params)
      .status();
}

}  // namespace kontor::analytics
