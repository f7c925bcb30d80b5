#include "services/recommendations/trace.h"

#include <algorithm>

#include "libs/domain/recommendations/absence.h"
#include "services/recommendations/absence_text.h"
#include "services/recommendations/convert.h"

namespace kontor::recommendations {
namespace {

int PlaceIn(const std::vector<Recommendation>& list, ItemId item) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i].item == item) return static_cast<int>(i) + 1;
  }
  return 0;
}

Hindrance WhyGone(const Traced& traced, ItemId item) {
  const std::vector<Hindrance> causes = traced.question.eligible().Causes(item);
  if (!causes.empty()) return causes.front();
  for (const PassedOver& passed : traced.passed_over) {
    if (passed.item == item) return passed.why;
  }
  const Question& question = traced.question;
  if (question.lists_given() || question.context().effort == Effort::kPopular) {
    return {AbsenceCause::kRankedBelow, kNone, kNone};
  }
  const Absence absence = ExplainAbsence(question.view().model(), question.context(), question.request(), item);
  return absence.causes.empty() ? Hindrance() : absence.causes.front();
}

}  // namespace

void FillTraces(const Traced& traced, const std::string& shop, const CatalogueView& catalogue,
                v1::RecommendResponse& response) {
  const ServingView& view = traced.question.view();
  for (const Recommendation& one : traced.shown) {
    v1::ProductTrace& out = *response.add_traces();
    out.set_product_id(std::string(view.IdOf(one.item)));
    out.set_place(PlaceIn(traced.shown, one.item));
    out.set_place_without_rules(PlaceIn(traced.without_rules, one.item));
    out.set_model_score(one.model_score);
    out.set_score(one.score);
    for (const uint32_t rule : one.rules) out.add_rules(RuleName(shop, view.rules->rules()[rule].rule.id));
  }
  for (const Recommendation& one : traced.without_rules) {
    if (PlaceIn(traced.shown, one.item) > 0) continue;
    v1::ProductTrace& out = *response.add_traces();
    out.set_product_id(std::string(view.IdOf(one.item)));
    out.set_place_without_rules(PlaceIn(traced.without_rules, one.item));
    out.set_model_score(one.model_score);
    out.set_score(one.score);
    const Hindrance why = WhyGone(traced, one.item);
    FillAbsence(why, one.item, view, shop, catalogue, *out.mutable_absence());
    if (!out.absence().rule().empty()) out.add_rules(out.absence().rule());
  }
}

}  // namespace kontor::recommendations
