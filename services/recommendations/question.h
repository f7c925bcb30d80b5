#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "kontor/recommendations/v1/recommendation_service.pb.h"
#include "libs/domain/recommendations/recommend.h"
#include "services/recommendations/overlay.h"
#include "services/recommendations/placement_book.h"
#include "services/recommendations/serving_view.h"

namespace kontor::recommendations {

// PLACEMENT_UNSPECIFIED is FOR_YOU.
v1::Placement PlacementOf(const v1::RecommendRequest& request);
// True for placements that rank nothing for a person: a history then only filters.
bool AsksAboutNobody(v1::Placement placement);

// True for placements whose answer may go by one strategy or another.
bool HasStrategies(v1::Placement placement);

// What a question is asked with beside request and person.
struct Occasion {
  absl::Time now;  // for rules and prices: the request's as_of or the clock's time
  uint64_t seed = 0;
  absl::Span<const ItemId> shown_elsewhere;  // in earlier lists of the page
  bool with_rules = true;
  Effort effort = Effort::kDeep;
  PlacementState placement;
};

// A question in the numbers of a view, with the memory that it borrows.
//
//   placement         who is asked about                          what is folded in
//   FOR_YOU           history and session                         basket, cart, views of the request and of the last
//   minutes BASKET            the same, ranked by what completes a basket  the same SIMILAR           nobody; history
//   only filters                session_product_ids[0] BOUGHT_TOGETHER   the same, by what was bought together alone
//   the same BUY_AGAIN         as FOR_YOU, bought products only            the same POPULAR, TRENDING nobody; history
//   only filters                nothing RECENTLY_VIEWED   nobody; given() is the answer               nothing
class Question {
 public:
  Question(std::shared_ptr<const ServingView> view, const v1::RecommendRequest& request, const KnownPerson& person,
           const Occasion& occasion);
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  const ServingView& view() const { return *view_; }
  const UserContext& context() const { return context_; }
  const Request& request() const { return request_; }
  const Eligibility& eligible() const { return eligible_; }
  // RECENTLY_VIEWED: what may be shown of what was viewed, newest first.
  const std::vector<Scored>& given() const { return given_; }
  // False where nothing of the person decides: the answer is a list of what sells.
  bool personal() const { return context_.effort >= Effort::kSession; }
  // What was chosen, in which context, and with which probability; kNone where the placement leaves no choice.
  StrategyPolicy::Choice strategy() const { return strategy_; }
  StrategyContext strategy_context() const { return strategy_context_; }
  // The view's, and what of the placement's state decides about the answer.
  const std::string& snapshot() const { return snapshot_; }
  bool lists_given() const { return placement_ == v1::PLACEMENT_RECENTLY_VIEWED; }

 private:
  void FillBaskets(const KnownPerson& person);
  void FillSession(const v1::RecommendRequest& request, const KnownPerson& person);
  void FillGiven(const v1::RecommendRequest& request, const KnownPerson& person);
  void AddSeed(const std::string& product, double weight);
  void FillContext(const v1::RecommendRequest& request, const KnownPerson& person);
  void ChooseStrategy(const v1::RecommendRequest& request, const Occasion& occasion);
  void SetObjective(const v1::RecommendRequest& request, const Occasion& occasion);
  void Exclude(const std::string& product, AbsenceCause cause);
  void ExcludeWithVariants(ItemId item, AbsenceCause cause);
  void ExcludeProducts(const v1::RecommendRequest& request, const KnownPerson& person, const Occasion& occasion);
  void FilterByHistory(const KnownPerson& person, const v1::RecommendRequest& request);
  void FilterByFacts(const v1::RecommendRequest& request, absl::Time now);
  void ApplyRules(const v1::RecommendRequest& request, const KnownPerson& person, absl::Time now);
  void FillSeen(const v1::RecommendRequest& request, const KnownPerson& person, absl::Time now);
  void FillRerank(const v1::RecommendRequest& request, const Occasion& occasion);

  const std::shared_ptr<const ServingView> view_;
  const v1::Placement placement_;
  const bool one_variant_;
  std::vector<std::vector<ItemId>> basket_items_;
  std::vector<PastBasket> baskets_;
  std::vector<Seed> session_;
  Eligibility eligible_;
  std::vector<uint32_t> active_rules_;
  std::vector<std::pair<ItemId, float>> seen_;
  std::vector<Scored> given_;
  UserContext context_;
  Request request_;
  StrategyContext strategy_context_;
  StrategyPolicy::Choice strategy_{Strategy::kNone, 1};
  std::string snapshot_;
};

}  // namespace kontor::recommendations
