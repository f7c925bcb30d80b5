#include "libs/domain/search/curation.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "libs/domain/search/curation_rules.h"
#include "libs/domain/text/normalize.h"

namespace kontor::search {
namespace {

// What stands in a list, and what the rules have said of it so far.
struct Entry {
  std::string id;
  double score = 0;
  size_t from = 0;  // place in the ranked list, from 1
};

bool Begins(const std::vector<std::string>& path, const std::vector<std::string>& beginning) {
  return path.size() >= beginning.size() && std::equal(beginning.begin(), beginning.end(), path.begin());
}

}  // namespace

struct Curation::Compiled {
  absl::flat_hash_map<std::string, std::vector<uint32_t>> by_query;  // normal form → rules
  absl::flat_hash_map<std::string, std::vector<uint32_t>> by_word;   // first word → rules without queries
  std::vector<uint32_t> others;
  std::vector<std::vector<std::string>> words;  // of each rule, in normal form
};

Curation::~Curation() = default;

Curation::Curation(std::vector<CurationRule> rules)
    : rules_(std::move(rules)), compiled_([&] {
        auto compiled = std::make_unique<Compiled>();
        for (uint32_t i = 0; i < rules_.size(); ++i) {
          std::vector<std::string> words;
          for (const std::string& word : rules_[i].words) {
            for (absl::string_view part : absl::StrSplit(text::NormalForm(word), ' ')) words.emplace_back(part);
          }
          absl::flat_hash_set<std::string> forms;
          for (const std::string& query : rules_[i].queries) forms.insert(text::NormalForm(query));
          for (const std::string& form : forms) compiled->by_query[form].push_back(i);
          if (forms.empty()) (words.empty() ? compiled->others : compiled->by_word[words.front()]).push_back(i);
          compiled->words.push_back(std::move(words));
        }
        return compiled;
      }()) {}

absl::StatusOr<std::shared_ptr<const Curation>> Curation::Build(std::vector<CurationRule> rules) {
  if (rules.size() > kRulesMax)
    return absl::InvalidArgumentError(absl::StrCat(rules.size(), " curation rules; at most ", kRulesMax, " are held"));
  std::vector<std::string> violations;
  absl::flat_hash_set<absl::string_view> ids;
  for (const CurationRule& rule : rules) {
    std::vector<std::string> found = ViolationsOf(rule);
    if (!rule.id.empty() && !ids.insert(rule.id).second) found.emplace_back("is there twice");
    if (!found.empty()) violations.push_back(absl::StrCat("rule \"", rule.id, "\" ", absl::StrJoin(found, ", ")));
  }
  if (!violations.empty()) return absl::InvalidArgumentError(absl::StrJoin(violations, "; "));
  std::sort(rules.begin(), rules.end(), Precedes);
  return std::shared_ptr<const Curation>(new Curation(std::move(rules)));
}

CurationPlan Curation::Plan(const CurationRequest& request) const {
  const std::string form = text::NormalForm(request.query);
  const absl::flat_hash_set<std::string> asked = absl::StrSplit(form, ' ', absl::SkipEmpty());
  std::vector<uint32_t> candidates = compiled_->others;
  const auto add = [&](const auto& index, const std::string& key) {
    if (const auto found = index.find(key); found != index.end())
      candidates.insert(candidates.end(), found->second.begin(), found->second.end());
  };
  add(compiled_->by_query, form);
  for (const std::string& word : asked) add(compiled_->by_word, word);

  CurationPlan plan{.rules = {},
                    .query = request.query,
                    .replaced = false,
                    .redirect_url = "",
                    .banners = {},
                    .filters = {},
                    .trace = {}};
  for (uint32_t i : candidates) {
    const CurationRule& rule = rules_[i];
    const auto has = [&](const std::string& word) { return asked.contains(word); };
    if (request.now_us >= rule.start_us && request.now_us < rule.end_us &&
        std::all_of(compiled_->words[i].begin(), compiled_->words[i].end(), has) &&
        Begins(request.category, rule.category) && (rule.segment.empty() || rule.segment == request.segment) &&
        (rule.device.empty() || rule.device == request.device)) {
      plan.rules.push_back(i);
    }
  }
  std::sort(plan.rules.begin(), plan.rules.end());
  std::string redirected, replaced;  // by which rule
  for (uint32_t i : plan.rules) {
    const CurationRule& rule = rules_[i];
    for (const CurationAction& action : rule.actions) {
      CurationTrace trace{.rule_id = rule.id, .action = ShownAction(action)};
      if (const auto* redirect = std::get_if<Redirect>(&action)) {
        trace.lost_to = redirected;
        if (redirected.empty()) plan.redirect_url = redirect->url;
        if (redirected.empty()) redirected = rule.id;
      } else if (const auto* replace = std::get_if<ReplaceQuery>(&action)) {
        trace.lost_to = replaced;
        if (replaced.empty()) plan.query = replace->query;
        if (replaced.empty()) replaced = rule.id;
        plan.replaced = true;
      } else if (const auto* banner = std::get_if<ShowBanner>(&action)) {
        plan.banners.push_back(banner->text);
      } else if (const auto* filter = std::get_if<AddFilter>(&action)) {
        plan.filters.push_back(filter->filter);
      } else {
        continue;  // Apply's
      }
      plan.trace.push_back(std::move(trace));
    }
  }
  return plan;
}

namespace {

// One list under the rules in force.
class Application {
 public:
  Application(absl::Span<const RankedProduct> ranked, Curation::Matches matches, Curation::Exists exists)
      : matches_(matches), exists_(exists) {
    for (const RankedProduct& product : ranked) {
      places_.emplace(product.id, entries_.size());
      entries_.push_back({product.id, product.score, entries_.size() + 1});
    }
    factors_.assign(entries_.size(), 1);
    out_.assign(entries_.size(), false);
  }

