#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "kontor/events/v1/event.pb.h"
#include "libs/base/subject.h"
#include "libs/platform/fleet/event_time.h"
#include "libs/platform/log/event_log.h"

// Records as intake writes them, for tests.
namespace kontor::recommendations {

inline constexpr char kTestSecret[] = "0123456789abcdef0123456789abcdef";
inline constexpr char kTestShop[] = "default";

inline std::string CustomerToken(const std::string& id) {
  return base::SubjectToken(kTestSecret, kTestShop, base::SubjectKind::kCustomer, id);
}
inline std::string VisitorToken(const std::string& id) {
  return base::SubjectToken(kTestSecret, kTestShop, base::SubjectKind::kVisitor, id);
}

struct TestRecord {
  std::string customer;  // id
  std::string visitor;
  absl::Time occurred_at = absl::FromUnixSeconds(1323435000);
  bool imported = false;
  std::string country;
  std::string shop = kTestShop;
  std::string session;
  std::string attribution_token;
};

template <typename Payload>
std::string RecordBytes(const Payload& payload, const TestRecord& about = {}) {
  kontor::events::v1::EventRecord record;
  record.set_shop(about.shop);
  record.set_event_id("e");
  record.set_source("test");
  record.set_type(Payload::descriptor()->full_name());
  fleet::SetTime(about.occurred_at, *record.mutable_occurred_at());
  fleet::SetTime(about.occurred_at, *record.mutable_received_at());
  record.mutable_context()->set_visitor_token(VisitorToken(about.visitor));
  record.mutable_context()->set_session_token(
      base::SubjectToken(kTestSecret, kTestShop, base::SubjectKind::kSession, about.session));
  record.set_subject_token(about.customer.empty() ? VisitorToken(about.visitor) : CustomerToken(about.customer));
  record.mutable_context()->set_country(about.country);
  record.mutable_context()->set_attribution_token(about.attribution_token);
  record.set_imported(about.imported);
  payload.SerializeToString(record.mutable_payload());
  return record.SerializeAsString();
}

inline kontor::events::v1::OrderRecorded Order(const std::string& id, const std::vector<std::string>& products,
                                               int64_t revision = 0, const std::string& store = "") {
  kontor::events::v1::OrderRecorded order;
  order.set_order_id(id);
  order.set_revision(revision);
  order.set_currency_code("GBP");
  order.set_store_id(store);
  for (const std::string& product : products) {
    auto* line = order.add_lines();
    line->set_line_id(absl::StrCat(order.lines_size()));
    line->set_product_id(product);
    line->mutable_quantity()->mutable_value()->set_units(1);
    line->mutable_amount()->set_units(2);
  }
  return order;
}

inline kontor::events::v1::OrderCancelled Cancelled(const std::string& id) {
  kontor::events::v1::OrderCancelled cancelled;
  cancelled.set_order_id(id);
  return cancelled;
}

inline kontor::events::v1::ProductUpserted Product(const std::string& id, const std::string& title,
                                                   const std::vector<std::string>& path, int64_t revision = 0) {
  kontor::events::v1::ProductUpserted product;
  product.set_product_id(id);
  product.set_title(title);
  product.set_revision(revision);
  for (const std::string& level : path) product.add_category_path(level);
  return product;
}

inline kontor::events::v1::ProductViewed Viewed(const std::string& product) {
  kontor::events::v1::ProductViewed viewed;
  viewed.set_product_id(product);
  return viewed;
}

inline kontor::events::v1::CartChanged Carted(const std::string& product, bool added = true) {
  kontor::events::v1::CartChanged cart;
  cart.set_product_id(product);
  cart.set_change(added ? kontor::events::v1::CartChanged::CHANGE_ADDED
                        : kontor::events::v1::CartChanged::CHANGE_REMOVED);
  return cart;
}

// As intake writes it: `other` is a token.
inline kontor::events::v1::IdentityLinked Linked(const std::string& other = "", bool unlink = false) {
  kontor::events::v1::IdentityLinked linked;
  linked.set_other_id(other);
  linked.set_unlink(unlink);
  return linked;
}

inline kontor::events::v1::ErasureRequested ForgetMe() {
  kontor::events::v1::ErasureRequested erasure;
  erasure.set_request_id("r-1");
  return erasure;
}

inline kontor::events::v1::ItemsShown Shown(const std::vector<std::string>& products, int first_rank = 0) {
  kontor::events::v1::ItemsShown shown;
  for (const std::string& product : products) shown.add_product_ids(product);
  shown.set_first_rank(first_rank);
  return shown;
}

inline kontor::events::v1::ItemClicked Clicked(const std::string& product) {
  kontor::events::v1::ItemClicked clicked;
  clicked.set_product_id(product);
  return clicked;
}

}  // namespace kontor::recommendations
