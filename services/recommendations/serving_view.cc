#include "services/recommendations/serving_view.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"

namespace kontor::recommendations {
namespace {

constexpr absl::Duration kPeriod = absl::Milliseconds(50);
constexpr absl::Duration kDatedPeriod = absl::Minutes(1);  // how old prices and ages in rules may be

// The signals that `wanted` names decide, among equals what is popular.
template <typename F>
Ranker RankerBy(const Model& model, F wanted) {
  const std::vector<Signal> signals = model.Signals();
  std::vector<float> weights(2 * signals.size(), 0);
  for (size_t i = 0; i < signals.size(); ++i) {
    const float weight = wanted(signals[i]) ? 1 : signals[i].name == "popular" ? 1e-4F : 0;
    weights[i] = weights[signals.size() + i] = weight;
  }
  Ranker ranker(signals);
  ranker.set_hears_catalogue(false);
  for (size_t task = 0; task < kTasks; ++task) ranker.SetWeights(static_cast<Task>(task), weights);
  return ranker;
}

ItemId FindIn(const Model& model, const history::Interner& fresh, absl::string_view product) {
  if (const auto item = model.catalogue().products.Find(product)) return *item;
  const auto found = fresh.Find(product);
  return found ? model.items() + *found : kNone;
}

std::string SnapshotOf(const ServingView& view) {
  std::string name = absl::StrCat("m", view.served->info().version, ".r", view.rule_set->version, ".c",
                                  absl::Hex(view.catalogue.fingerprint, absl::kZeroPad16));
  if (view.rules->dated()) absl::StrAppend(&name, ".t", absl::ToUnixSeconds(view.compiled_at) / 60);
  return name;
}

// The next view from the last one, or from nothing when the model is another.
class Builder {
 public:
  Builder(std::shared_ptr<const ServedModel> served, const ServingView* last)
      : last_(last), view_(std::make_shared<ServingView>(std::move(served))) {}

  std::shared_ptr<const ServingView> Build(const CatalogueView& catalogue, std::shared_ptr<const RuleSet> rules,
                                           absl::Time now) {
    CollectFacts(catalogue);
    SumUp();
    view_->rule_set = std::move(rules);
    CompileRules(now);
    view_->snapshot = SnapshotOf(*view_);
    return view_;
  }

 private:
  const Model& model() const { return view_->model(); }

  void CollectFacts(const CatalogueView& catalogue) {
    if (last_ == nullptr) {
      for (ItemId item = 0; item < model().items(); ++item) changes_.emplace_back(item, ItemFact());
    }
    const uint64_t since = last_ == nullptr ? 0 : last_->catalogue.version;
    LiveBuilder live(model(), last_ == nullptr ? LiveState() : last_->live);
    view_->catalogue = catalogue.ChangesSince(since, [&](absl::string_view product, const CatalogueView::Told& told) {
      const ItemId item = Number(product, told.known);
      if (item == kNone) return;
      changes_.emplace_back(item, told.fact);
      live.Take(item, told);
    });
    for (auto& [item, fact] : changes_) TakeModelCategory(item, fact);
    view_->facts = (last_ == nullptr ? ItemFacts() : last_->facts).With(changes_);
    view_->terms =
        std::make_shared<const TermSets>(view_->facts, last_ == nullptr ? nullptr : last_->terms.get(), changes_);
    if (fresh_ == nullptr && last_ == nullptr) fresh_ = std::make_shared<history::Interner>();
    view_->fresh = fresh_ != nullptr ? std::move(fresh_) : last_->fresh;
    view_->live =
        std::move(live).Build(view_->items(), [this](const std::string& product) { return view_->Find(product); });
  }

  ItemId Number(absl::string_view product, bool known) {
    static const auto& none = *new history::Interner;
    const history::Interner& fresh = fresh_ != nullptr ? *fresh_ : last_ != nullptr ? *last_->fresh : none;
    const ItemId item = FindIn(model(), fresh, product);
    if (item != kNone || !known) return item;
    if (fresh_ == nullptr) fresh_ = std::make_shared<history::Interner>(fresh);
    return model().items() + fresh_->Intern(product);
  }

  // The category that the model was taught, for an item of which the catalogue tells none.
  void TakeModelCategory(ItemId item, ItemFact& fact) const {
    const std::vector<uint32_t>& categories = model().catalogue().product_categories;
    if (!fact.categories.empty() || item >= categories.size() || categories[item] == kNone) return;
    fact.categories.push_back(TermOf(TermKind::kCategory, model().catalogue().categories.At(categories[item])));
  }

  void SumUp() {
    view_->anything_removed = view_->facts.sold_items() != AllBits(view_->facts.items());
    for (ItemId item = model().items(); item < view_->items(); ++item) {
      if (view_->facts.sold(item) && !view_->facts.shown_enough(item)) view_->unproven.push_back(item);
    }
  }

