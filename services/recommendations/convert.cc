#include "services/recommendations/convert.h"

#include <algorithm>
#include <cmath>

#include "libs/base/hash.h"
#include "libs/platform/fleet/event_time.h"
#include "services/recommendations/check_request.h"
#include "services/recommendations/reason_text.h"
#include "services/recommendations/trainer.h"
#include "services/recommendations/training_data.h"

namespace kontor::recommendations {
namespace {

constexpr double kBasketWeight = 1, kSessionWeight = 0.6, kSessionDecay = 0.85;

bool AsksAboutNobody(v1::Placement placement) {
  return placement == v1::PLACEMENT_SIMILAR || placement == v1::PLACEMENT_POPULAR;
}

BoughtItems BoughtOf(v1::Placement placement, v1::BoughtProducts asked) {
  if (placement == v1::PLACEMENT_BUY_AGAIN || asked == v1::BOUGHT_PRODUCTS_ONLY) return BoughtItems::kOnly;
  return asked == v1::BOUGHT_PRODUCTS_EXCLUDE ? BoughtItems::kExclude : BoughtItems::kInclude;
}

}  // namespace

v1::Placement PlacementOf(const v1::RecommendRequest& request) {
  return request.placement() == v1::PLACEMENT_UNSPECIFIED ? v1::PLACEMENT_FOR_YOU : request.placement();
}

DomainQuestion::DomainQuestion(const ServedModel& served, const CatalogueView& catalogue,
                               const v1::RecommendRequest& request, const KnownPerson& person)
    : model_(served.model()), placement_(PlacementOf(request)), sold_(served.SoldItems(catalogue)) {
  const bool completes = placement_ == v1::PLACEMENT_BASKET || placement_ == v1::PLACEMENT_SIMILAR;
  request_.task = completes ? Task::kCompleteBasket : Task::kNextBasket;
  request_.limit = request.page_size() == 0 ? kDefaultPageSize : request.page_size();
  request_.max_per_category = request.max_per_category();
  if (sold_ != nullptr) request_.allowed = *sold_;
  FillSession(request, person);
  FillContext(request, person);
  FillExcluded(request, person);
  FillCategories(request);
  const BoughtItems bought = BoughtOf(placement_, request.bought_products());
  if (AsksAboutNobody(placement_)) {
    FilterByHistory(person, bought);
  } else {
    FillBaskets(person);
    request_.bought = bought;
  }
  request_.excluded = excluded_;
  request_.categories = categories_;
  context_.session = session_;
}

void DomainQuestion::FillBaskets(const KnownPerson& person) {
  basket_items_.resize(person.baskets.size());
  for (size_t b = 0; b < person.baskets.size(); ++b) {
    for (const absl::string_view product : person.baskets[b].products) {
      if (const auto item = model_.catalogue().products.Find(product)) basket_items_[b].push_back(*item);
    }
    baskets_.push_back({person.baskets[b].time_micros / 1'000'000, basket_items_[b]});
  }
  context_.baskets = baskets_;
}

void DomainQuestion::AddSeed(const std::string& product, double weight) {
  const auto item = model_.catalogue().products.Find(product);
  if (!item) return;
  const auto known =
      std::find_if(session_.begin(), session_.end(), [&](const Seed& seed) { return seed.item == *item; });
  if (known == session_.end()) {
    session_.push_back({*item, static_cast<float>(weight)});
  } else {
    known->weight = std::max(known->weight, static_cast<float>(weight));
  }
}

void DomainQuestion::FillSession(const v1::RecommendRequest& request, const KnownPerson& person) {
  if (placement_ == v1::PLACEMENT_POPULAR) return;
  if (placement_ == v1::PLACEMENT_SIMILAR) return AddSeed(request.session_product_ids(0), 1);
  for (const std::string& product : request.basket_product_ids()) AddSeed(product, kBasketWeight);
  double weight = kSessionWeight;
  for (const std::string& product : request.session_product_ids()) {
    AddSeed(product, weight);
    weight *= kSessionDecay;
  }
  for (const KnownSeed& seed : person.session) AddSeed(seed.product, seed.weight);
}

void DomainQuestion::FillContext(const v1::RecommendRequest& request, const KnownPerson& person) {
  const history::Interner& contexts = model_.catalogue().contexts;
  const auto find = [&](const std::string& country, const std::string& store) -> ContextId {
    if (!store.empty()) {
      if (const auto found = contexts.Find(StoreContext(store))) return *found;
    }
    return country.empty() ? kNone : contexts.Find(CountryContext(country)).value_or(kNone);
  };
  context_.context = find(request.country(), request.store_id());
  const bool said = !request.country().empty() || !request.store_id().empty();
  if (!said && !AsksAboutNobody(placement_)) context_.context = find(person.country, person.store);
  if (!AsksAboutNobody(placement_)) context_.person = person.id;
}

void DomainQuestion::FillExcluded(const v1::RecommendRequest& request, const KnownPerson& person) {
  const auto exclude = [&](const std::string& product) {
    if (const auto item = model_.catalogue().products.Find(product)) excluded_.push_back(*item);
  };
  for (const std::string& product : request.basket_product_ids()) exclude(product);
  for (const std::string& product : request.excluded_product_ids()) exclude(product);
  if (placement_ == v1::PLACEMENT_SIMILAR) exclude(request.session_product_ids(0));
  if (!AsksAboutNobody(placement_)) {
    for (const std::string& product : person.in_cart) exclude(product);
  }
}

void DomainQuestion::FillCategories(const v1::RecommendRequest& request) {
  for (const std::string& category : request.categories()) {
    if (const auto found = model_.catalogue().categories.Find(category)) categories_.push_back(*found);
  }
  nothing_allowed_ = !request.categories().empty() && categories_.empty();
}

std::vector<ItemId> DomainQuestion::BoughtItemsOf(const KnownPerson& person) const {
  std::vector<ItemId> items;
  for (const KnownBasket& basket : person.baskets) {
    for (const absl::string_view product : basket.products) {
      if (const auto item = model_.catalogue().products.Find(product)) items.push_back(*item);
    }
  }
  return items;
}

void DomainQuestion::FilterByHistory(const KnownPerson& person, BoughtItems bought) {
  if (bought == BoughtItems::kInclude) return;
  const std::vector<ItemId> items = BoughtItemsOf(person);
  if (bought == BoughtItems::kExclude) {
    excluded_.insert(excluded_.end(), items.begin(), items.end());
    return;
  }
  allowed_.assign(model_.items() / 64 + 1, 0);
  for (const ItemId item : items) {
    const uint64_t bit = uint64_t{1} << (item % 64);
    if (sold_ == nullptr || ((*sold_)[item / 64] & bit) != 0) allowed_[item / 64] |= bit;
  }
  request_.allowed = allowed_;
}

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

void FillRecommendations(const std::vector<Recommendation>& ranked, const Model& model, const LiveShop& shop,
                         v1::RecommendResponse& response) {
  for (const Recommendation& one : ranked) {
    const absl::string_view product = model.catalogue().products.At(one.item);
    ProductText text = shop.catalogue.Find(product);
    v1::Recommendation& out = *response.add_recommendations();
    out.set_product_id(std::string(product));
    out.set_title(std::move(text.title));
    out.set_category(std::move(text.category));
    out.set_score(one.score);
    for (const Reason& reason : one.reasons) {
      FillReason(reason, model, shop.catalogue, shop.time_zone, *out.add_reasons());
    }
  }
}

void FillModel(const std::string& shop, const registry::ModelInfo& info, bool serving, v1::Model& out) {
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
  out.set_sha256(info.sha256);
}

}  // namespace kontor::recommendations
