#include "services/recommendations/check_request.h"

#include "absl/strings/str_cat.h"
#include "libs/base/money.h"
#include "libs/base/resource_name.h"
#include "services/recommendations/question.h"

namespace kontor::recommendations {
namespace {

constexpr double kLargestWeight = 1e6;
constexpr int kMaxSessionProducts = 200, kMaxExcluded = 1'000, kMaxCategories = 100, kMaxAttributes = 20;
constexpr int64_t kEarliestSecond = 631152000;  // 1990-01-01T00:00:00Z
constexpr int64_t kLatestSecond = 7258118400;   // 2200-01-01T00:00:00Z

// The fields of one request, named behind a prefix.
class Checker {
 public:
  Checker(const std::string& prefix, const v1::RecommendRequest& request, base::Violations& violations)
      : prefix_(prefix), request_(request), violations_(violations) {}

  void Check() {
    Choices();
    Numbers();
    Optional("customer_id", request_.customer_id());
    Optional("visitor_id", request_.visitor_id());
    Optional("country", request_.country());
    Optional("store_id", request_.store_id());
    Optional("compatible_with_product_id", request_.compatible_with_product_id());
    List("basket_product_ids", request_.basket_product_ids(), kMaxSessionProducts);
    List("session_product_ids", request_.session_product_ids(), kMaxSessionProducts);
    List("excluded_product_ids", request_.excluded_product_ids(), kMaxExcluded);
    List("categories", request_.categories(), kMaxCategories);
    Attributes();
    if (request_.has_max_price()) CheckMoney(Name("max_price"), request_.max_price(), violations_);
    AsOf();
  }

 private:
  std::string Name(absl::string_view field) const { return absl::StrCat(prefix_, field); }
  void Add(absl::string_view field, absl::string_view reason, absl::string_view text) {
    violations_.Add(Name(field), reason, text);
  }

  void One(const std::string& field, const std::string& id) {
    const absl::Status status = base::CheckId(id);
    if (!status.ok()) Add(field, "ID_INVALID", status.message());
  }
  void Optional(const std::string& field, const std::string& id) {
    if (!id.empty()) One(field, id);
  }
  void List(const std::string& field, const google::protobuf::RepeatedPtrField<std::string>& ids, int limit) {
    if (ids.size() > limit) {
      return Add(field, "TOO_MANY", absl::StrCat("at most ", limit, " are taken; leave the oldest out"));
    }
    for (int i = 0; i < ids.size(); ++i) One(absl::StrCat(field, "[", i, "]"), ids[i]);
  }

  void Choices() {
    const v1::Placement placement = PlacementOf(request_);
    if (!v1::Placement_IsValid(placement)) Add("placement", "UNKNOWN_VALUE", "use a value of Placement");
    if (!v1::BoughtProducts_IsValid(request_.bought_products())) {
      Add("bought_products", "UNKNOWN_VALUE", "use a value of BoughtProducts");
    }
    if (!v1::Variants_IsValid(request_.variants())) Add("variants", "UNKNOWN_VALUE", "use a value of Variants");
    if (!v1::Effort_IsValid(request_.effort())) Add("effort", "UNKNOWN_VALUE", "use a value of Effort");
    CheckStrategy(Name("strategy"), placement, request_.strategy(), violations_);
    if (request_.has_objective()) CheckObjective(Name("objective"), request_.objective(), violations_);
    if (request_.strategy() == v1::STRATEGY_DISCOVERY && request_.bought_products() != v1::BOUGHT_PRODUCTS_EXCLUDE &&
        request_.bought_products() != v1::BOUGHT_PRODUCTS_UNSPECIFIED) {
      Add("bought_products", "CONTRADICTION", "STRATEGY_DISCOVERY shows no bought products");
    }
    if (placement == v1::PLACEMENT_BUY_AGAIN && request_.bought_products() == v1::BOUGHT_PRODUCTS_EXCLUDE) {
      Add("bought_products", "CONTRADICTION", "PLACEMENT_BUY_AGAIN shows nothing but bought products");
    }
    const bool of_one = placement == v1::PLACEMENT_SIMILAR || placement == v1::PLACEMENT_BOUGHT_TOGETHER;
    if (of_one && request_.session_product_ids().empty()) {
      Add("session_product_ids", "MISSING",
          absl::StrCat(v1::Placement_Name(placement), " needs the product that is looked at"));
    }
  }

  void Numbers() {
    if (request_.page_size() < 0 || request_.page_size() > kMaxPageSize) {
      Add("page_size", "PAGE_SIZE_INVALID", "give 1 to 100, or 0 for 10");
    }
    if (request_.max_per_category() < 0) Add("max_per_category", "NEGATIVE", "give 1 or more, or 0 for no limit");
    if (!(request_.diversity() >= 0 && request_.diversity() <= 1)) {
      Add("diversity", "OUT_OF_RANGE", "give a number from 0 to 1");
    }
    if (!(request_.impression_discount() >= 0 && request_.impression_discount() < 1)) {
      Add("impression_discount", "OUT_OF_RANGE", "give a number from 0 to below 1, or leave it out for 0.1");
    }
    if (!(request_.exploration_share() >= 0 && request_.exploration_share() <= 1)) {
      Add("exploration_share", "OUT_OF_RANGE", "give a number from 0 to 1");
    }
  }

  void Attributes() {
    if (request_.required_attributes_size() > kMaxAttributes) {
      return Add("required_attributes", "TOO_MANY", absl::StrCat("at most ", kMaxAttributes, " are taken"));
    }
    for (int i = 0; i < request_.required_attributes_size(); ++i) {
      One(absl::StrCat("required_attributes[", i, "].name"), request_.required_attributes(i).name());
    }
  }

