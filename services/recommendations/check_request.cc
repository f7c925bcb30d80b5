#include "services/recommendations/check_request.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "libs/base/resource_name.h"
#include "libs/base/status.h"

namespace kontor::recommendations {
namespace {

constexpr int kMaxSessionProducts = 200, kMaxExcluded = 1'000, kMaxCategories = 100;
constexpr int64_t kEarliestSecond = 631152000;  // 1990-01-01T00:00:00Z
constexpr int64_t kLatestSecond = 7258118400;   // 2200-01-01T00:00:00Z

void CheckOne(const std::string& field, const std::string& id, base::Violations& violations) {
  const absl::Status status = base::CheckId(id);
  if (!status.ok()) violations.Add(field, "ID_INVALID", status.message());
}

void CheckOptional(const std::string& field, const std::string& id, base::Violations& violations) {
  if (!id.empty()) CheckOne(field, id, violations);
}

void CheckList(const std::string& field, const google::protobuf::RepeatedPtrField<std::string>& ids, int limit,
               base::Violations& violations) {
  if (ids.size() > limit) {
    violations.Add(field, "TOO_MANY", absl::StrCat("at most ", limit, " are taken; leave the oldest out"));
    return;
  }
  for (int i = 0; i < ids.size(); ++i) CheckOne(absl::StrCat(field, "[", i, "]"), ids[i], violations);
}

void CheckChoices(const v1::RecommendRequest& request, base::Violations& violations) {
  if (!v1::Placement_IsValid(request.placement())) {
    violations.Add("placement", "UNKNOWN_VALUE", "use a value of Placement");
  }
  if (!v1::BoughtProducts_IsValid(request.bought_products())) {
    violations.Add("bought_products", "UNKNOWN_VALUE", "use a value of BoughtProducts");
  }
  if (request.placement() == v1::PLACEMENT_BUY_AGAIN && request.bought_products() == v1::BOUGHT_PRODUCTS_EXCLUDE) {
    violations.Add("bought_products", "CONTRADICTION", "PLACEMENT_BUY_AGAIN shows nothing but bought products");
  }
  if (request.placement() == v1::PLACEMENT_SIMILAR && request.session_product_ids().empty()) {
    violations.Add("session_product_ids", "MISSING", "PLACEMENT_SIMILAR needs the product that is looked at");
  }
}

}  // namespace

absl::Status CheckRequest(const v1::RecommendRequest& request) {
  base::Violations violations;
  CheckChoices(request, violations);
  CheckOptional("customer_id", request.customer_id(), violations);
  CheckOptional("visitor_id", request.visitor_id(), violations);
  CheckOptional("country", request.country(), violations);
  CheckOptional("store_id", request.store_id(), violations);
  CheckList("basket_product_ids", request.basket_product_ids(), kMaxSessionProducts, violations);
  CheckList("session_product_ids", request.session_product_ids(), kMaxSessionProducts, violations);
  CheckList("excluded_product_ids", request.excluded_product_ids(), kMaxExcluded, violations);
  CheckList("categories", request.categories(), kMaxCategories, violations);
  if (request.page_size() < 0 || request.page_size() > kMaxPageSize) {
    violations.Add("page_size", "PAGE_SIZE_INVALID", "give 1 to 100, or 0 for 10");
  }
  if (request.max_per_category() < 0) {
    violations.Add("max_per_category", "NEGATIVE", "give 1 or more, or 0 for no limit");
  }
  if (request.has_as_of() &&
      (request.as_of().seconds() < kEarliestSecond || request.as_of().seconds() >= kLatestSecond ||
       request.as_of().nanos() < 0 || request.as_of().nanos() > 999'999'999)) {
    violations.Add("as_of", "TIME_INVALID", "give a time from 1990 to 2199, or leave it out for now");
  }
  return violations.ToStatus();
}

}  // namespace kontor::recommendations
