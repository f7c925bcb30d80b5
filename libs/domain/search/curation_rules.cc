#include "libs/domain/search/curation_rules.h"

#include <algorithm>
#include <tuple>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/domain/text/normalize.h"

namespace kontor::search {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

bool IsShown(absl::string_view text) {
  return !text.empty() &&
         std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; });
}

bool IsUrl(absl::string_view url) {
  const bool of_shop = absl::StartsWith(url, "/") && !absl::StartsWith(url, "//");
  return IsShown(url) && (of_shop || (absl::StartsWith(url, "https://") && url.size() > 8)) &&
         !absl::StrContains(url, ' ') && !absl::StrContains(url, '\\');
}

// Violations of single actions, and of actions against each other.
class ActionCheck {
 public:
  explicit ActionCheck(std::vector<std::string>& found) : found_(found) {}

  void operator()(const PinProduct& pin) {
    Product(pin.product_id);
    if (pin.position < 1 || pin.position > Curation::kPositionMax) {
      found_.push_back(absl::StrCat("pins at ", pin.position, "; places are 1 to ", Curation::kPositionMax));
    }
  }
  void operator()(const HideProduct& hide) { Product(hide.product_id); }
  void operator()(const BoostProducts& boost) {
    if (boost.filter.empty()) found_.emplace_back("boosts without a filter");
    if (!(boost.factor >= Curation::kFactorMin && boost.factor <= Curation::kFactorMax)) {
      found_.push_back(absl::StrCat("boosts by ", boost.factor, "; factors are ", Curation::kFactorMin, " to ",
                                    Curation::kFactorMax));
    }
  }
  void operator()(const Redirect& redirect) {
    if (++redirects_ == 2) found_.emplace_back("redirects twice");
    if (!IsUrl(redirect.url))
      found_.push_back(absl::StrCat("redirects to \"", redirect.url, "\"; give https://… or a path of the shop"));
  }
  void operator()(const ShowBanner& banner) {
    if (banner.text.empty()) found_.emplace_back("has a banner without text");
  }
  void operator()(const ReplaceQuery& replace) {
    if (++replacements_ == 2) found_.emplace_back("replaces the query twice");
    if (text::NormalForm(replace.query).empty()) found_.emplace_back("replaces the query by one without words");
  }
  void operator()(const AddFilter& add) {
    if (add.filter.empty()) found_.emplace_back("adds an empty filter");
  }

 private:
  void Product(const std::string& id) {
    if (id.empty()) found_.emplace_back("pins or hides a product without id");
    if (!id.empty() && !products_.insert(id).second)
      found_.push_back(absl::StrCat("pins or hides the product \"", id, "\" twice"));
  }

  std::vector<std::string>& found_;
  absl::flat_hash_set<std::string> products_;
  int redirects_ = 0, replacements_ = 0;
};

}  // namespace

std::string ShownAction(const CurationAction& action) {
  return std::visit(
      Overloaded{
          [](const PinProduct& pin) { return absl::StrCat("pin ", pin.product_id, " at ", pin.position); },
          [](const HideProduct& hide) { return absl::StrCat("hide ", hide.product_id); },
          [](const BoostProducts& boost) {
            return absl::StrCat(boost.factor < 1 ? "bury " : "boost ", boost.filter, " by ", boost.factor);
          },
          [](const Redirect& redirect) { return absl::StrCat("redirect to ", redirect.url); },
          [](const ShowBanner& banner) { return absl::StrCat("banner ", banner.text); },
          [](const ReplaceQuery& replace) { return absl::StrCat("replace the query by ", replace.query); },
          [](const AddFilter& add) { return absl::StrCat("filter ", add.filter); },
      },
      action);
}

std::vector<std::string> ViolationsOf(const CurationRule& rule) {
  std::vector<std::string> found;
  if (rule.id.empty()) found.emplace_back("has no id");
  if (rule.end_us <= rule.start_us) found.emplace_back("ends before it starts");
  const auto wordless = [](const std::string& text) { return text::NormalForm(text).empty(); };
  if (std::any_of(rule.queries.begin(), rule.queries.end(), wordless)) found.emplace_back("has a query without words");
  if (std::any_of(rule.words.begin(), rule.words.end(), wordless)) found.emplace_back("has a word without letters");
  if (std::any_of(rule.category.begin(), rule.category.end(), [](const std::string& name) { return name.empty(); }))
    found.emplace_back("has a category without name");
  if (rule.actions.empty()) found.emplace_back("does nothing");
  if (rule.actions.size() > Curation::kActionsMax)
    found.push_back(
        absl::StrCat("has ", rule.actions.size(), " actions; at most ", Curation::kActionsMax, " are held"));
  ActionCheck check(found);
  for (const CurationAction& action : rule.actions) std::visit(check, action);
  return found;
}

bool Precedes(const CurationRule& a, const CurationRule& b) {
  const auto rank = [](const CurationRule& rule) {
    const int narrower = (rule.segment.empty() ? 0 : 1) + (rule.device.empty() ? 0 : 1);
    return std::tuple(-static_cast<int64_t>(rule.priority), rule.queries.empty(),
                      -static_cast<int64_t>(rule.words.size()), -static_cast<int64_t>(rule.category.size()), -narrower);
  };
  const auto one = rank(a), two = rank(b);
  return one != two ? one < two : a.id < b.id;
}

}  // namespace kontor::search
