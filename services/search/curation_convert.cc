#include "services/search/curation_convert.h"

#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/resource_name.h"
#include "libs/domain/text/normalize.h"
#include "libs/platform/fleet/event_time.h"
#include "services/search/filter_convert.h"

namespace kontor::search {
namespace {

constexpr int kMaxPriority = 1'000, kMaxActions = 50, kMaxTexts = 1'000, kMaxPlace = 100, kMaxSynonyms = 100;
constexpr size_t kMaxText = 1'000;

using Texts = google::protobuf::RepeatedPtrField<std::string>;

bool IsText(const std::string& text) { return !text.empty() && text.size() <= kMaxText && base::IsValidUtf8(text); }

template <typename Message>
void CheckTimes(const std::string& prefix, const Message& message, base::Violations& violations) {
  if (!message.has_start_time() || !message.has_end_time()) return;
  if (fleet::TimeOf(message.end_time()) > fleet::TimeOf(message.start_time())) return;
  violations.Add(absl::StrCat(prefix, "end_time"), "TIME_INVALID", "let it end after its start");
}

class RuleChecker {
 public:
  RuleChecker(const std::string& prefix, const v1::Rule& rule, base::Violations& violations)
      : prefix_(prefix), rule_(rule), violations_(violations) {}

  void Check() {
    if (rule_.display_name().size() > kMaxText || !base::IsValidUtf8(rule_.display_name())) {
      Add("display_name", "TEXT_TOO_LONG", "give at most 1,000 bytes of UTF-8");
    }
    if (std::abs(rule_.priority()) > kMaxPriority) Add("priority", "OUT_OF_RANGE", "give -1,000 to 1,000");
    CheckTimes(prefix_, rule_, violations_);
    Words("condition.queries", rule_.condition().queries());
    Words("condition.contains", rule_.condition().contains());
    const std::string& segment = rule_.condition().segment();
    if (!segment.empty() && !IsText(segment))
      Add("condition.segment", "TEXT_INVALID", "give at most 1,000 bytes of UTF-8");
    if (rule_.actions().empty()) Add("actions", "REQUIRED", "give at least one action");
    if (rule_.actions_size() > kMaxActions) return Add("actions", "TOO_MANY", "give at most 50 actions");
    for (int i = 0; i < rule_.actions_size(); ++i) Action(absl::StrCat("actions[", i, "]."), rule_.actions(i));
  }

 private:
  void Add(absl::string_view field, absl::string_view reason, absl::string_view text) {
    violations_.Add(absl::StrCat(prefix_, field), reason, text);
  }
  void CheckTexts(const std::string& field, const Texts& texts) {
    if (texts.size() > kMaxTexts) return Add(field, "TOO_MANY", "at most 1,000 are taken");
    for (int i = 0; i < texts.size(); ++i) {
      if (!IsText(texts[i])) Add(absl::StrCat(field, "[", i, "]"), "TEXT_INVALID", "give 1 to 1,000 bytes of UTF-8");
    }
  }
  void Words(const std::string& field, const Texts& texts) {
    CheckTexts(field, texts);
    for (int i = 0; i < std::min(texts.size(), kMaxTexts); ++i) {
      if (IsText(texts[i]) && text::NormalForm(texts[i]).empty()) {
        Add(absl::StrCat(field, "[", i, "]"), "WORDS_MISSING", "give at least one word");
      }
    }
  }
  void Id(const std::string& field, const std::string& id) {
    const absl::Status status = base::CheckId(id);
    if (!status.ok()) Add(field, "ID_INVALID", status.message());
  }

