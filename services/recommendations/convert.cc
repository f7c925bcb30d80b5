#include "services/recommendations/convert.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/platform/fleet/event_time.h"
#include "services/recommendations/reason_text.h"
#include "services/recommendations/trainer.h"

namespace kontor::recommendations {
v1::Tier TierOnWire(Tier tier) {
  switch (tier) {
    case Tier::kPersonal:
      return v1::TIER_PERSONAL;
    case Tier::kContext:
      return v1::TIER_CONTEXT;
    case Tier::kPopular:
      return v1::TIER_POPULAR;
  }
  return v1::TIER_UNSPECIFIED;
}

std::string RuleName(absl::string_view shop, absl::string_view rule) {
  return absl::StrCat("shops/", shop, "/rules/", rule);
}

void FillRecommendations(const std::vector<Recommendation>& ranked, const ServingView& view, const std::string& shop,
                         const LiveShop& live, v1::RecommendResponse& response) {
  for (const Recommendation& one : ranked) {
    const absl::string_view product = view.IdOf(one.item);
    ProductText text = live.catalogue.Find(product);
    v1::Recommendation& out = *response.add_recommendations();
    out.set_product_id(std::string(product));
    out.set_title(std::move(text.title));
    out.set_category(std::move(text.category));
    out.set_score(one.score);
    out.set_propensity(one.propensity);
    for (const uint32_t rule : one.rules) out.add_rules(RuleName(shop, view.rules->rules()[rule].rule.id));
    for (const Reason& reason : one.reasons) {
      FillReason(reason, view, live.catalogue, live.time_zone, *out.add_reasons());
    }
  }
}

void FillModel(const std::string& shop, const registry::ModelInfo& info, bool serving, double canary_share,
               v1::Model& out) {
  const auto metric = [&](const char* name) {
    const auto found = info.metadata.metrics.find(name);
    return found == info.metadata.metrics.end() ? 0 : found->second;
  };
  out.set_name(ModelName(shop, info.version));
  fleet::SetTime(info.metadata.created, *out.mutable_create_time());
  fleet::SetTime(absl::FromUnixSeconds(std::llround(metric(kMetricTrainedUntil))), *out.mutable_trained_until());
  out.set_serving(serving);
  out.set_baskets(std::llround(metric("baskets")));
  out.set_customers(std::llround(metric("customers")));
  out.set_products(std::llround(metric("products")));
  out.set_recall_at_10(metric("recall_at_10"));
  out.set_ndcg_at_10(metric("ndcg_at_10"));
  out.set_recall_at_10_new(metric("recall_at_10_new"));
  out.set_ndcg_at_10_new(metric("ndcg_at_10_new"));
  out.set_sha256(info.sha256);
  out.set_canary_share(canary_share);
}

}  // namespace kontor::recommendations
