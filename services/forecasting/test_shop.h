#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"
#include "services/forecasting/test_process.h"

// A shop of four products, for tests.
namespace kontor::forecasting {

using Service = v1::ForecastingService::Stub;
using Inventory = v1::InventoryService::Stub;

// A week of a product: more on Saturdays, none on Sundays; an order a day and product.
inline constexpr int64_t kWeek[] = {10, 12, 14, 16, 20, 28, 0};
inline constexpr int kDays = 140;

inline std::vector<std::string> Orders(int from, int to) {
  std::vector<std::string> orders;
  for (int day = from; day < to; ++day) {
    const int64_t units = kWeek[day % 7];
    if (units == 0) continue;
    const int64_t noise = (day * 37) % 5;
    orders.push_back(RecordBytes(
        OrderOf(absl::StrCat("o", day), {{"bread", units + noise}, {"rolls", 2 * units + noise}, {"car", 1 + noise}}),
        DayTime(day), day % 2 == 0 ? "DE" : "FR"));
    if (day % 9 == 0) {
      orders.push_back(RecordBytes(OrderOf(absl::StrCat("s", day), {{"screw", 40}}, 0, "berlin"), DayTime(day), "DE"));
    }
  }
  return orders;
}

inline void SendShop(Process& process, int days = kDays) {
  process.Send("catalog",
               {RecordBytes(ProductOf("bread", {"FOOD", "BAKERY"}), DayTime(0)),
                RecordBytes(ProductOf("rolls", {"FOOD", "BAKERY"}), DayTime(0)),
                RecordBytes(ProductOf("car", {"TOYS"}), DayTime(0)), RecordBytes(CostOf("bread", 1), DayTime(0))});
  process.Send("orders", Orders(0, days));
}

inline constexpr int kPromotedDays = 210;

// Tea sells 1.8 times as much on five of 20 days, under a promotion; coffee goes its way.
inline void SendPromotedShop(Process& process) {
  process.Send("catalog", {RecordBytes(ProductOf("tea", {"DRINKS"}), DayTime(0)),
                           RecordBytes(ProductOf("coffee", {"DRINKS"}), DayTime(0))});
  base::Random random(5);
  std::vector<std::string> orders, promotions;
  for (int day = 0; day < kPromotedDays; ++day) {
    const bool promoted = day % 20 < 5;
    const double tea = (50 + 4 * random.Normal()) * (promoted ? 1.8 : 1), coffee = 40 + 3 * random.Normal();
    orders.push_back(RecordBytes(
        OrderOf(absl::StrCat("o", day), {{"tea", static_cast<int64_t>(tea)}, {"coffee", static_cast<int64_t>(coffee)}}),
        DayTime(day)));
    if (day % 20 > 0) continue;
    promotions.push_back(RecordBytes(PromotionOf(absl::StrCat("p", day), day, day + 4, {"tea"}), DayTime(0)));
  }
  process.Send("orders", orders);
  process.Send("market", promotions);
}

inline v1::ForecastRequest Ask(const std::string& product, int horizon = 14) {
  v1::ForecastRequest request;
  request.set_parent("shops/default");
  if (!product.empty()) request.mutable_series()->add_product_ids(product);
  request.set_horizon(horizon);
  return request;
}

inline double Total(const v1::ForecastResponse& response) {
  double sum = 0;
  for (const v1::ForecastPoint& point : response.points()) sum += point.mean().units();
  return sum;
}

}  // namespace kontor::forecasting
