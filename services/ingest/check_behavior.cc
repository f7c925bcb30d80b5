#include "absl/strings/str_cat.h"
#include "services/ingest/checker.h"

namespace kontor::ingest {
namespace {

using kontor::events::v1::Event;

constexpr int kMaxProducts = 1'000;

template <typename Ids>
void CheckProducts(const std::string& field, const Ids& ids, bool required, Checker& check) {
  if (required && ids.empty()) check.Add(field, "MISSING", "give at least one product");
  if (ids.size() > kMaxProducts) {
    check.Add(field, "TOO_MANY_PRODUCTS", "at most 1,000 products are taken; send several events");
    return;
  }
  for (int i = 0; i < ids.size(); ++i) check.Id(absl::StrCat(field, "[", i, "]"), ids[i]);
}

void CheckCart(const kontor::events::v1::CartChanged& cart, Checker& check) {
  if (cart.change() == kontor::events::v1::CartChanged::CHANGE_UNSPECIFIED) {
    check.Add("cart_changed.change", "MISSING", "say whether the product was added or removed");
  }
  check.Id("cart_changed.product_id", cart.product_id());
  check.NotNegative("cart_changed.quantity", "quantity", cart.quantity().value());
  check.Text("cart_changed.cart_id", cart.cart_id(), 200);
}

void CheckExposure(const kontor::events::v1::ExperimentExposed& exposure, Checker& check) {
  check.Id("experiment_exposed.experiment", exposure.experiment());
  check.Id("experiment_exposed.variant", exposure.variant());
}

}  // namespace

void CheckBehavior(const Event& event, Checker& check) {
  switch (event.payload_case()) {
    case Event::kPageViewed:
      check.FreeText("page_viewed.page", event.page_viewed().page());
      check.Text("page_viewed.referrer_host", event.page_viewed().referrer_host(), 253);
      return check.Text("page_viewed.category", event.page_viewed().category(), 200);
    case Event::kProductViewed:
      check.Id("product_viewed.product_id", event.product_viewed().product_id());
      return check.Number("product_viewed.dwell_seconds", event.product_viewed().dwell_seconds(), 0, 86'400);
    case Event::kItemsShown:
      check.Text("items_shown.placement", event.items_shown().placement(), 200);
      check.Number("items_shown.first_rank", event.items_shown().first_rank(), 0, 1e6);
      return CheckProducts("items_shown.product_ids", event.items_shown().product_ids(), true, check);
    case Event::kItemClicked:
      check.Text("item_clicked.placement", event.item_clicked().placement(), 200);
      check.Number("item_clicked.rank", event.item_clicked().rank(), 0, 1e6);
      return check.Id("item_clicked.product_id", event.item_clicked().product_id());
    case Event::kSearched:
      check.FreeText("searched.query", event.searched().query());
      return CheckProducts("searched.product_ids", event.searched().product_ids(), false, check);
    case Event::kCartChanged:
      return CheckCart(event.cart_changed(), check);
    case Event::kCheckoutStarted:
      check.Text("checkout_started.cart_id", event.checkout_started().cart_id(), 200);
      return CheckProducts("checkout_started.product_ids", event.checkout_started().product_ids(), false, check);
    case Event::kCampaignTouched:
      check.Text("campaign_touched.creative", event.campaign_touched().creative(), 200);
      return check.Id("campaign_touched.campaign_id", event.campaign_touched().campaign_id());
    default:
      return CheckExposure(event.experiment_exposed(), check);
  }
}

}  // namespace kontor::ingest