  void Boost(const std::string& field, const v1::Rule::Boost& boost) {
    if (!(boost.factor() >= Curation::kFactorMin && boost.factor() <= Curation::kFactorMax)) {
      Add(absl::StrCat(field, "factor"), "OUT_OF_RANGE", "give a factor from 0.1 to 10");
    }
    if (boost.has_filter() == !boost.product_ids().empty()) {
      Add(absl::StrCat(field, "filter"), "FILTER_OR_PRODUCTS", "give a filter or product_ids, one of the two");
    }
    if (boost.has_filter()) CheckFilter(absl::StrCat(prefix_, field, "filter."), boost.filter(), violations_);
    Ids(absl::StrCat(field, "product_ids"), boost.product_ids());
  }
  void Ids(const std::string& field, const Texts& ids) {
    if (ids.size() > kMaxTexts) return Add(field, "TOO_MANY", "at most 1,000 are taken");
    for (int i = 0; i < ids.size(); ++i) Id(absl::StrCat(field, "[", i, "]"), ids[i]);
  }

  void Action(const std::string& field, const v1::Rule::Action& action) {
    switch (action.action_case()) {
      case v1::Rule::Action::kPin:
        Id(absl::StrCat(field, "pin.product_id"), action.pin().product_id());
        if (action.pin().place() < 1 || action.pin().place() > kMaxPlace) {
          Add(absl::StrCat(field, "pin.place"), "OUT_OF_RANGE", "give 1 to 100");
        }
        return;
      case v1::Rule::Action::kHide:
        if (action.hide().product_ids().empty()) {
          Add(absl::StrCat(field, "hide.product_ids"), "REQUIRED", "name the products to hide");
        }
        return Ids(absl::StrCat(field, "hide.product_ids"), action.hide().product_ids());
      case v1::Rule::Action::kBoost:
        return Boost(absl::StrCat(field, "boost."), action.boost());
      case v1::Rule::Action::kRedirectUri:
        if (!absl::StartsWith(action.redirect_uri(), "https://") && !absl::StartsWith(action.redirect_uri(), "/")) {
          Add(absl::StrCat(field, "redirect_uri"), "URI_INVALID", "give https://… or a path that begins with /");
        }
        return;
      case v1::Rule::Action::kBanner:
        if (!IsText(action.banner().text()) && action.banner().image_uri().empty()) {
          Add(absl::StrCat(field, "banner.text"), "REQUIRED", "give a text of at most 1,000 bytes, or an image");
        }
        return;
      case v1::Rule::Action::kReplaceQuery:
        if (!IsText(action.replace_query())) {
          Add(absl::StrCat(field, "replace_query"), "TEXT_INVALID", "give 1 to 1,000 bytes of UTF-8");
        }
        return;
      case v1::Rule::Action::kFilter:
        return CheckFilter(absl::StrCat(prefix_, field, "filter."), action.filter(), violations_);
      case v1::Rule::Action::ACTION_NOT_SET:
        return Add(absl::StrCat(field, "action"), "REQUIRED", "set one of the actions");
    }
  }

