#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kontor/recommendations/v1/recommendation_service.pb.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/base/random.h"
#include "libs/platform/runtime/call_context.h"
#include "libs/platform/runtime/metrics.h"
#include "services/recommendations/applied_views.h"
#include "services/recommendations/attribution_token.h"
#include "services/recommendations/history_store.h"
#include "services/recommendations/live_follower.h"
#include "services/recommendations/question.h"
#include "services/recommendations/serving_view.h"

namespace kontor::recommendations {

// One answer to one question, for every RPC that answers questions. What is missing makes the answer poorer and says
// so; it is never an error. So does a deadline that is near: no waiting for a history, then less effort (EffortWithin).
// Thread-safe.
class Answerer {
 public:
  struct Parts {
    ServingViews& serving;
    const LiveFollower& live;
    HistoryReader& histories;
    const AppliedViews& views;
    const PlacementBook& placements;
    const base::Clock& clock;
    runtime::Metrics& metrics;
    std::string subject_secret;
    uint64_t seed = 1;  // of the ids in attribution tokens and of the seeds that requests leave open
  };
  explicit Answerer(Parts parts);

  // Of one call: the shop, and the view that all its answers come from.
  struct Setting {
    std::string shop;
    const LiveShop* live = nullptr;
    ShopViews views;
    std::shared_ptr<const ServingView> view;  // of views, by whom is asked for; null: no model yet
    uint64_t seed = 0;                        // for requests that give none
  };
  // NOT_FOUND (SHOP_UNKNOWN) for a shop that this fleet does not serve; waits for read_after as
  // libs/platform/fleet/read_after.h says: UNAVAILABLE (NOT_YET_APPLIED).
  // `token`: the person, where the request names nobody.
  absl::StatusOr<Setting> Set(const runtime::CallContext& call, const v1::RecommendRequest& request,
                              absl::string_view token = {});
  // The model in service, or the canary for those whom it answers: chosen by the person, or by the seed of a stranger.
  void Choose(const v1::RecommendRequest& request, absl::string_view token, Setting& setting) const;

  // A person as found, and what could not be.
  struct Person {
    KnownPerson known;
    bool missing = false, stale = false;  // the history
  };
  Person Know(const Setting& setting, const v1::RecommendRequest& request, absl::Duration remaining) const;
  // The person of a token whose history is known already.
  Person Lay(const Setting& setting, const std::string& token, FoundHistory found,
             const v1::RecommendRequest& request) const;
  std::string CustomerToken(const std::string& shop, const std::string& customer_id) const;
  std::string VisitorToken(const std::string& shop, const std::string& visitor_id) const;

  // Beside the answer what it shows, for the next list of a page.
  struct Answer {
    v1::RecommendResponse response;
    std::vector<ItemId> shown;
    AttributionToken token;  // what it was given by; the rest when it is signed
  };
  Answer Give(const Setting& setting, const v1::RecommendRequest& request, const Person& person,
              absl::Duration remaining, absl::Span<const ItemId> shown_elsewhere = {});

  // As Give would ask it with time enough. The seed is the request's, or 0.
  Occasion OccasionOf(const Setting& setting, const v1::RecommendRequest& request) const;

  static std::vector<Recommendation> Ask(const Question& question, std::vector<PassedOver>* passed_over = nullptr);

 private:
  std::string BuyerToken(const std::string& shop, const v1::RecommendRequest& request) const;
  void Degrade(const runtime::Counter& counter, const char* reason, v1::RecommendResponse& response) const;
  void Show(const Setting& setting, const v1::RecommendRequest& request, const Person& person, const Occasion& occasion,
            Answer& answer) const;
  uint64_t Draw();
  void Sign(const ServingView* view, const v1::RecommendRequest& request, Answer& answer);

  Parts parts_;
  const std::vector<runtime::Counter> answers_;  // by v1::Tier
  const runtime::Counter no_model_, no_history_, stale_history_, no_time_;
  base::Mutex mutex_;
  base::Random random_ ABSL_GUARDED_BY(mutex_);
};

constexpr char kReasonShopUnknown[] = "SHOP_UNKNOWN";

}  // namespace kontor::recommendations
