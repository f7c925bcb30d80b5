#include "services/recommendations/absence_text.h"

#include "absl/strings/str_cat.h"
#include "services/recommendations/convert.h"

namespace kontor::recommendations {
namespace {

using Reason = v1::AbsenceReason;

struct Wording {
  Reason::Cause cause;
  const char* text;     // behind the product's name
  const char* variant;  // the same of a variant, before its name; null: there is none
};

Wording WordingOf(AbsenceCause cause) {
  switch (cause) {
    case AbsenceCause::kNotSold:
      return {Reason::CAUSE_NOT_SOLD, "is no longer sold", nullptr};
    case AbsenceCause::kAskedProduct:
      return {Reason::CAUSE_ASKED_PRODUCT, "is what the request asks about", "is a variant of what is asked about, "};
    case AbsenceCause::kInBasket:
      return {Reason::CAUSE_IN_BASKET, "is in the basket", "is a variant of what is in the basket, "};
    case AbsenceCause::kInCart:
      return {Reason::CAUSE_IN_CART, "is in the cart", "is a variant of what is in the cart, "};
    case AbsenceCause::kExcluded:
      return {Reason::CAUSE_EXCLUDED, "is excluded by the request", nullptr};
    case AbsenceCause::kShownElsewhere:
      return {Reason::CAUSE_SHOWN_ELSEWHERE, "stands in an earlier list of the page",
              "is a variant of what stands in an earlier list, "};
    case AbsenceCause::kBought:
      return {Reason::CAUSE_BOUGHT, "was bought, and bought products are excluded",
              "is a variant of what was bought, "};
    case AbsenceCause::kNotBought:
      return {Reason::CAUSE_NOT_BOUGHT, "was not bought, and only bought products are asked for", nullptr};
    case AbsenceCause::kCategory:
      return {Reason::CAUSE_CATEGORY, "is of none of the categories asked for", nullptr};
    case AbsenceCause::kAttribute:
      return {Reason::CAUSE_ATTRIBUTE, "lacks an attribute that is asked for", nullptr};
    case AbsenceCause::kBudget:
      return {Reason::CAUSE_BUDGET, "costs more than asked for, or has no known price in that currency", nullptr};
    case AbsenceCause::kOutOfStock:
      return {Reason::CAUSE_OUT_OF_STOCK, "is out of stock", nullptr};
    case AbsenceCause::kNotCompatible:
      return {Reason::CAUSE_NOT_COMPATIBLE,
              "is related to what it shall go with neither as an accessory nor as compatible", nullptr};
    case AbsenceCause::kRuleFilter:
      return {Reason::CAUSE_RULE, "is kept out by a rule", nullptr};
    case AbsenceCause::kNotNominated:
      return {Reason::CAUSE_NOT_NOMINATED, "was proposed by no source", nullptr};
    case AbsenceCause::kVariantShown:
      return {Reason::CAUSE_VARIANT_SHOWN, "gives way to a variant", "gives way to its variant "};
    case AbsenceCause::kCategoryFull:
      return {Reason::CAUSE_CATEGORY_FULL, "is of a category that fills its places (max_per_category)", nullptr};
    case AbsenceCause::kCapped:
      return {Reason::CAUSE_CAPPED, "is beyond what a rule lets into one answer", nullptr};
    case AbsenceCause::kRuleRank:
      return {Reason::CAUSE_RULE_RANK, "would be shown but for a rule that moves it or others", nullptr};
    case AbsenceCause::kSeenOften:
      return {Reason::CAUSE_SEEN_OFTEN, "was seen often without a click", nullptr};
    case AbsenceCause::kDiversity:
      return {Reason::CAUSE_DIVERSITY, "is too like what is shown (diversity)", nullptr};
    case AbsenceCause::kExploration:
      return {Reason::CAUSE_EXPLORATION, "gives its place to a product that is being tried", nullptr};
    case AbsenceCause::kRankedBelow:
      return {Reason::CAUSE_RANKED_BELOW, "ranks below what is shown", nullptr};
    case AbsenceCause::kNotListed:
      return {Reason::CAUSE_NOT_LISTED, "is not among what this placement lists", nullptr};
  }
  return {Reason::CAUSE_UNSPECIFIED, "", nullptr};
}

}  // namespace

void FillAbsence(const Hindrance& why, ItemId item, const ServingView& view, const std::string& shop,
                 const CatalogueView& catalogue, v1::AbsenceReason& out) {
  const Wording wording = WordingOf(why.cause);
  out.set_cause(wording.cause);
  std::string text = absl::StrCat(catalogue.NameOf(view.IdOf(item)), " ");
  if (why.other != kNone) out.set_product_id(std::string(view.IdOf(why.other)));
  if (why.other != kNone && wording.variant != nullptr) {
    absl::StrAppend(&text, wording.variant, catalogue.NameOf(out.product_id()));
  } else {
    absl::StrAppend(&text, wording.text);
  }
  if (why.rule != kNone) {
    out.set_rule(RuleName(shop, view.rules->rules()[why.rule].rule.id));
    absl::StrAppend(&text, ": ", out.rule());
  }
  out.set_text(std::move(text));
}

}  // namespace kontor::recommendations
