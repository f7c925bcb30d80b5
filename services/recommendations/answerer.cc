#include "services/recommendations/answerer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/subject.h"
#include "libs/platform/fleet/event_time.h"
#include "libs/platform/fleet/read_after.h"
#include "libs/platform/fleet/topics.h"
#include "services/recommendations/attribution_token.h"
#include "services/recommendations/convert.h"
#include "services/recommendations/trace.h"

namespace kontor::recommendations {
namespace {

std::vector<runtime::Counter> TierCounters(runtime::Metrics& metrics) {
  std::vector<runtime::Counter> counters;
  for (int tier = 0; tier < v1::Tier_ARRAYSIZE; ++tier) {
    const std::string name = absl::AsciiStrToLower(v1::Tier_Name(tier)).substr(5);  // without "TIER_"
    counters.push_back(
        metrics.counter("kontor_recommendations_answers_total", "Answers by how much they knew.", {{"tier", name}}));
  }
  return counters;
}

runtime::Counter DegradedCounter(runtime::Metrics& metrics, const char* reason) {
  return metrics.counter("kontor_recommendations_degraded_total", "Answers that lacked something, by what.",
                         {{"reason", reason}});
}

// What of a deadline is kept for ranking and for the way back.
constexpr absl::Duration kKept = absl::Milliseconds(5);
constexpr absl::Duration kPatience = absl::Milliseconds(50);

bool Names(const v1::RecommendRequest& request, std::initializer_list<absl::string_view> topics) {
  return std::any_of(request.read_after().begin(), request.read_after().end(), [&](const auto& position) {
    return std::find(topics.begin(), topics.end(), position.topic()) != topics.end();
  });
}

// The largest effort that is begun with so much left of a deadline: a few times of what each takes for 100,000
// products.
Effort EffortWithin(absl::Duration remaining) {
  struct Step {
    Effort effort;
    absl::Duration least;
  };
  constexpr Step kSteps[] = {{Effort::kDeep, absl::Milliseconds(8)},
                             {Effort::kLinear, absl::Milliseconds(5)},
                             {Effort::kSession, absl::Milliseconds(3)},
                             {Effort::kTrend, absl::Milliseconds(2)}};
  for (const Step& step : kSteps) {
    if (remaining >= step.least) return step.effort;
  }
  return Effort::kPopular;
}

Effort EffortOf(const v1::RecommendRequest& request) {
  if (request.effort() == v1::EFFORT_UNSPECIFIED) return Effort::kDeep;
  return static_cast<Effort>(request.effort() - v1::EFFORT_POPULAR);
}

v1::Effort EffortOnWire(Effort effort) {
  return static_cast<v1::Effort>(v1::EFFORT_POPULAR + static_cast<int>(effort));
}

// True for a history of before the last minutes' events said who its visitors are.
bool MissesLinks(const LiveShop& live, const std::string& buyer, const PurchaseHistory& history) {
  const std::vector<std::string> visitors = live.overlay.VisitorsOf(buyer, history.visitors());
  return !std::equal(visitors.begin(), visitors.end(), history.visitors().begin(), history.visitors().end());
}

absl::Time UntilOf(const v1::RecommendRequest& request) {
  return request.has_as_of() ? fleet::TimeOf(request.as_of()) : absl::InfiniteFuture();
}

}  // namespace

Answerer::Answerer(Parts parts)
    : parts_(std::move(parts)),
      answers_(TierCounters(parts_.metrics)),
      no_model_(DegradedCounter(parts_.metrics, "no_model")),
      no_history_(DegradedCounter(parts_.metrics, "history_missing")),
      stale_history_(DegradedCounter(parts_.metrics, "history_stale")),
      no_time_(DegradedCounter(parts_.metrics, "deadline")),
      random_(parts_.seed) {}

absl::StatusOr<Answerer::Setting> Answerer::Set(const runtime::CallContext& call, const v1::RecommendRequest& request,
                                                absl::string_view token) {
  Setting setting;
  setting.shop = call.shop;
  setting.live = parts_.live.Find(call.shop);
  if (setting.live == nullptr) {
    return base::Error(
        absl::StatusCode::kNotFound, kReasonShopUnknown,
        absl::StrCat("this fleet serves no shop \"", call.shop, "\"; add it to `shops` in its configuration"));
  }
  const auto applied = [this](const log::Position& position, absl::Duration timeout) {
    return parts_.views.WaitUntilApplied(position, timeout);
  };
  RETURN_IF_ERROR(fleet::WaitForPositions(LiveFollower::Topics(), applied, call, request.read_after()));
  if (Names(request, {fleet::kCatalog, fleet::kInventory})) parts_.serving.Refresh(call.shop);
  setting.views = parts_.serving.All(call.shop);
  setting.seed = request.seed() == 0 ? Draw() : request.seed();
  Choose(request, token, setting);
  return setting;
}

void Answerer::Choose(const v1::RecommendRequest& request, absl::string_view token, Setting& setting) const {
  std::string person(token);
  if (setting.views.canary != nullptr && person.empty()) person = BuyerToken(setting.shop, request);
  if (person.empty()) person = absl::StrCat(request.seed() == 0 ? setting.seed : request.seed());
  setting.view = setting.views.For(person);
}

std::string Answerer::BuyerToken(const std::string& shop, const v1::RecommendRequest& request) const {
  if (!request.customer_id().empty()) return CustomerToken(shop, request.customer_id());
  return base::SubjectToken(parts_.subject_secret, shop, base::SubjectKind::kVisitor, request.visitor_id());
}

std::string Answerer::CustomerToken(const std::string& shop, const std::string& customer_id) const {
  return base::SubjectToken(parts_.subject_secret, shop, base::SubjectKind::kCustomer, customer_id);
}

std::string Answerer::VisitorToken(const std::string& shop, const std::string& visitor_id) const {
  return base::SubjectToken(parts_.subject_secret, shop, base::SubjectKind::kVisitor, visitor_id);
}

Answerer::Person Answerer::Know(const Setting& setting, const v1::RecommendRequest& request,
                                absl::Duration remaining) const {
  static const auto& nobody = *new std::shared_ptr<const PurchaseHistory>(std::make_shared<const PurchaseHistory>());
  const std::string customer = CustomerToken(setting.shop, request.customer_id());
  const std::string visitor = VisitorToken(setting.shop, request.visitor_id());
  const std::string& buyer = customer.empty() ? visitor : customer;
  Person person;
  std::shared_ptr<const PurchaseHistory> history = nobody;
  if (!buyer.empty()) {
    HistoryReader::Demand demand{std::clamp(remaining - kKept, absl::ZeroDuration(), kPatience),
                                 Names(request, {fleet::kOrders, fleet::kIdentity, fleet::kPrivacy})};
    absl::StatusOr<FoundHistory> found = parts_.histories.Get(setting.shop, buyer, demand);
    if (found.ok() && !demand.past_caches && MissesLinks(*setting.live, buyer, *found->history)) {
      demand.past_caches = true;
      absl::StatusOr<FoundHistory> newer = parts_.histories.Get(setting.shop, buyer, demand);
      if (newer.ok()) found = std::move(newer);
    }
    person.missing = !found.ok();
    if (found.ok()) {
      person.stale = found->stale;
      history = found->history;
    }
  }
  person.known = setting.live->overlay.Lay(std::move(history), buyer, {customer, visitor}, UntilOf(request));
  return person;
}

Answerer::Person Answerer::Lay(const Setting& setting, const std::string& token, FoundHistory found,
                               const v1::RecommendRequest& request) const {
  Person person;
  person.stale = found.stale;
  person.known = setting.live->overlay.Lay(std::move(found.history), token, {token}, UntilOf(request));
  return person;
}

Occasion Answerer::OccasionOf(const Setting& setting, const v1::RecommendRequest& request) const {
  Occasion occasion;
  occasion.placement = parts_.placements.Get(setting.shop, PlacementOf(request));
  occasion.now = request.has_as_of() ? fleet::TimeOf(request.as_of()) : parts_.clock.Now();
  occasion.seed = request.seed();
  occasion.effort = EffortOf(request);
  return occasion;
}

std::vector<Recommendation> Answerer::Ask(const Question& question, std::vector<PassedOver>* passed_over) {
  const Model& model = question.view().model();
  if (question.lists_given()) {
    return ShowGiven(model, question.given(), ReasonKind::kRecentlyViewed, question.request(), passed_over);
  }
  if (question.context().effort == Effort::kPopular) return PopularList(model, question.context(), question.request());
  return recommendations::Recommend(model, question.context(), question.request(), passed_over);
}

Answerer::Answer Answerer::Give(const Setting& setting, const v1::RecommendRequest& request, const Person& person,
                                absl::Duration remaining, absl::Span<const ItemId> shown_elsewhere) {
  Answer answer;
  v1::RecommendResponse& response = answer.response;
  const absl::Time as_of = request.has_as_of() ? fleet::TimeOf(request.as_of()) : setting.live->newest_event();
  if (as_of > absl::UnixEpoch()) fleet::SetTime(as_of, *response.mutable_as_of());  // unset before the first event
  if (person.missing) Degrade(no_history_, "the purchase history cannot be read at the moment", response);
  if (person.stale) Degrade(stale_history_, "the purchase history may be a few minutes old", response);
  Occasion occasion = OccasionOf(setting, request);
  if (occasion.seed == 0) occasion.seed = setting.seed;
  occasion.shown_elsewhere = shown_elsewhere;
  response.set_seed(occasion.seed);
  if (setting.view == nullptr) {
    response.set_tier(v1::TIER_EMPTY);
    Degrade(no_model_, "there is no model yet: call TrainModel", response);
  } else {
    const Effort wanted = occasion.effort;
    occasion.effort = std::min(wanted, EffortWithin(remaining));
    if (occasion.effort == Effort::kPopular && wanted != Effort::kPopular) {
      Degrade(no_time_, "the deadline leaves no time to rank: this is the popular list", response);
    } else if (occasion.effort < wanted) {
      Degrade(no_time_, "the deadline leaves time for a simpler ranking only", response);
    }
    Show(setting, request, person, occasion, answer);
  }
  Sign(setting.view.get(), request, answer);
  answers_[response.tier()].Add();
  return answer;
}

void Answerer::Show(const Setting& setting, const v1::RecommendRequest& request, const Person& person,
                    const Occasion& occasion, Answer& answer) const {
  const Question question(setting.view, request, person.known, occasion);
  std::vector<PassedOver> passed_over;
  const std::vector<Recommendation> shown = Ask(question, request.include_trace() ? &passed_over : nullptr);
  const Model& model = setting.view->model();
  v1::RecommendResponse& response = answer.response;
  response.set_tier(
      question.lists_given()
          ? v1::TIER_PERSONAL
          : TierOnWire(TierOf(model, question.personal() ? question.context() : Impersonal(question.context()))));
  response.set_effort(EffortOnWire(question.context().effort));
  response.set_model(ModelName(setting.shop, setting.view->served->info().version));
  response.set_snapshot(question.snapshot());
  response.set_strategy(StrategyOnWire(question.strategy().strategy));
  response.set_strategy_propensity(question.strategy().propensity);
  answer.token.strategy = static_cast<int>(question.strategy().strategy);
  answer.token.context = question.strategy_context().number;
  answer.token.propensity = question.strategy().propensity;
  answer.token.expected =
      occasion.placement.policy->Expected(question.strategy_context(), question.strategy().strategy);
  if (setting.views.canary != nullptr) {
    kontor::events::v1::ExperimentAssignment& assignment = *response.add_assignments();
    assignment.set_experiment(absl::StrCat("recommendations-canary-", setting.views.canary->served->info().version));
    assignment.set_variant(setting.view == setting.views.canary ? "canary" : "serving");
  }
  FillRecommendations(shown, *setting.view, setting.shop, *setting.live, response);
  for (const Recommendation& one : shown) answer.shown.push_back(one.item);
  if (!request.include_trace()) return;
  Occasion without = occasion;
  without.with_rules = false;
  const Question plain(setting.view, request, person.known, without);
  FillTraces({question, shown, passed_over, Ask(plain)}, setting.shop, setting.live->catalogue, response);
}

void Answerer::Degrade(const runtime::Counter& counter, const char* reason, v1::RecommendResponse& response) const {
  counter.Add();
  response.set_degraded(true);
  response.set_degraded_reason(reason);
}

uint64_t Answerer::Draw() {
  base::MutexLock lock(mutex_);
  return std::max<uint64_t>(1, random_());
}

void Answerer::Sign(const ServingView* view, const v1::RecommendRequest& request, Answer& answer) {
  v1::RecommendResponse& response = answer.response;
  AttributionToken& token = answer.token;
  token.model_version = view == nullptr ? 0 : view->served->info().version;
  token.placement = PlacementOf(request);
  token.tier = response.tier();
  token.answered_at = parts_.clock.Now();
  token.answer_id = Draw();
  for (const auto& one : response.recommendations()) {
    token.leads += LeadCharacter(one.reasons().empty() ? 0 : one.reasons(0).kind());
  }
  response.set_attribution_token(FormatAttributionToken(token));
}

}  // namespace kontor::recommendations
