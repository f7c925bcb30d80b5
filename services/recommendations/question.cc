#include "services/recommendations/question.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"
#include "services/recommendations/check_request.h"
#include "services/recommendations/training_data.h"

namespace kontor::recommendations {
namespace {

constexpr double kBasketWeight = 1, kSessionWeight = 0.6, kSessionDecay = 0.85;
// Of the score, for each time that a product was shown without a look; how low that can make it; what is left out.
constexpr double kImpressionDiscount = 0.1, kLeastFactor = 0.2, kNoticeable = 0.99;

BoughtItems BoughtOf(v1::Placement placement, v1::BoughtProducts asked) {
  if (placement == v1::PLACEMENT_BUY_AGAIN || asked == v1::BOUGHT_PRODUCTS_ONLY) return BoughtItems::kOnly;
  return asked == v1::BOUGHT_PRODUCTS_EXCLUDE ? BoughtItems::kExclude : BoughtItems::kInclude;
}

bool AsksForOneProduct(v1::Placement placement) {
  return placement == v1::PLACEMENT_SIMILAR || placement == v1::PLACEMENT_BOUGHT_TOGETHER;
}

// Of the choice of a strategy, so that it is drawn apart from what exploration draws.
constexpr uint64_t kStrategySalt = 0x5354'5241'5445'4759;

int64_t NanosOf(const google::type::Money& money) { return money.units() * 1'000'000'000 + money.nanos(); }

}  // namespace

v1::Placement PlacementOf(const v1::RecommendRequest& request) {
  return request.placement() == v1::PLACEMENT_UNSPECIFIED ? v1::PLACEMENT_FOR_YOU : request.placement();
}

bool AsksAboutNobody(v1::Placement placement) {
  return AsksForOneProduct(placement) || placement == v1::PLACEMENT_POPULAR || placement == v1::PLACEMENT_TRENDING ||
         placement == v1::PLACEMENT_RECENTLY_VIEWED;
}

bool HasStrategies(v1::Placement placement) {
  return placement == v1::PLACEMENT_FOR_YOU || placement == v1::PLACEMENT_BASKET;
}

Question::Question(std::shared_ptr<const ServingView> view, const v1::RecommendRequest& request,
                   const KnownPerson& person, const Occasion& occasion)
    : view_(std::move(view)),
      placement_(PlacementOf(request)),
      one_variant_(request.variants() != v1::VARIANTS_ALL),
      eligible_(view_->items()) {
  const bool completes = placement_ == v1::PLACEMENT_BASKET || AsksForOneProduct(placement_);
  request_.task = completes ? Task::kCompleteBasket : Task::kNextBasket;
  request_.limit = request.page_size() == 0 ? kDefaultPageSize : request.page_size();
  if (placement_ == v1::PLACEMENT_BOUGHT_TOGETHER) request_.ranker = &view_->together;
  if (placement_ == v1::PLACEMENT_TRENDING) request_.ranker = &view_->trending;
  FillSession(request, person);
  FillContext(request, person);
  if (!AsksAboutNobody(placement_)) FillBaskets(person);
  ExcludeProducts(request, person, occasion);
  context_.session = session_;
  context_.live = view_->live.catalogue.get();
  context_.now_seconds = absl::ToUnixSeconds(occasion.now);
  context_.effort = occasion.effort;
  snapshot_ = view_->snapshot;
  ChooseStrategy(request, occasion);
  SetObjective(request, occasion);
  FilterByHistory(person, request);
  FilterByFacts(request, occasion.now);
  if (occasion.with_rules) ApplyRules(request, person, occasion.now);
  FillSeen(request, person, occasion.now);
  FillRerank(request, occasion);
  if (lists_given()) FillGiven(request, person);
  request_.eligible = &eligible_;
}

void Question::ChooseStrategy(const v1::RecommendRequest& request, const Occasion& occasion) {
  if (!HasStrategies(placement_) || occasion.effort < Effort::kSession) return;
  strategy_context_ = StrategyContext::Of(context_, static_cast<uint32_t>(request.device()));
  strategy_ = {Strategy::kEnsemble, 1};
  const bool said = request.strategy() != v1::STRATEGY_UNSPECIFIED;
  const v1::Strategy wanted = said ? request.strategy() : occasion.placement.strategy;
  const bool open = request.bought_products() == v1::BOUGHT_PRODUCTS_UNSPECIFIED;
  if (wanted == v1::STRATEGY_AUTO && open) {
    const StrategyPolicy& policy = *occasion.placement.policy;
    strategy_ = policy.Choose(strategy_context_, base::Random(occasion.seed ^ kStrategySalt).Uniform());
    absl::StrAppend(&snapshot_, ".s", absl::Hex(policy.fingerprint(), absl::kZeroPad16));
  } else if (strategy_context_.Allows(StrategyFrom(wanted)) && (open || said)) {
    strategy_.strategy = StrategyFrom(wanted);
  }
  ApplyStrategy(strategy_.strategy, context_, request_);
}

void Question::SetObjective(const v1::RecommendRequest& request, const Occasion& occasion) {
  if (lists_given()) return;
  request_.objective = request.has_objective() ? ObjectiveFrom(request.objective()) : occasion.placement.objective;
  if (!occasion.placement.etag.empty()) absl::StrAppend(&snapshot_, ".p", occasion.placement.etag);
}

void Question::FillBaskets(const KnownPerson& person) {
  basket_items_.resize(person.baskets.size());
  for (size_t b = 0; b < person.baskets.size(); ++b) {
    for (const absl::string_view product : person.baskets[b].products) {
      if (const ItemId item = view_->Find(product); item != kNone) basket_items_[b].push_back(item);
    }
    baskets_.push_back({person.baskets[b].time_micros / 1'000'000, basket_items_[b]});
  }
  context_.baskets = baskets_;
}

void Question::AddSeed(const std::string& product, double weight) {
  const ItemId item = view_->Find(product);
  if (item == kNone) return;
  const auto known =
      std::find_if(session_.begin(), session_.end(), [&](const Seed& seed) { return seed.item == item; });
  if (known == session_.end()) {
    session_.push_back({item, static_cast<float>(weight)});
  } else {
    known->weight = std::max(known->weight, static_cast<float>(weight));
  }
}

void Question::FillSession(const v1::RecommendRequest& request, const KnownPerson& person) {
  if (AsksForOneProduct(placement_)) return AddSeed(request.session_product_ids(0), 1);
  if (AsksAboutNobody(placement_)) return;
  for (const std::string& product : request.basket_product_ids()) AddSeed(product, kBasketWeight);
  double weight = kSessionWeight;
  for (const std::string& product : request.session_product_ids()) {
    AddSeed(product, weight);
    weight *= kSessionDecay;
  }
  for (const KnownSeed& seed : person.session) AddSeed(seed.product, seed.weight);
}

void Question::FillContext(const v1::RecommendRequest& request, const KnownPerson& person) {
  const history::Interner& contexts = view_->model().catalogue().contexts;
  const auto find = [&](const std::string& country, const std::string& store) -> ContextId {
    if (!store.empty()) {
      if (const auto found = contexts.Find(StoreContext(store))) return *found;
    }
    return country.empty() ? kNone : contexts.Find(CountryContext(country)).value_or(kNone);
  };
  context_.context = find(request.country(), request.store_id());
  const bool said = !request.country().empty() || !request.store_id().empty();
  if (!said && !AsksAboutNobody(placement_)) context_.context = find(person.country, person.store);
  if (!AsksAboutNobody(placement_)) context_.person = person.id;
}

void Question::ExcludeWithVariants(ItemId item, AbsenceCause cause) {
  eligible_.Exclude(item, cause);
  if (!one_variant_) return;
  for (const auto& [group, variant] : view_->facts.OfGroup(view_->facts.group(item))) {
    if (variant != item) eligible_.Exclude(variant, cause, item);
  }
}

void Question::Exclude(const std::string& product, AbsenceCause cause) {
  if (const ItemId item = view_->Find(product); item != kNone) ExcludeWithVariants(item, cause);
}

void Question::ExcludeProducts(const v1::RecommendRequest& request, const KnownPerson& person,
                               const Occasion& occasion) {
  if (AsksForOneProduct(placement_)) Exclude(request.session_product_ids(0), AbsenceCause::kAskedProduct);
  for (const std::string& product : request.basket_product_ids()) Exclude(product, AbsenceCause::kInBasket);
  if (!AsksAboutNobody(placement_) || lists_given()) {
    for (const std::string& product : person.in_cart) Exclude(product, AbsenceCause::kInCart);
  }
  for (const std::string& product : request.excluded_product_ids()) {
    if (const ItemId item = view_->Find(product); item != kNone) eligible_.Exclude(item, AbsenceCause::kExcluded);
  }
  for (const ItemId item : occasion.shown_elsewhere) ExcludeWithVariants(item, AbsenceCause::kShownElsewhere);
}

void Question::FilterByHistory(const KnownPerson& person, const v1::RecommendRequest& request) {
  const BoughtItems bought = strategy_.strategy == Strategy::kDiscovery
                                 ? BoughtItems::kExclude
                                 : BoughtOf(placement_, request.bought_products());
  request_.bought = AsksAboutNobody(placement_) ? BoughtItems::kInclude : bought;
  if (bought == BoughtItems::kInclude) return;
  Bits items(WordsFor(view_->items()), 0);
  for (const KnownBasket& basket : person.baskets) {
    for (const absl::string_view product : basket.products) {
      if (const ItemId item = view_->Find(product); item != kNone) SetBit(items, item, true);
    }
  }
  if (bought == BoughtItems::kOnly) return eligible_.Keep(std::move(items), AbsenceCause::kNotBought);
  ForEachBit(items, [this](ItemId item) { ExcludeWithVariants(item, AbsenceCause::kBought); });
}

void Question::FilterByFacts(const v1::RecommendRequest& request, absl::Time now) {
  const ItemFacts& facts = view_->facts;
  if (view_->anything_removed) eligible_.KeepBorrowed(facts.sold_items(), AbsenceCause::kNotSold);
  if (!request.categories().empty()) {
    Bits any(WordsFor(facts.items()), 0);
    for (const std::string& category : request.categories()) {
      const std::shared_ptr<const Bits> of = view_->terms->OfCategory(TermOf(TermKind::kCategory, category));
      for (size_t word = 0; word < any.size(); ++word) any[word] |= (*of)[word];
    }
    eligible_.Keep(std::move(any), AbsenceCause::kCategory);
  }
  for (const v1::AttributeValue& attribute : request.required_attributes()) {
    eligible_.Keep(*view_->terms->WithAttribute(AttributeTerm(attribute.name(), attribute.value())),
                   AbsenceCause::kAttribute);
  }
  if (request.has_max_price()) {
    const google::type::Money& most = request.max_price();
    eligible_.Keep(facts.PricedAtMost(CurrencyNumber(most.currency_code()), NanosOf(most), absl::ToUnixSeconds(now)),
                   AbsenceCause::kBudget);
  }
  if (!request.compatible_with_product_id().empty()) {
    context_.about = view_->Find(request.compatible_with_product_id());
    eligible_.Keep(view_->live.catalogue->relations().CompatibleWith(context_.about, view_->items()),
                   AbsenceCause::kNotCompatible);
  }
  if (request.in_stock_only()) eligible_.RemoveBorrowed(facts.out_of_stock(), AbsenceCause::kOutOfStock);
}

void Question::ApplyRules(const v1::RecommendRequest& request, const KnownPerson& person, absl::Time now) {
  const CompiledRules& rules = *view_->rules;
  const std::string& country = request.country().empty() ? person.country : request.country();
  for (const uint32_t rule : rules.Active(placement_, country, absl::ToUnixSeconds(now))) {
    active_rules_.push_back(rule);
    const CompiledRule& compiled = rules.rules()[rule];
    if (compiled.rule.filters()) eligible_.RemoveBorrowed(compiled.removes, AbsenceCause::kRuleFilter, rule);
  }
  request_.rerank.rules = &rules;
  request_.rerank.active_rules = active_rules_;
}

void Question::FillSeen(const v1::RecommendRequest& request, const KnownPerson& person, absl::Time now) {
  const double discount = request.has_impression_discount() ? request.impression_discount() : kImpressionDiscount;
  if (discount == 0 || placement_ == v1::PLACEMENT_BUY_AGAIN || lists_given()) return;
  for (const Impressions::Product& product : person.shown.products()) {
    const double times = Impressions::WeightAt(product, absl::ToUnixMicros(now));
    const double factor = std::max(kLeastFactor, std::pow(1 - discount, times));
    if (const ItemId item = view_->Find(product.id); item != kNone && factor < kNoticeable) {
      seen_.emplace_back(item, static_cast<float>(factor));
    }
  }
  std::sort(seen_.begin(), seen_.end());
  request_.rerank.seen = seen_;
}

void Question::FillRerank(const v1::RecommendRequest& request, const Occasion& occasion) {
  RerankOptions& rerank = request_.rerank;
  rerank.facts = &view_->facts;
  rerank.max_per_category = request.max_per_category();
  rerank.one_per_group = one_variant_ && view_->facts.any_group();
  rerank.diversity = static_cast<float>(request.diversity());
  rerank.seed = occasion.seed;
  if (!lists_given()) rerank.exploration = {request.exploration_share(), view_->unproven};
}

void Question::FillGiven(const v1::RecommendRequest& request, const KnownPerson& person) {
  const auto add = [this](const std::string& product) {
    const ItemId item = view_->Find(product);
    if (item == kNone || !eligible_.Allows(item)) return;
    const auto known = [&](const Scored& one) { return one.item == item; };
    if (std::any_of(given_.begin(), given_.end(), known)) return;
    const auto place = static_cast<uint32_t>(given_.size());
    given_.push_back({item, 1 / static_cast<float>(place + 1), place});
  };
  for (const std::string& product : request.session_product_ids()) add(product);
  for (const KnownSeed& seed : person.session) add(seed.product);
}

}  // namespace kontor::recommendations
