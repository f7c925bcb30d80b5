#include "services/kontorctl/demo_cast.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"

namespace kontor::ctl {
namespace {

constexpr int kUnits = 20'000;
constexpr size_t kBasket = 3;

std::vector<std::string> FirstProducts(const kontor::events::v1::OrderRecorded& order) {
  std::vector<std::string> products;
  for (const auto& line : order.lines()) {
    if (products.size() == kBasket) break;
    if (std::find(products.begin(), products.end(), line.product_id()) == products.end()) {
      products.push_back(line.product_id());
    }
  }
  return products;
}

}  // namespace

DemoCast FindCast(UnitSource& source) {
  absl::flat_hash_map<std::string, int> orders;
  DemoCast cast;
  kontor::ingest::v1::ImportUnit unit;
  for (int i = 0; i < kUnits && source.Next(unit); ++i) {
    if (!unit.event().has_order_recorded()) continue;
    if (cast.basket.empty()) {
      std::vector<std::string> products = FirstProducts(unit.event().order_recorded());
      if (products.size() == kBasket) cast.basket = std::move(products);
    }
    const std::string& customer = unit.event().actor().customer_id();
    if (customer.empty()) continue;
    const int count = ++orders[customer];
    const int most = cast.customer.empty() ? 0 : orders[cast.customer];
    if (count > most || (count == most && customer < cast.customer)) cast.customer = customer;
  }
  return cast;
}

}  // namespace kontor::ctl
