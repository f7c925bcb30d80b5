#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "kontor/forecasting/v1/inventory_service.pb.h"
#include "libs/domain/forecasting/intervals.h"
#include "services/forecasting/stored_forecast.h"

namespace kontor::forecasting {

namespace v1 = kontor::forecasting::v1;

// The policy with a default for each number that is 0 (inventory_service.proto).
v1::InventoryPolicy WithDefaults(const v1::InventoryPolicy& policy);

struct StockPosition {
  double on_hand = 0, incoming = 0;
};

struct ProductQuestion {
  std::string product;
  std::optional<StockPosition> position;
  int64_t unit_cost = 0;  // nanos; 0: not known
};

// What to do about a product.
struct ProductPlan {
  double demand_mean = 0, demand_sd = 0;  // over lead time and review
  double safety_stock = 0, reorder_point = 0, order_up_to = 0;
  double economic_quantity = 0, order_quantity = 0;
  std::optional<absl::CivilDay> stock_out;
  double stock_out_probability = 0;
  double days_of_cover = 0;
  bool dead = false;
  std::string sentence;
};

// From the daily forecast; `policy` has its defaults. Lead time and review beyond the forecast go on with its last
// week. Without stock_out and stock_out_probability. Deterministic; tens of microseconds.
absl::StatusOr<ProductPlan> PlanProduct(const ProductQuestion& question, const StoredForecast& daily,
                                        const v1::InventoryPolicy& policy);

// Adds them to the plan of a product that has a position: simulated, seeded by its id; about a millisecond.
absl::Status AddStockOut(const ProductQuestion& question, const StoredForecast& daily,
                         const v1::InventoryPolicy& policy, ProductPlan& plan);

QuantileForecast QuantilesOf(const StoredForecast& daily);

// The daily forecast for `days` days: what is stored, then its last week again and again.
StoredForecast Extended(const StoredForecast& daily, size_t days);

}  // namespace kontor::forecasting
