#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace kontor::ctl {

// A small invented shop whose truth is known: what every customer likes, which products belong together, what every
// line cost. The same plan gives the same shop on every machine. It is for demonstrations and tests, not for claims of
// quality.
struct ShopPlan {
  uint64_t seed = 1;
  int customers = 300;  // 1 to 100,000; about 200 events and 5 orders each
};

struct GeneratedProduct {
  std::string id, title, brand, department, category;
  int64_t price_cents = 0;
  int64_t cost_cents = 0;  // 45 to 75 percent of the price
  int group = -1;          // of products that are bought together; -1: none
};

struct GeneratedCustomer {
  std::string id, visitor_id, country, device;
  int segment = 0;  // index into GeneratedShop::segments
};

struct GeneratedLine {
  int product = 0;  // index into GeneratedShop::products
  int64_t quantity = 0;
  int64_t amount_cents = 0;  // after the discount, always above the cost
  int64_t discount_cents = 0;
  int64_t cost_cents = 0;  // of the line
};

struct GeneratedOrder {
  std::string id, customer_id, session_id, country;
  absl::Time time;
  std::vector<GeneratedLine> lines;  // one per product
};

// As a row of BehaviorMapping.
struct GeneratedEvent {
  std::string type, visitor_id, customer_id, session_id, country, device, query, placement;
  absl::Time time;
  int product = -1;  // index into GeneratedShop::products; -1: none
  int rank = 0;      // 0: none
};

struct GeneratedShop {
  std::vector<std::string> segments;  // names of the latent tastes
  std::vector<GeneratedProduct> products;
  std::vector<GeneratedCustomer> customers;
  std::vector<GeneratedOrder>
      orders;  // by time, over the year 2024 (UTC); a fifth of the sessions belongs to strangers
  std::vector<GeneratedEvent> events;  // by time

  // The products of each group, as indices.
  std::vector<std::vector<int>> Groups() const;
};

// Memory and time grow with the number of customers: 300 take well under a second.
GeneratedShop GenerateShop(const ShopPlan& plan);

}  // namespace kontor::ctl