  const std::string& prefix_;
  const v1::Rule& rule_;
  base::Violations& violations_;
};

std::string IdOf(absl::string_view name) { return std::string(name.substr(name.rfind('/') + 1)); }

// Names a filter so that traces can be read and no two rules share one.
std::string NameFilter(const std::string& rule_id, const v1::Filter& filter, NamedFilters& filters) {
  std::string name = absl::StrCat(FilterText(filter), " (", rule_id, " #", filters.size(), ")");
  filters.emplace(name, FilterFrom(filter));
  return name;
}

void AddActions(const std::string& rule_id, const v1::Rule::Action& action, NamedFilters& filters,
                std::vector<CurationAction>& out) {
  switch (action.action_case()) {
    case v1::Rule::Action::kPin:
      out.push_back(PinProduct{action.pin().product_id(), static_cast<uint32_t>(action.pin().place())});
      return;
    case v1::Rule::Action::kHide:
      for (const std::string& product : action.hide().product_ids()) out.push_back(HideProduct{product});
      return;
    case v1::Rule::Action::kBoost: {
      v1::Filter filter = action.boost().filter();
      if (!action.boost().has_filter()) {
        filter.set_field("product_id");
        *filter.mutable_values() = action.boost().product_ids();
      }
      out.push_back(BoostProducts{NameFilter(rule_id, filter, filters), action.boost().factor()});
      return;
    }
    case v1::Rule::Action::kRedirectUri:
      out.push_back(Redirect{action.redirect_uri()});
      return;
    case v1::Rule::Action::kBanner:
      out.push_back(ShowBanner{action.banner().SerializeAsString()});
      return;
    case v1::Rule::Action::kReplaceQuery:
      out.push_back(ReplaceQuery{action.replace_query()});
      return;
    case v1::Rule::Action::kFilter:
      out.push_back(AddFilter{NameFilter(rule_id, action.filter(), filters)});
      return;
    case v1::Rule::Action::ACTION_NOT_SET:
      return;
  }
}

template <typename Message, typename Out>
void SetTimes(const Message& message, Out& out) {
  if (message.has_start_time()) out.start_us = absl::ToUnixMicros(fleet::TimeOf(message.start_time()));
  if (message.has_end_time()) out.end_us = absl::ToUnixMicros(fleet::TimeOf(message.end_time()));
}

}  // namespace

void CheckCuration(const std::string& prefix, const v1::Rule& rule, base::Violations& violations) {
  RuleChecker(prefix, rule, violations).Check();
}

void CheckCuration(const std::string& prefix, const v1::SynonymSet& set, base::Violations& violations) {
  const auto add = [&](absl::string_view field, absl::string_view reason, absl::string_view text) {
    violations.Add(absl::StrCat(prefix, field), reason, text);
  };
  CheckTimes(prefix, set, violations);
  const bool one_way = set.direction() == v1::SynonymSet::DIRECTION_ONE_WAY;
  if (!one_way && set.direction() != v1::SynonymSet::DIRECTION_TWO_WAY) {
    add("direction", "REQUIRED", "give TWO_WAY or ONE_WAY");
  }
  if (one_way == set.from_phrases().empty()) {
    add("from_phrases", "FROM_PHRASES", "a one-way set has from_phrases, a two-way set has none");
  }
  if (set.phrases_size() < (one_way ? 1 : 2)) add("phrases", "TOO_FEW", "give at least one, two for a two-way set");
  for (const auto& [field, phrases] :
       {std::pair("phrases", &set.phrases()), std::pair("from_phrases", &set.from_phrases())}) {
    if (phrases->size() > kMaxSynonyms) add(field, "TOO_MANY", "give at most 100");
    for (int i = 0; i < std::min(phrases->size(), kMaxSynonyms); ++i) {
      if (IsText((*phrases)[i]) && !text::NormalForm((*phrases)[i]).empty()) continue;
      add(absl::StrCat(field, "[", i, "]"), "WORDS_MISSING", "give at least one word of UTF-8, at most 1,000 bytes");
    }
  }
}

CurationRule CurationRuleFrom(const v1::Rule& rule, NamedFilters& filters) {
  CurationRule out;
  out.id = IdOf(rule.name());
  const v1::Rule::Condition& condition = rule.condition();
  out.queries.assign(condition.queries().begin(), condition.queries().end());
  out.words.assign(condition.contains().begin(), condition.contains().end());
  out.category = PathOf(condition.category());
  out.segment = condition.segment();
  if (condition.device() != kontor::events::v1::DEVICE_CLASS_UNSPECIFIED) {
    out.device = kontor::events::v1::DeviceClass_Name(condition.device());
  }
  SetTimes(rule, out);
  out.priority = rule.priority();
  for (const v1::Rule::Action& action : rule.actions()) AddActions(out.id, action, filters, out.actions);
  return out;
}

std::vector<SynonymSet> SynonymSetsFrom(const v1::SynonymSet& set) {
  SynonymSet base;
  base.id = IdOf(set.name());
  base.phrases.assign(set.phrases().begin(), set.phrases().end());
  SetTimes(set, base);
  if (set.direction() != v1::SynonymSet::DIRECTION_ONE_WAY) return {base};
  std::vector<SynonymSet> sets;
  for (int i = 0; i < set.from_phrases_size(); ++i) {
    sets.push_back(base);
    sets.back().from = set.from_phrases(i);
    if (i > 0) absl::StrAppend(&sets.back().id, "#", i);
  }
  return sets;
}

}  // namespace kontor::search
