#include "services/recommendations/recommend_handler.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/subject.h"
#include "libs/platform/fleet/event_time.h"
#include "libs/platform/fleet/read_after.h"
#include "libs/platform/fleet/topics.h"
#include "services/recommendations/attribution_token.h"
#include "services/recommendations/check_request.h"
#include "services/recommendations/convert.h"

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

// What of a deadline is kept for ranking and for the way back, and the least that ranking is begun with.
constexpr absl::Duration kKept = absl::Milliseconds(5), kRankingTime = absl::Milliseconds(2);
constexpr absl::Duration kPatience = absl::Milliseconds(50);

bool NamesOrders(const v1::RecommendRequest& request) {
  return std::any_of(request.read_after().begin(), request.read_after().end(),
                     [](const auto& position) { return position.topic() == fleet::kOrders; });
}

}  // namespace

RecommendHandler::RecommendHandler(Parts parts)
    : parts_(std::move(parts)),
      answers_(TierCounters(parts_.metrics)),
      no_model_(DegradedCounter(parts_.metrics, "no_model")),
      no_history_(DegradedCounter(parts_.metrics, "history_missing")),
      stale_history_(DegradedCounter(parts_.metrics, "history_stale")),
      no_time_(DegradedCounter(parts_.metrics, "deadline")),
      random_(parts_.seed) {}

absl::StatusOr<v1::RecommendResponse> RecommendHandler::Recommend(const runtime::CallContext& call,
                                                                  const v1::RecommendRequest& request) {
  RETURN_IF_ERROR(CheckRequest(request));
  const LiveShop* live = parts_.live.Find(call.shop);
  if (live == nullptr) {
    return base::Error(
        absl::StatusCode::kNotFound, kReasonShopUnknown,
        absl::StrCat("this fleet serves no shop \"", call.shop, "\"; add it to `shops` in its configuration"));
  }
  const auto applied = [this](const log::Position& position, absl::Duration timeout) {
    return parts_.views.WaitUntilApplied(position, timeout);
  };
  RETURN_IF_ERROR(fleet::WaitForPositions(LiveFollower::Topics(), applied, call, request.read_after()));

  v1::RecommendResponse response;
  const absl::Time as_of = request.has_as_of() ? fleet::TimeOf(request.as_of()) : live->newest_event();
  if (as_of > absl::UnixEpoch()) fleet::SetTime(as_of, *response.mutable_as_of());  // unset before the first event
  const std::shared_ptr<const ServedModel> served = parts_.models.Get(call.shop);
  if (served == nullptr) {
    response.set_tier(v1::TIER_EMPTY);
    Degrade(no_model_, "there is no model yet: call TrainModel", response);
  } else {
    const KnownPerson person = KnowPerson(call, *live, request, response);
    const DomainQuestion question(*served, live->catalogue, request, person);
    const Model& model = served->model();
    const bool ranked = call.remaining() >= kRankingTime;
    if (!ranked) Degrade(no_time_, "the deadline leaves no time to rank: this is the popular list", response);
    response.set_tier(TierOnWire(TierOf(model, ranked ? question.context() : Impersonal(question.context()))));
    response.set_model(ModelName(call.shop, served->info().version));
    if (!question.nothing_allowed()) {
      FillRecommendations(ranked ? recommendations::Recommend(model, question.context(), question.request())
                                 : PopularList(model, question.context(), question.request()),
                          model, *live, response);
    }
  }
  Sign(served.get(), request, response);
  answers_[response.tier()].Add();
  return response;
}

RecommendHandler::Subjects RecommendHandler::SubjectsOf(const std::string& shop,
                                                        const v1::RecommendRequest& request) const {
  const auto token = [&](base::SubjectKind kind, const std::string& id) {
    return base::SubjectToken(parts_.subject_secret, shop, kind, id);
  };
  std::string customer = token(base::SubjectKind::kCustomer, request.customer_id());
  std::string visitor = token(base::SubjectKind::kVisitor, request.visitor_id());
  return {customer.empty() ? visitor : customer, {customer, visitor}};
}

KnownPerson RecommendHandler::KnowPerson(const runtime::CallContext& call, const LiveShop& live,
                                         const v1::RecommendRequest& request, v1::RecommendResponse& response) const {
  static const auto& nobody = *new std::shared_ptr<const PurchaseHistory>(std::make_shared<const PurchaseHistory>());
  const Subjects subjects = SubjectsOf(call.shop, request);
  std::shared_ptr<const PurchaseHistory> history = nobody;
  if (!subjects.buyer.empty()) {
    const HistoryReader::Demand demand{std::clamp(call.remaining() - kKept, absl::ZeroDuration(), kPatience),
                                       NamesOrders(request)};
    const absl::StatusOr<FoundHistory> found = parts_.histories.Get(call.shop, subjects.buyer, demand);
    if (!found.ok()) {
      Degrade(no_history_, "the purchase history cannot be read at the moment", response);
    } else {
      if (found->stale) Degrade(stale_history_, "the purchase history may be a few minutes old", response);
      history = found->history;
    }
  }
  const absl::Time until = request.has_as_of() ? fleet::TimeOf(request.as_of()) : absl::InfiniteFuture();
  return live.overlay.Lay(std::move(history), subjects.buyer, subjects.session, until);
}

void RecommendHandler::Degrade(const runtime::Counter& counter, const char* reason,
                               v1::RecommendResponse& response) const {
  counter.Add();
  response.set_degraded(true);
  response.set_degraded_reason(reason);
}

void RecommendHandler::Sign(const ServedModel* served, const v1::RecommendRequest& request,
                            v1::RecommendResponse& response) {
  AttributionToken token;
  token.model_version = served == nullptr ? 0 : served->info().version;
  token.placement = PlacementOf(request);
  token.tier = response.tier();
  token.answered_at = parts_.clock.Now();
  {
    base::MutexLock lock(mutex_);
    token.answer_id = random_();
  }
  response.set_attribution_token(FormatAttributionToken(token));
}

}  // namespace kontor::recommendations
