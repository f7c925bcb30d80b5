#include "services/recommendations/recommend_handler.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/recommendations/absence.h"
#include "services/recommendations/absence_text.h"
#include "services/recommendations/check_request.h"

namespace kontor::recommendations {
namespace {

void FillSignals(const Absence& absence, const Model& model, v1::ExplainAbsenceResponse& response) {
  for (size_t i = 0; i < absence.signals.size(); ++i) {
    v1::SignalScore& out = *response.add_signals();
    out.set_source(std::string(model.SourceOf(i).name()));
    out.set_signal(std::string(model.ranker().signals()[i].name));
    out.set_value(absence.signals[i]);
    out.set_contribution(absence.contributions[i]);
  }
}

// By the way that Answerer::Ask takes.
Absence WhyAbsent(const Question& question, ItemId item) {
  const Model& model = question.view().model();
  const Request& request = question.request();
  if (question.lists_given()) {
    return ExplainAbsenceFromGiven(model, question.given(), request, item, AbsenceCause::kNotListed);
  }
  if (question.context().effort == Effort::kPopular) {
    return ExplainAbsenceFromGiven(model, PopularCandidates(model, question.context(), request), request, item,
                                   AbsenceCause::kNotNominated);
  }
  return recommendations::ExplainAbsence(model, question.context(), request, item);
}

void Say(v1::AbsenceReason::Cause cause, const std::string& text, v1::ExplainAbsenceResponse& response) {
  v1::AbsenceReason& reason = *response.add_reasons();
  reason.set_cause(cause);
  reason.set_text(text);
}

}  // namespace

absl::StatusOr<v1::RecommendResponse> RecommendHandler::Recommend(const runtime::CallContext& call,
                                                                  const v1::RecommendRequest& request) {
  const OnlineLoad::Scope running(online_);
  RETURN_IF_ERROR(CheckRequest(request));
  ASSIGN_OR_RETURN(const Answerer::Setting setting, answerer_.Set(call, request));
  requests_.Keep(call.shop, request);
  const Answerer::Person person = answerer_.Know(setting, request, call.remaining());
  return answerer_.Give(setting, request, person, call.remaining()).response;
}

absl::StatusOr<v1::RecommendPageResponse> RecommendHandler::RecommendPage(const runtime::CallContext& call,
                                                                          const v1::RecommendPageRequest& page) {
  const OnlineLoad::Scope running(online_);
  RETURN_IF_ERROR(CheckPage(page));
  const v1::RecommendRequest& first = page.requests(0);
  ASSIGN_OR_RETURN(const Answerer::Setting setting, answerer_.Set(call, first));
  const Answerer::Person person = answerer_.Know(setting, first, call.remaining());
  v1::RecommendPageResponse response;
  std::vector<ItemId> shown;
  for (const v1::RecommendRequest& one : page.requests()) {
    v1::RecommendRequest request = one;
    request.set_customer_id(first.customer_id());
    request.set_visitor_id(first.visitor_id());
    if (first.has_as_of()) *request.mutable_as_of() = first.as_of();
    requests_.Keep(call.shop, request);
    Answerer::Answer answer = answerer_.Give(setting, request, person, call.remaining(), shown);
    *response.add_responses() = std::move(answer.response);
    shown.insert(shown.end(), answer.shown.begin(), answer.shown.end());
  }
  return response;
}

absl::StatusOr<v1::ExplainAbsenceResponse> RecommendHandler::ExplainAbsence(const runtime::CallContext& call,
                                                                            const v1::ExplainAbsenceRequest& asked) {
  RETURN_IF_ERROR(CheckAbsence(asked));
  const v1::RecommendRequest& request = asked.request();
  ASSIGN_OR_RETURN(const Answerer::Setting setting, answerer_.Set(call, request));
  v1::ExplainAbsenceResponse response;
  if (setting.view == nullptr) {
    Say(v1::AbsenceReason::CAUSE_NO_MODEL, "there is no model yet: call TrainModel", response);
    return response;
  }
  const ServingView& view = *setting.view;
  const ItemId item = view.Find(asked.product_id());
  if (item == kNone) {
    Say(v1::AbsenceReason::CAUSE_UNKNOWN_PRODUCT,
        absl::StrCat(asked.product_id(),
                     " is named by no order that the model has learned from and not by the catalogue"),
        response);
    return response;
  }
  const Answerer::Person person = answerer_.Know(setting, request, call.remaining());
  const Question question(setting.view, request, person.known, answerer_.OccasionOf(setting, request));
  response.set_snapshot(question.snapshot());
  const Absence absence = WhyAbsent(question, item);
  response.set_place(absence.place);
  response.set_rank(absence.rank);
  response.set_score(absence.score);
  response.set_last_score(absence.last_score);
  FillSignals(absence, view.model(), response);
  if (absence.place > 0) return response;
  for (const Hindrance& why : absence.causes) {
    FillAbsence(why, item, view, call.shop, setting.live->catalogue, *response.add_reasons());
  }
  return response;
}

}  // namespace kontor::recommendations
