#pragma once

#include <string>

#include "absl/time/time.h"
#include "kontor/events/v1/event.pb.h"
#include "libs/platform/fleet/event_time.h"

// Valid events for tests, to be spoiled one field at a time.
namespace kontor::ingest {

inline kontor::events::v1::Event SampleOrder(const std::string& id, absl::Time at) {
  kontor::events::v1::Event event;
  event.set_event_id("order/" + id);
  event.set_source("web");
  fleet::SetTime(at, *event.mutable_occurred_at());
  event.mutable_actor()->set_customer_id("17850");
  event.mutable_circumstances()->set_country("United Kingdom");
  auto& order = *event.mutable_order_recorded();
  order.set_order_id(id);
  order.set_currency_code("GBP");
  auto& line = *order.add_lines();
  line.set_line_id("1");
  line.set_product_id("85123A");
  line.mutable_quantity()->mutable_value()->set_units(6);
  line.mutable_unit_price()->set_units(2);
  line.mutable_unit_price()->set_nanos(550'000'000);
  line.mutable_amount()->set_units(15);
  line.mutable_amount()->set_nanos(300'000'000);
  return event;
}

inline kontor::events::v1::Event SampleView(const std::string& id, absl::Time at) {
  kontor::events::v1::Event event;
  event.set_event_id(id);
  event.set_source("web");
  fleet::SetTime(at, *event.mutable_occurred_at());
  event.mutable_actor()->set_visitor_id("v1");
  event.mutable_product_viewed()->set_product_id("85123A");
  return event;
}

}  // namespace kontor::ingest
