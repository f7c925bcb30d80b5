#pragma once

#include <string>

#include "absl/status/status.h"
#include "services/kontorctl/generated_shop.h"

namespace kontor::ctl {

// Writes the shop into `folder` (made when missing) as products.csv, orders.csv and behavior.csv, each beside the
// mapping X.mapping.json that imports it, and the truth about it as labels.json: {"seed", "segments": {customer: name},
// "co_purchase_groups": [[product, …], …]}. Files of the same names are replaced. PERMISSION_DENIED when it cannot.
absl::Status WriteShop(const GeneratedShop& shop, const ShopPlan& plan, const std::string& folder);

}  // namespace kontor::ctl
