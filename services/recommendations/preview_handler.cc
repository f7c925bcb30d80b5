#include "services/recommendations/preview_handler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "services/recommendations/check_request.h"
#include "services/recommendations/convert.h"
#include "services/recommendations/rule_convert.h"
#include "services/recommendations/rule_handler.h"

namespace kontor::recommendations {
namespace {

constexpr int kMaxRequests = 1'000, kDefaultRequests = 100, kMaxExamples = 100, kDefaultExamples = 10;

absl::Status Check(const v1::PreviewRulesRequest& request) {
  base::Violations violations;
  if (request.rules_size() > RuleStore::kMaxRules) violations.Add("rules", "TOO_MANY", "at most 1,000 are taken");
  for (int i = 0; i < std::min<int>(request.rules_size(), RuleStore::kMaxRules); ++i) {
    CheckRule(absl::StrCat("rules[", i, "]."), request.rules(i), violations);
  }
  if (request.requests_size() > kMaxRequests) violations.Add("requests", "TOO_MANY", "at most 1,000 are taken");
  for (int i = 0; i < std::min(request.requests_size(), kMaxRequests); ++i) {
    CheckRequestAt(absl::StrCat("requests[", i, "]."), request.requests(i), violations);
  }
  if (request.max_requests() < 0 || request.max_requests() > kMaxRequests) {
    violations.Add("max_requests", "OUT_OF_RANGE", "give 1 to 1,000, or 0 for 100");
  }
  if (request.max_examples() < 0 || request.max_examples() > kMaxExamples) {
    violations.Add("max_examples", "OUT_OF_RANGE", "give 1 to 100, or 0 for 10");
  }
  return violations.ToStatus();
}

// What all answers of one side show.
class Side {
 public:
  void Add(const ServingView& view, const std::vector<Recommendation>& shown) {
    for (const Recommendation& one : shown) {
      ++places_;
      products_.emplace(view.IdOf(one.item));
      for (const ItemPrice& price : view.facts.prices(one.item)) {
        prices_[price.currency].first += price.price;
        ++prices_[price.currency].second;
      }
      const absl::Span<const ItemPrice> prices = view.facts.prices(one.item);
      const double margin = prices.empty() ? std::nan("") : MarginShare(prices.front());
      if (std::isnan(margin)) continue;
      margins_ += margin;
      ++with_margin_;
    }
  }