  void Say(const CurationRule& rule, const CurationAction& action) {
    if (const auto* pin = std::get_if<PinProduct>(&action)) return Decide(rule, action, pin->product_id, pin->position);
    if (const auto* hide = std::get_if<HideProduct>(&action)) return Decide(rule, action, hide->product_id, 0);
    if (const auto* boost = std::get_if<BoostProducts>(&action)) boosts_.push_back({&rule, &action, boost});
  }

  CuratedList Finish() {
    for (const BoostOf& boost : boosts_) Boost(boost);
    std::vector<size_t> order;
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (!out_[i]) order.push_back(i);
    }
    const auto score = [&](size_t i) {
      const double factor = std::clamp(factors_[i], Curation::kFactorMin, Curation::kFactorMax);
      return entries_[i].score >= 0 ? entries_[i].score * factor : entries_[i].score / factor;
    };
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return score(a) > score(b); });
    auto pin = pins_.begin();
    for (auto next = order.begin(); next != order.end() || pin != pins_.end();) {
      if (pin != pins_.end() && (next == order.end() || pin->first == list_.products.size() + 1)) {
        list_.products.push_back(
            {pin->second, places_.contains(pin->second) ? entries_[places_[pin->second]].score : 0, true});
        ++pin;
        continue;
      }
      list_.products.push_back({entries_[*next].id, score(*next), false});
      ++next;
    }
    absl::flat_hash_map<absl::string_view, size_t> now;
    for (size_t i = 0; i < list_.products.size(); ++i) now.emplace(list_.products[i].id, i + 1);
    for (CurationTrace& trace : list_.trace) {
      if (const auto found = now.find(trace.product_id); found != now.end()) trace.to = found->second;
    }
    return std::move(list_);
  }

 private:
  struct BoostOf {
    const CurationRule* rule;
    const CurationAction* action;
    const BoostProducts* boost;
  };

  // A pin, or at position 0 a hide. The first word on a product counts.
  void Decide(const CurationRule& rule, const CurationAction& action, const std::string& id, size_t position) {
    CurationTrace trace{.rule_id = rule.id, .action = ShownAction(action), .product_id = id};
    const auto place = places_.find(id);
    if (place != places_.end()) trace.from = entries_[place->second].from;
    const auto [decided, first] = decided_.try_emplace(id, rule.id);
    if (!first) {
      trace.lost_to = decided->second;
    } else if (position == 0) {
      if (place == places_.end()) trace.note = "the product is not in the list";
    } else if (!exists_(id)) {
      trace.note = "the shop has no such product to show";
      decided_.erase(decided);
    } else {
      size_t free = position;
      while (pins_.contains(free)) ++free;
      if (free != position) {
        trace.lost_to = decided_[pins_[position]];
        trace.note = absl::StrCat("place ", position, " is taken, it stands behind");
      }
      pins_.emplace(free, id);
    }
    if (place != places_.end() && decided_.contains(id)) out_[place->second] = true;
    list_.trace.push_back(std::move(trace));
  }

  void Boost(const BoostOf& boost) {
    CurationTrace trace{.rule_id = boost.rule->id, .action = ShownAction(*boost.action)};
    bool matched = false;
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (out_[i] || !matches_(entries_[i].id, boost.boost->filter)) continue;
      matched = true;
      factors_[i] *= boost.boost->factor;
      trace.product_id = entries_[i].id;
      trace.from = entries_[i].from;
      list_.trace.push_back(trace);
    }
    if (matched) return;
    trace.note = "no product of the list matches";
    list_.trace.push_back(std::move(trace));
  }

  const Curation::Matches matches_;
  const Curation::Exists exists_;
  std::vector<Entry> entries_;
  std::vector<double> factors_;
  std::vector<bool> out_;  // pinned or hidden
  absl::flat_hash_map<std::string, size_t> places_;
  absl::flat_hash_map<std::string, std::string> decided_;  // product → rule
  std::map<size_t, std::string> pins_;                     // place → product
  std::vector<BoostOf> boosts_;
  CuratedList list_;
};

}  // namespace

CuratedList Curation::Apply(const CurationPlan& plan, absl::Span<const RankedProduct> ranked, Matches matches,
                            Exists exists) const {
  Application application(ranked, matches, exists);
  for (uint32_t i : plan.rules) {
    for (const CurationAction& action : rules_[i].actions) application.Say(rules_[i], action);
  }
  return application.Finish();
}

}  // namespace kontor::search