  void CompileRules(absl::Time now) {
    const auto find = [this](absl::string_view product) { return view_->Find(product); };
    const bool same = last_ != nullptr && last_->rule_set == view_->rule_set;
    if (same && !(last_->rules->dated() && now - last_->compiled_at >= kDatedPeriod)) {
      std::vector<ItemId> changed;
      for (const auto& [item, fact] : changes_) changed.push_back(item);
      view_->compiled_at = last_->compiled_at;
      view_->rules = std::make_shared<const CompiledRules>(
          last_->rules->Updated(view_->facts, find, changed, absl::ToUnixSeconds(last_->compiled_at)));
      return;
    }
    view_->compiled_at = now;
    view_->rules =
        std::make_shared<const CompiledRules>(view_->rule_set->rules, view_->facts, find, absl::ToUnixSeconds(now));
  }

  const ServingView* last_;
  std::shared_ptr<ServingView> view_;
  std::shared_ptr<history::Interner> fresh_;  // a copy to add to; null while nothing was added
  std::vector<ItemFacts::Change> changes_;
};

}  // namespace

ServingView::ServingView(std::shared_ptr<const ServedModel> model)
    : served(std::move(model)),
      together(RankerBy(served->model(), [](const Signal& s) { return s.reason == ReasonKind::kBoughtTogether; })),
      trending(RankerBy(served->model(), [](const Signal& s) { return s.name == "trend"; })) {}

ItemId ServingView::Find(absl::string_view product) const { return FindIn(model(), *fresh, product); }

absl::string_view ServingView::IdOf(ItemId item) const {
  return item < model().items() ? model().catalogue().products.At(item) : fresh->At(item - model().items());
}

std::shared_ptr<const ServingView> WithRules(const ServingView& view, std::vector<Rule> rules) {
  auto other = std::make_shared<ServingView>(view);
  other->rule_set = std::make_shared<const RuleSet>(RuleSet{view.rule_set->version, rules});
  other->rules = std::make_shared<const CompiledRules>(
      std::move(rules), view.facts, [&](absl::string_view product) { return view.Find(product); },
      absl::ToUnixSeconds(view.compiled_at));
  return other;
}

ServingViews::ServingViews(const Parts& parts)
    : models_(parts.models), live_(parts.live), rules_(parts.rules), clock_(parts.clock) {
  for (const fleet::Shop& shop : parts.shops) shops_.emplace(shop.id, std::make_unique<Shop>());
}

ServingViews::~ServingViews() {
  {
    base::MutexLock lock(mutex_);
    stop_ = true;
  }
  stopping_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

const std::shared_ptr<const ServingView>& ShopViews::For(absl::string_view person) const {
  if (canary == nullptr || serving == nullptr) return serving;
  const uint64_t hash = base::StableHash(absl::StrCat(person, "@", canary->served->info().version));
  return std::ldexp(static_cast<double>(hash), -64) < canary_share ? canary : serving;
}

ShopViews ServingViews::All(absl::string_view shop) const {
  const auto found = shops_.find(shop);
  const std::shared_ptr<const ShopViews> views = found == shops_.end() ? nullptr : found->second->views.Get();
  return views == nullptr ? ShopViews() : *views;
}

void ServingViews::Refresh(absl::string_view shop) {
  const auto found = shops_.find(shop);
  if (found == shops_.end()) return;
  base::MutexLock lock(found->second->refreshing);
  const ShopViews last = All(shop);
  const std::shared_ptr<const Canary> canary = models_.GetCanary(shop);
  ShopViews next{Next(shop, models_.Get(shop), last.serving),
                 Next(shop, canary == nullptr ? nullptr : canary->served, last.canary),
                 canary == nullptr ? 0 : canary->share};
  if (next.serving == last.serving && next.canary == last.canary && next.canary_share == last.canary_share) return;
  found->second->views.Publish(std::make_shared<const ShopViews>(std::move(next)));
}

std::shared_ptr<const ServingView> ServingViews::Next(absl::string_view shop, std::shared_ptr<const ServedModel> served,
                                                      const std::shared_ptr<const ServingView>& last) const {
  if (served == nullptr) return nullptr;
  const CatalogueView& catalogue = live_.Find(shop)->catalogue;
  std::shared_ptr<const RuleSet> rules = rules_.Get(shop);
  const absl::Time now = clock_.Now();
  const bool same_model = last != nullptr && last->served == served;
  if (same_model && last->catalogue.version == catalogue.version() && last->rule_set == rules &&
      !(last->rules->dated() && now - last->compiled_at >= kDatedPeriod)) {
    return last;
  }
  return Builder(std::move(served), same_model ? last.get() : nullptr).Build(catalogue, std::move(rules), now);
}

void ServingViews::Start() {
  thread_ = std::thread([this] { Run(); });
}

void ServingViews::Run() {
  for (;;) {
    {
      base::MutexLock lock(mutex_);
      if (!stop_) stopping_.WaitFor(mutex_, kPeriod);
      if (stop_) return;
    }
    for (const auto& [id, shop] : shops_) Refresh(id);
  }
}

}  // namespace kontor::recommendations