  void Fill(v1::PreviewSide& out) const {
    out.set_places(places_);
    out.set_products(static_cast<int>(products_.size()));
    if (with_margin_ > 0) out.set_average_margin(margins_ / with_margin_);
    for (const auto& [currency, sum] : prices_) {
      google::type::Money& money = *out.add_average_prices();
      const auto mean = static_cast<int64_t>(sum.first / sum.second);
      for (const int shift : {16, 8, 0}) *money.mutable_currency_code() += static_cast<char>(currency >> shift & 0xff);
      money.set_units(mean / 1'000'000'000);
      money.set_nanos(static_cast<int32_t>(mean % 1'000'000'000));
    }
  }

 private:
  int places_ = 0, with_margin_ = 0;
  double margins_ = 0;
  std::set<std::string> products_;
  std::map<uint32_t, std::pair<absl::int128, int>> prices_;  // by currency: sum and number
};

struct Compared {
  std::shared_ptr<const ServingView> view;  // of the rules to try
  std::shared_ptr<const v1::RecommendRequest> request;
  std::vector<Recommendation> before, after;

  // Products that came or went, and places whose product is another.
  int Difference() const {
    const size_t longer = std::max(before.size(), after.size());
    int different = 0;
    for (size_t i = 0; i < longer; ++i) {
      different += i >= before.size() || i >= after.size() || before[i].item != after[i].item;
    }
    return different;
  }
};

void FillExample(const Compared& compared, const std::string& shop, v1::PreviewExample& out) {
  const ServingView& view = *compared.view;
  *out.mutable_request() = *compared.request;
  std::set<uint32_t> fired;
  for (const Recommendation& one : compared.before) out.add_before_product_ids(std::string(view.IdOf(one.item)));
  for (const Recommendation& one : compared.after) {
    out.add_after_product_ids(std::string(view.IdOf(one.item)));
    fired.insert(one.rules.begin(), one.rules.end());
  }
  for (const uint32_t rule : fired) out.add_rules(RuleName(shop, view.rules->rules()[rule].rule.id));
}

}  // namespace

absl::StatusOr<std::vector<Rule>> PreviewHandler::RulesToTry(const std::string& shop,
                                                             const v1::PreviewRulesRequest& request,
                                                             const RuleSet& in_force) {
  std::map<std::string, Rule> rules;
  for (const Rule& rule : in_force.rules) rules[rule.id] = rule;
  for (const std::string& name : request.removed_rules()) {
    ASSIGN_OR_RETURN(const std::string id, RuleIdOf(name, shop));
    rules.erase(id);
  }
  if (!request.enabled_rules().empty()) {
    ASSIGN_OR_RETURN(const StoredRules stored, store_.Load(shop));
    for (const std::string& name : request.enabled_rules()) {
      ASSIGN_OR_RETURN(const std::string id, RuleIdOf(name, shop));
      const auto found = std::find_if(stored.rules.begin(), stored.rules.end(),
                                      [&](const v1::Rule& rule) { return rule.name() == name; });
      if (found == stored.rules.end()) {
        return base::Error(absl::StatusCode::kNotFound, kReasonRuleUnknown, absl::StrCat("there is no rule ", name));
      }
      Rule rule = RuleFrom(*found, id);
      rule.start_seconds = std::numeric_limits<int64_t>::min();
      rule.end_seconds = kForEver;
      rules[id] = std::move(rule);
    }
  }
  for (int i = 0; i < request.rules_size(); ++i) {
    std::string id = absl::StrCat("preview-", i + 1);
    if (!request.rules(i).name().empty()) {
      ASSIGN_OR_RETURN(id, RuleIdOf(request.rules(i).name(), shop));
    }
    rules[id] = RuleFrom(request.rules(i), id);
  }
  std::vector<Rule> list;
  for (auto& [id, rule] : rules) list.push_back(std::move(rule));
  return list;
}

absl::StatusOr<PreviewHandler::Requests> PreviewHandler::RequestsToAsk(const std::string& shop,
                                                                       const v1::PreviewRulesRequest& request) const {
  Requests requests;
  for (const v1::RecommendRequest& one : request.requests()) {
    requests.push_back(std::make_shared<const v1::RecommendRequest>(one));
  }
  if (!requests.empty()) return requests;
  requests = requests_.Newest(
      shop, static_cast<size_t>(request.max_requests() == 0 ? kDefaultRequests : request.max_requests()));
  if (!requests.empty()) return requests;
  return base::Error(absl::StatusCode::kFailedPrecondition, kReasonNoRequests,
                     "this process has answered no request yet; give some");
}

absl::StatusOr<v1::PreviewRulesResponse> PreviewHandler::PreviewRules(const runtime::CallContext& call,
                                                                      const v1::PreviewRulesRequest& request) {
  RETURN_IF_ERROR(Check(request));
  ASSIGN_OR_RETURN(Answerer::Setting setting, answerer_.Set(call, v1::RecommendRequest()));
  if (setting.view == nullptr) {
    return base::Error(absl::StatusCode::kFailedPrecondition, kReasonNoModel, "there is no model yet: call TrainModel");
  }
  ASSIGN_OR_RETURN(const Requests requests, RequestsToAsk(call.shop, request));
  ASSIGN_OR_RETURN(std::vector<Rule> rules, RulesToTry(call.shop, request, *setting.view->rule_set));
  const ShopViews tried{WithRules(*setting.views.serving, rules),
                        setting.views.canary == nullptr ? nullptr : WithRules(*setting.views.canary, std::move(rules)),
                        0};

  std::vector<Compared> all;
  Side before, after;
  int changed = 0;
  for (const auto& one : requests) {
    if (call.cancelled()) return absl::CancelledError("the caller has gone");
    answerer_.Choose(*one, "", setting);
    const auto& other = setting.view == setting.views.canary ? tried.canary : tried.serving;
    const Answerer::Person person = answerer_.Know(setting, *one, call.remaining());
    const Occasion occasion = answerer_.OccasionOf(setting, *one);
    Compared compared{other, one, Answerer::Ask(Question(setting.view, *one, person.known, occasion)),
                      Answerer::Ask(Question(other, *one, person.known, occasion))};
    before.Add(*setting.view, compared.before);
    after.Add(*other, compared.after);
    changed += compared.Difference() > 0;
    all.push_back(std::move(compared));
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Compared& a, const Compared& b) { return a.Difference() > b.Difference(); });
  v1::PreviewRulesResponse response;
  response.set_requests(static_cast<int>(all.size()));
  response.set_changed(changed);
  before.Fill(*response.mutable_before());
  after.Fill(*response.mutable_after());
  const int examples = request.max_examples() == 0 ? kDefaultExamples : request.max_examples();
  for (const Compared& compared : all) {
    if (response.examples_size() == examples) break;
    FillExample(compared, call.shop, *response.add_examples());
  }
  return response;
}

}  // namespace kontor::recommendations
