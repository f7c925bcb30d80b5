#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "libs/base/resource_name.h"
#include "services/ingest/checker.h"

namespace kontor::ingest {
namespace {

using kontor::events::v1::Event;

void CheckRelations(const kontor::events::v1::ProductUpserted& product, Checker& check) {
  using kontor::events::v1::ProductRelation;
  if (product.relations_size() > 200) {
    return check.Add("product_upserted.relations", "TOO_MANY_RELATIONS", "at most 200 relations are taken");
  }
  absl::flat_hash_set<std::pair<int, absl::string_view>> stated;
  for (int i = 0; i < product.relations_size(); ++i) {
    const ProductRelation& relation = product.relations(i);
    const std::string field = absl::StrCat("product_upserted.relations[", i, "]");
    if (relation.kind() == ProductRelation::KIND_UNSPECIFIED || !ProductRelation::Kind_IsValid(relation.kind())) {
      check.Add(field + ".kind", "UNKNOWN_VALUE", "use a value of ProductRelation.Kind");
    }
    check.Id(field + ".product_id", relation.product_id());
    if (relation.product_id() == product.product_id()) {
      check.Add(field + ".product_id", "RELATED_TO_ITSELF", "name another product");
    }
    if (!stated.emplace(relation.kind(), relation.product_id()).second) {
      check.Add(field, "DUPLICATE_RELATION", "state each relation once");
    }
  }
}

void CheckProduct(const kontor::events::v1::ProductUpserted& product, Checker& check) {
  check.Id("product_upserted.product_id", product.product_id());
  check.Revision("product_upserted.revision", product.revision());
  check.Text("product_upserted.title", product.title(), 1'000);
  check.Text("product_upserted.description", product.description(), 100'000);
  check.Text("product_upserted.brand", product.brand(), 200);
  check.Text("product_upserted.image_uri", product.image_uri(), 2'000);
  check.Text("product_upserted.variant_group_id", product.variant_group_id(), 200);
  check.Text("product_upserted.unit_code", product.unit_code(), 3);
  if (product.category_path_size() > 10) {
    check.Add("product_upserted.category_path", "TOO_MANY_LEVELS", "at most 10 levels are taken");
  }
  for (int i = 0; i < product.category_path_size(); ++i) {
    check.Text(absl::StrCat("product_upserted.category_path[", i, "]"), product.category_path(i), 200);
  }
  CheckRelations(product, check);
  if (product.attributes_size() > 1'000) {
    check.Add("product_upserted.attributes", "TOO_MANY_ATTRIBUTES", "at most 1,000 attributes are taken");
    return;
  }
  for (int i = 0; i < product.attributes_size(); ++i) {
    check.Id(absl::StrCat("product_upserted.attributes[", i, "].name"), product.attributes(i).name());
    check.Text(absl::StrCat("product_upserted.attributes[", i, "].text"), product.attributes(i).text(), 10'000);
  }
}

void CheckPrice(const kontor::events::v1::PriceSet& price, Checker& check) {
  check.Id("price_set.product_id", price.product_id());
  check.Revision("price_set.revision", price.revision());
  check.Currency("price_set.currency_code", price.currency_code());
  if (!price.has_price()) check.Add("price_set.price", "MISSING", "give the price");
  check.NotNegative("price_set.price", "price", price.price());
  check.NotNegative("price_set.cost", "cost", price.cost());
  check.NotNegative("price_set.list_price", "price", price.list_price());
  check.Text("price_set.store_id", price.store_id(), 200);
  check.Text("price_set.price_list", price.price_list(), 200);
}

void CheckStock(const Event& event, Checker& check) {
  if (event.has_stock_level_set()) {
    const auto& stock = event.stock_level_set();
    check.Id("stock_level_set.product_id", stock.product_id());
    check.Text("stock_level_set.location_id", stock.location_id(), 200);
    check.Revision("stock_level_set.revision", stock.revision());
    check.AnySign("stock_level_set.on_hand", stock.on_hand().value());
    check.NotNegative("stock_level_set.reserved", "quantity", stock.reserved().value());
    check.NotNegative("stock_level_set.incoming", "quantity", stock.incoming().value());
    return check.NotNegative("stock_level_set.low_threshold", "quantity", stock.low_threshold().value());
  }
  const auto& change = event.stock_adjusted();
  check.Id("stock_adjusted.adjustment_id", change.adjustment_id());
  check.Id("stock_adjusted.product_id", change.product_id());
  check.Text("stock_adjusted.location_id", change.location_id(), 200);
  check.Revision("stock_adjusted.revision", change.revision());
  check.AnySign("stock_adjusted.change", change.change().value());
  check.FreeText("stock_adjusted.reason", change.reason());
}

void CheckRate(const kontor::events::v1::ExchangeRateSet& rate, Checker& check) {
  check.Currency("exchange_rate_set.base_currency_code", rate.base_currency_code());
  check.Currency("exchange_rate_set.quote_currency_code", rate.quote_currency_code());
  check.NotNegative("exchange_rate_set.rate", "price", rate.rate());
  if (rate.rate().units() == 0 && rate.rate().nanos() == 0) {
    check.Add("exchange_rate_set.rate", "RATE_ZERO", "the rate must be above 0");
  }
}

void CheckMarket(const Event& event, Checker& check) {
  switch (event.payload_case()) {
    case Event::kCompetitorPriceObserved: {
      const auto& seen = event.competitor_price_observed();
      check.Id("competitor_price_observed.competitor_id", seen.competitor_id());
      check.Id("competitor_price_observed.product_id", seen.product_id());
      check.Currency("competitor_price_observed.currency_code", seen.currency_code());
      return check.NotNegative("competitor_price_observed.price", "price", seen.price());
    }
    case Event::kPromotionUpserted: {
      const auto& promotion = event.promotion_upserted();
      check.Id("promotion_upserted.promotion_id", promotion.promotion_id());
      check.Revision("promotion_upserted.revision", promotion.revision());
      check.Text("promotion_upserted.title", promotion.title(), 1'000);
      return check.Number("promotion_upserted.discount_share", promotion.discount_share(), 0, 1);
    }
    case Event::kProductLaunchObserved: {
      const auto& launch = event.product_launch_observed();
      check.Id("product_launch_observed.external_id", launch.external_id());
      check.Text("product_launch_observed.title", launch.title(), 1'000);
      return check.NotNegative("product_launch_observed.price", "price", launch.price());
    }
    case Event::kExchangeRateSet:
      return CheckRate(event.exchange_rate_set(), check);
    case Event::kWeatherObserved: {
      const auto& weather = event.weather_observed();
      check.Id("weather_observed.location_id", weather.location_id());
      check.Number("weather_observed.temperature_min", weather.temperature_min(), -100, 70);
      check.Number("weather_observed.temperature_max", weather.temperature_max(), -100, 70);
      return check.Number("weather_observed.precipitation", weather.precipitation(), 0, 5'000);
    }
    default:
      check.Id("calendar_event_upserted.calendar_event_id", event.calendar_event_upserted().calendar_event_id());
      return check.Text("calendar_event_upserted.title", event.calendar_event_upserted().title(), 1'000);
  }
}

void CheckCustomer(const kontor::events::v1::CustomerUpserted& customer, Checker& check) {
  check.Revision("customer_upserted.revision", customer.revision());
  for (int i = 0; i < customer.contact_points_size(); ++i) {
    check.Text(absl::StrCat("customer_upserted.contact_points[", i, "].value"), customer.contact_points(i).value(),
               500);
  }
  for (int i = 0; i < customer.traits_size(); ++i) {
    check.Id(absl::StrCat("customer_upserted.traits[", i, "].name"), customer.traits(i).name());
    check.FreeText(absl::StrCat("customer_upserted.traits[", i, "].value"), customer.traits(i).value());
  }
}

void CheckPeople(const Event& event, Checker& check) {
  switch (event.payload_case()) {
    case Event::kIdentityLinked:
      check.Id("identity_linked.other_id", event.identity_linked().other_id());
      return check.Id("identity_linked.other_kind", event.identity_linked().other_kind());
    case Event::kCustomerUpserted:
      return CheckCustomer(event.customer_upserted(), check);
    case Event::kConsentChanged:
      check.Revision("consent_changed.revision", event.consent_changed().revision());
      if (event.consent_changed().purpose() == kontor::events::v1::CONSENT_PURPOSE_UNSPECIFIED) {
        check.Add("consent_changed.purpose", "MISSING", "say which purpose");
      }
      return;
    default:
      return check.Id("erasure_requested.request_id", event.erasure_requested().request_id());
  }
}

void CheckCampaign(const Event& event, Checker& check) {
  if (event.has_campaign_upserted()) {
    check.Id("campaign_upserted.campaign_id", event.campaign_upserted().campaign_id());
    check.Revision("campaign_upserted.revision", event.campaign_upserted().revision());
    return check.Text("campaign_upserted.title", event.campaign_upserted().title(), 1'000);
  }
  const auto& cost = event.campaign_cost_recorded();
  check.Id("campaign_cost_recorded.cost_id", cost.cost_id());
  check.Id("campaign_cost_recorded.campaign_id", cost.campaign_id());
  check.Revision("campaign_cost_recorded.revision", cost.revision());
  check.Currency("campaign_cost_recorded.currency_code", cost.currency_code());
  check.NotNegative("campaign_cost_recorded.amount", "price", cost.amount());
}

}  // namespace

void CheckReference(const Event& event, Checker& check) {
  switch (event.payload_case()) {
    case Event::kProductUpserted:
      return CheckProduct(event.product_upserted(), check);
    case Event::kProductRemoved:
      check.Revision("product_removed.revision", event.product_removed().revision());
      return check.Id("product_removed.product_id", event.product_removed().product_id());
    case Event::kPriceSet:
      return CheckPrice(event.price_set(), check);
    case Event::kStockLevelSet:
    case Event::kStockAdjusted:
      return CheckStock(event, check);
    case Event::kIdentityLinked:
    case Event::kCustomerUpserted:
    case Event::kConsentChanged:
    case Event::kErasureRequested:
      return CheckPeople(event, check);
    case Event::kCampaignUpserted:
    case Event::kCampaignCostRecorded:
      return CheckCampaign(event, check);
    default:
      return CheckMarket(event, check);
  }
}

}  // namespace kontor::ingest