  void AsOf() {
    const auto& as_of = request_.as_of();
    if (request_.has_as_of() && (as_of.seconds() < kEarliestSecond || as_of.seconds() >= kLatestSecond ||
                                 as_of.nanos() < 0 || as_of.nanos() > 999'999'999)) {
      Add("as_of", "TIME_INVALID", "give a time from 1990 to 2199, or leave it out for now");
    }
  }

  const std::string& prefix_;
  const v1::RecommendRequest& request_;
  base::Violations& violations_;
};

// A request that stands in another belongs to its shop.
void CheckParent(const std::string& field, const std::string& parent, const std::string& outer,
                 base::Violations& violations) {
  if (!parent.empty() && parent != outer) {
    violations.Add(field, "CONTRADICTION", absl::StrCat("leave it out or say ", outer));
  }
}

}  // namespace

void CheckRequestAt(const std::string& prefix, const v1::RecommendRequest& request, base::Violations& violations) {
  Checker(prefix, request, violations).Check();
}

void CheckStrategy(const std::string& field, v1::Placement placement, v1::Strategy strategy,
                   base::Violations& violations) {
  if (!v1::Strategy_IsValid(strategy)) {
    violations.Add(field, "UNKNOWN_VALUE", "use a value of Strategy");
  } else if (strategy != v1::STRATEGY_UNSPECIFIED && !HasStrategies(placement)) {
    violations.Add(field, "CONTRADICTION", "only FOR_YOU and BASKET leave a choice of strategies");
  }
}

void CheckObjective(const std::string& field, const v1::Objective& objective, base::Violations& violations) {
  double sum = 0;
  for (const double weight : {objective.click(), objective.cart(), objective.purchase(), objective.margin()}) {
    if (!(weight >= 0 && weight <= kLargestWeight)) {
      return violations.Add(field, "OUT_OF_RANGE", "give weights from 0 to 1,000,000");
    }
    sum += weight;
  }
  if (sum == 0) violations.Add(field, "MISSING", "give one weight above 0, or leave the objective out");
}

void CheckMoney(const std::string& field, const google::type::Money& money, base::Violations& violations) {
  if (!base::IsCurrency(money.currency_code())) {
    violations.Add(field, "MONEY_INVALID", "give an ISO 4217 code in use as currency_code");
    return;
  }
  const absl::StatusOr<base::Decimal> amount = base::Decimal::FromParts(money.units(), money.nanos());
  if (!amount.ok() || amount->nanos < 0) violations.Add(field, "MONEY_INVALID", "give an amount of 0 or more");
}

absl::Status CheckRequest(const v1::RecommendRequest& request) {
  base::Violations violations;
  CheckRequestAt("", request, violations);
  return violations.ToStatus();
}

absl::Status CheckPage(const v1::RecommendPageRequest& page) {
  base::Violations violations;
  if (page.requests().empty()) violations.Add("requests", "MISSING", "give a request for each list of the page");
  if (page.requests_size() > kMaxPageLists) {
    violations.Add("requests", "TOO_MANY", absl::StrCat("at most ", kMaxPageLists, " lists are taken"));
    return violations.ToStatus();
  }
  for (int i = 0; i < page.requests_size(); ++i) {
    const v1::RecommendRequest& first = page.requests(0);
    const v1::RecommendRequest& one = page.requests(i);
    const std::string prefix = absl::StrCat("requests[", i, "].");
    CheckRequestAt(prefix, one, violations);
    CheckParent(prefix + "parent", one.parent(), page.parent(), violations);
    const auto same = [&](const char* field, bool given, bool equal) {
      if (i > 0 && given && !equal) {
        violations.Add(prefix + field, "CONTRADICTION", "the first request decides for all; leave it out here");
      }
    };
    same("customer_id", !one.customer_id().empty(), one.customer_id() == first.customer_id());
    same("visitor_id", !one.visitor_id().empty(), one.visitor_id() == first.visitor_id());
    same("as_of", one.has_as_of(), one.as_of().SerializeAsString() == first.as_of().SerializeAsString());
    same("read_after", !one.read_after().empty(), false);
  }
  return violations.ToStatus();
}

absl::Status CheckBulk(const v1::StreamRecommendationsRequest& bulk) {
  base::Violations violations;
  CheckRequestAt("request.", bulk.request(), violations);
  CheckParent("request.parent", bulk.request().parent(), bulk.parent(), violations);
  if (!bulk.request().customer_id().empty() || !bulk.request().visitor_id().empty()) {
    violations.Add("request", "CONTRADICTION", "name people in customer_ids, not in the request");
  }
  if (bulk.all_customers() == !bulk.customer_ids().empty()) {
    violations.Add("customer_ids", "CONTRADICTION", "give customer_ids or set all_customers, one of the two");
  }
  if (bulk.customer_ids_size() > kMaxBulkCustomers) {
    violations.Add("customer_ids", "TOO_MANY", absl::StrCat("at most ", kMaxBulkCustomers, " are taken"));
    return violations.ToStatus();
  }
  for (int i = 0; i < bulk.customer_ids_size(); ++i) {
    const absl::Status status = base::CheckId(bulk.customer_ids(i));
    if (!status.ok()) violations.Add(absl::StrCat("customer_ids[", i, "]"), "ID_INVALID", status.message());
  }
  return violations.ToStatus();
}

absl::Status CheckAbsence(const v1::ExplainAbsenceRequest& asked) {
  base::Violations violations;
  CheckRequestAt("request.", asked.request(), violations);
  CheckParent("request.parent", asked.request().parent(), asked.parent(), violations);
  const absl::Status product = base::CheckId(asked.product_id());
  if (!product.ok()) violations.Add("product_id", "ID_INVALID", product.message());
  return violations.ToStatus();
}

}  // namespace kontor::recommendations
