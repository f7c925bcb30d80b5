#include "services/recommendations/rule_convert.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/money.h"
#include "libs/base/resource_name.h"
#include "libs/platform/fleet/event_time.h"
#include "services/recommendations/check_request.h"

namespace kontor::recommendations {
namespace {

constexpr int kMaxValues = 1'000, kMaxPriority = 1'000, kMaxText = 200;
constexpr double kLargestBoost = 1'000;

using Names = google::protobuf::RepeatedPtrField<std::string>;

int64_t NanosOf(const google::type::Money& money) { return money.units() * 1'000'000'000 + money.nanos(); }

class RuleChecker {
 public:
  RuleChecker(const std::string& prefix, const v1::Rule& rule, base::Violations& violations)
      : prefix_(prefix), rule_(rule), violations_(violations) {}

  void Check() {
    if (rule_.display_name().size() > kMaxText || !base::IsValidUtf8(rule_.display_name())) {
      Add("display_name", "TEXT_TOO_LONG", "give at most 200 bytes of UTF-8");
    }
    if (std::abs(rule_.priority()) > kMaxPriority) Add("priority", "OUT_OF_RANGE", "give -1,000 to 1,000");
    if (rule_.has_start_time() && rule_.has_end_time() &&
        fleet::TimeOf(rule_.end_time()) <= fleet::TimeOf(rule_.start_time())) {
      Add("end_time", "TIME_INVALID", "let it end after its start");
    }
    for (int i = 0; i < rule_.placements_size(); ++i) {
      if (!v1::Placement_IsValid(rule_.placements(i)) || rule_.placements(i) == v1::PLACEMENT_UNSPECIFIED) {
        Add(absl::StrCat("placements[", i, "]"), "UNKNOWN_VALUE", "use a value of Placement");
      }
    }
    Texts("countries", rule_.countries());
    Condition(rule_.condition());
    Action();
  }

 private:
  void Add(absl::string_view field, absl::string_view reason, absl::string_view text) {
    violations_.Add(absl::StrCat(prefix_, field), reason, text);
  }
  void Text(const std::string& field, const std::string& text) {
    const absl::Status status = base::CheckId(text);
    if (!status.ok()) Add(field, "ID_INVALID", status.message());
  }
  void Texts(const std::string& field, const Names& texts) {
    if (texts.size() > kMaxValues) return Add(field, "TOO_MANY", "at most 1,000 are taken");
    for (int i = 0; i < texts.size(); ++i) Text(absl::StrCat(field, "[", i, "]"), texts[i]);
  }

  void Condition(const v1::ProductCondition& condition) {
    Texts("condition.product_ids", condition.product_ids());
    Texts("condition.categories", condition.categories());
    Texts("condition.brands", condition.brands());
    Texts("condition.sellers", condition.sellers());
    if (condition.attributes_size() > kMaxValues) Add("condition.attributes", "TOO_MANY", "at most 1,000 are taken");
    for (int i = 0; i < std::min(condition.attributes_size(), kMaxValues); ++i) {
      Text(absl::StrCat("condition.attributes[", i, "].name"), condition.attributes(i).name());
    }
    if (condition.has_min_price()) CheckMoney(prefix_ + "condition.min_price", condition.min_price(), violations_);
    if (condition.has_max_price()) CheckMoney(prefix_ + "condition.max_price", condition.max_price(), violations_);
    if (condition.has_min_price() && condition.has_max_price() &&
        (condition.min_price().currency_code() != condition.max_price().currency_code() ||
         NanosOf(condition.min_price()) > NanosOf(condition.max_price()))) {
      Add("condition.max_price", "CONTRADICTION", "give it in the currency of min_price, and not below it");
    }
    if (condition.has_newer_than() && condition.newer_than().seconds() < 1) {
      Add("condition.newer_than", "OUT_OF_RANGE", "give a second or more");
    }
  }

  void Action() {
    switch (rule_.action_case()) {
      case v1::Rule::ACTION_NOT_SET:
        return Add("action", "MISSING", "say what becomes of the products: boost, bury, pin, exclude, …");
      case v1::Rule::kBoost:
        if (!(rule_.boost().factor() > 0 && rule_.boost().factor() <= kLargestBoost)) {
          Add("boost.factor", "OUT_OF_RANGE", "give a number above 0, at most 1,000");
        }
        return;
      case v1::Rule::kPin:
        if (rule_.pin().position() < 1 || rule_.pin().position() > kMaxPageSize) {
          Add("pin.position", "OUT_OF_RANGE", "give 1 to 100");
        }
        return;
      case v1::Rule::kCap:
        if (!v1::Rule::Cap::Per_IsValid(rule_.cap().per()) || rule_.cap().per() == v1::Rule::Cap::PER_UNSPECIFIED) {
          Add("cap.per", "UNKNOWN_VALUE", "say of what: PER_CATEGORY, PER_BRAND or PER_SELLER");
        }
        if (rule_.cap().max_count() < 1) Add("cap.max_count", "OUT_OF_RANGE", "give 1 or more");
        return;
      case v1::Rule::kPriceSpread:
        if (!base::IsCurrency(rule_.price_spread().currency_code())) {
          Add("price_spread.currency_code", "CURRENCY_UNKNOWN", "give an ISO 4217 code in use");
        }
        if (!(rule_.price_spread().spread() > 0 && std::isfinite(rule_.price_spread().spread()))) {
          Add("price_spread.spread", "OUT_OF_RANGE", "give a number above 0");
        }
        return;
      case v1::Rule::kMarginFloor: {
        const auto share = base::Decimal::FromParts(rule_.margin_floor().units(), rule_.margin_floor().nanos());
        if (!share.ok() || share->nanos < 0 || share->nanos > base::Decimal::kOne) {
          Add("margin_floor", "OUT_OF_RANGE", "give a share from 0 to 1");
        }
        return;
      }
      case v1::Rule::kMaxPrice:
        return CheckMoney(prefix_ + "max_price", rule_.max_price(), violations_);
      case v1::Rule::kRequireAttribute:
        return Text("require_attribute.name", rule_.require_attribute().name());
      case v1::Rule::kBury:
      case v1::Rule::kExclude:
      case v1::Rule::kInStock:
        return;
    }
  }

  const std::string& prefix_;
  const v1::Rule& rule_;
  base::Violations& violations_;
};

std::vector<Term> Terms(TermKind kind, const Names& names) {
  std::vector<Term> terms;
  for (const std::string& name : names) terms.push_back(TermOf(kind, name));
  return terms;
}

ItemCondition ConditionFrom(const v1::ProductCondition& wire) {
  ItemCondition condition;
  condition.products = {wire.product_ids().begin(), wire.product_ids().end()};
  condition.categories = Terms(TermKind::kCategory, wire.categories());
  condition.brands = Terms(TermKind::kBrand, wire.brands());
  condition.sellers = Terms(TermKind::kSeller, wire.sellers());
  for (const v1::AttributeValue& attribute : wire.attributes()) {
    condition.attributes.push_back(AttributeTerm(attribute.name(), attribute.value()));
  }
  if (wire.has_min_price()) {
    condition.currency = CurrencyNumber(wire.min_price().currency_code());
    condition.least_nanos = NanosOf(wire.min_price());
  }
  if (wire.has_max_price()) {
    condition.currency = CurrencyNumber(wire.max_price().currency_code());
    condition.most_nanos = NanosOf(wire.max_price());
  }
  condition.newer_than_seconds = wire.newer_than().seconds();
  return condition;
}

Cap::Per PerFrom(v1::Rule::Cap::Per per) {
  if (per == v1::Rule::Cap::PER_BRAND) return Cap::Per::kBrand;
  return per == v1::Rule::Cap::PER_SELLER ? Cap::Per::kSeller : Cap::Per::kCategory;
}

RuleAction ActionFrom(const v1::Rule& rule) {
  switch (rule.action_case()) {
    case v1::Rule::kBoost:
      return Boost{rule.boost().factor()};
    case v1::Rule::kBury:
      return Bury{};
    case v1::Rule::kPin:
      return Pin{rule.pin().position()};
    case v1::Rule::kCap:
      return Cap{PerFrom(rule.cap().per()), rule.cap().max_count()};
    case v1::Rule::kPriceSpread:
      return PriceSpread{CurrencyNumber(rule.price_spread().currency_code()), rule.price_spread().spread()};
    case v1::Rule::kMarginFloor:
      return MarginFloor{rule.margin_floor().units() * base::Decimal::kOne + rule.margin_floor().nanos()};
    case v1::Rule::kMaxPrice:
      return PriceLimit{CurrencyNumber(rule.max_price().currency_code()), NanosOf(rule.max_price())};
    case v1::Rule::kRequireAttribute:
      return RequireAttribute{AttributeTerm(rule.require_attribute().name(), rule.require_attribute().value())};
    case v1::Rule::kInStock:
      return RequireStock{};
    case v1::Rule::kExclude:
      return ExcludeItems{};
    case v1::Rule::ACTION_NOT_SET:
      break;
  }
  return Boost{1};
}

}  // namespace

void CheckRule(const std::string& prefix, const v1::Rule& rule, base::Violations& violations) {
  RuleChecker(prefix, rule, violations).Check();
}

Rule RuleFrom(const v1::Rule& wire, absl::string_view id) {
  Rule rule;
  rule.id = std::string(id);
  rule.priority = wire.priority();
  rule.placements = {wire.placements().begin(), wire.placements().end()};
  rule.countries = {wire.countries().begin(), wire.countries().end()};
  if (wire.has_start_time()) rule.start_seconds = wire.start_time().seconds();
  if (wire.has_end_time()) rule.end_seconds = wire.end_time().seconds();
  rule.condition = ConditionFrom(wire.condition());
  rule.action = ActionFrom(wire);
  return rule;
}

bool IsRuleId(absl::string_view id) { return base::IsShopId(id); }  // the same alphabet and length

absl::StatusOr<std::string> RuleIdOf(absl::string_view name, absl::string_view shop) {
  absl::string_view id = name;
  if (absl::ConsumePrefix(&id, absl::StrCat("shops/", shop, "/rules/")) && IsRuleId(id)) return std::string(id);
  return base::Error(absl::StatusCode::kInvalidArgument, kReasonRuleName,
                     absl::StrCat("\"", name, "\" is no name of a rule; give shops/", shop, "/rules/{rule}"));
}

}  // namespace kontor::recommendations
