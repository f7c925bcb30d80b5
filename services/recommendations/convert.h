#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kontor/recommendations/v1/recommendation_service.pb.h"
#include "libs/domain/recommendations/recommend.h"
#include "services/recommendations/live_follower.h"
#include "services/recommendations/overlay.h"
#include "services/recommendations/serving_models.h"

// Between the wire and the domain; with reason_text.h the only files that see both.
namespace kontor::recommendations {

// PLACEMENT_UNSPECIFIED is FOR_YOU.
v1::Placement PlacementOf(const v1::RecommendRequest& request);

// A question in the numbers of a model, with the memory that it borrows.
//
//   placement   who is asked about                          what is folded in
//   FOR_YOU     history and session                         basket, cart, views of the request and of the last minutes
//   BASKET      the same, ranked by what completes a basket  the same
//   SIMILAR     nobody; history only filters                session_product_ids[0]
//   BUY_AGAIN   as FOR_YOU, bought products only            the same
//   POPULAR     nobody; history only filters                nothing
class DomainQuestion {
 public:
  DomainQuestion(const ServedModel& served, const CatalogueView& catalogue, const v1::RecommendRequest& request,
                 const KnownPerson& person);
  DomainQuestion(const DomainQuestion&) = delete;
  DomainQuestion& operator=(const DomainQuestion&) = delete;

  const UserContext& context() const { return context_; }
  const Request& request() const { return request_; }
  // True when categories are asked for of which the model knows none: the answer is empty.
  bool nothing_allowed() const { return nothing_allowed_; }

 private:
  void FillBaskets(const KnownPerson& person);
  void FillSession(const v1::RecommendRequest& request, const KnownPerson& person);
  void AddSeed(const std::string& product, double weight);
  void FillContext(const v1::RecommendRequest& request, const KnownPerson& person);
  void FillExcluded(const v1::RecommendRequest& request, const KnownPerson& person);
  void FillCategories(const v1::RecommendRequest& request);
  void FilterByHistory(const KnownPerson& person, BoughtItems bought);
  std::vector<ItemId> BoughtItemsOf(const KnownPerson& person) const;

  const Model& model_;
  const v1::Placement placement_;
  std::vector<std::vector<ItemId>> basket_items_;
  std::vector<PastBasket> baskets_;
  std::vector<Seed> session_;
  std::vector<ItemId> excluded_;
  std::vector<uint32_t> categories_;
  std::shared_ptr<const std::vector<uint64_t>> sold_;
  std::vector<uint64_t> allowed_;
  bool nothing_allowed_ = false;
  UserContext context_;
  Request request_;
};

v1::Tier TierOnWire(Tier tier);

// Products with titles and reasons.
void FillRecommendations(const std::vector<Recommendation>& ranked, const Model& model, const LiveShop& shop,
                         v1::RecommendResponse& response);

// A model of the registry.
void FillModel(const std::string& shop, const registry::ModelInfo& info, bool serving, v1::Model& out);

}  // namespace kontor::recommendations
