#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace kontor::search {

// What a rule does. A filter is text that only the caller can read (Curation::Matches).
struct PinProduct {
  std::string product_id;
  uint32_t position = 1;  // from 1, over all pages
};
struct HideProduct {
  std::string product_id;
};
struct BoostProducts {
  std::string filter;
  double factor = 1;  // of the score, .1 … 10; below 1 buries
};
struct Redirect {
  std::string url;  // https:// or a path of the shop's own
};
struct ShowBanner {
  std::string text;
};
struct ReplaceQuery {
  std::string query;
};
struct AddFilter {
  std::string filter;
};
using CurationAction =
    std::variant<PinProduct, HideProduct, BoostProducts, Redirect, ShowBanner, ReplaceQuery, AddFilter>;

// All conditions that are set must hold; empty ones always do.
struct CurationRule {
  std::string id;
  std::vector<std::string> queries;   // one of them has the query's normal form (text::NormalForm)
  std::vector<std::string> words;     // the query has all of them, as whole words of the normal form
  std::vector<std::string> category;  // the page's path begins so
  std::string segment;                // of the customer
  std::string device;
  int64_t start_us = std::numeric_limits<int64_t>::min();
  int64_t end_us = std::numeric_limits<int64_t>::max();  // exclusive
  int32_t priority = 0;                                  // the higher wins
  std::vector<CurationAction> actions;
};

struct CurationRequest {
  std::string query;
  std::vector<std::string> category;
  std::string segment, device;
  int64_t now_us = 0;
};

// What one action of one rule did, or why it did nothing.
struct CurationTrace {
  std::string rule_id;
  std::string action;       // "pin p1 at 3"
  std::string product_id;   // that it was about; empty: none
  size_t from = 0, to = 0;  // its places, from 1; 0: not in the list
  std::string lost_to;      // the id of the rule that won instead; empty: none
  std::string note;         // why nothing happened, or not what was asked for
};

// What the rules say before there is a list.
struct CurationPlan {
  std::vector<uint32_t> rules;  // in force, the strongest first: indexes into Curation::rules()
  std::string query;            // what to search for
  bool replaced = false;
  std::string redirect_url;  // empty: none
  std::vector<std::string> banners;
  std::vector<std::string> filters;  // all must hold
  std::vector<CurationTrace> trace;
};

struct RankedProduct {
  std::string id;
  double score = 0;
};

struct CuratedProduct {
  std::string id;
  double score = 0;  // boosted; 0 for a product that only a pin brought in
  bool pinned = false;
};

struct CuratedList {
  std::vector<CuratedProduct> products;
  std::vector<CurationTrace> trace;
};

// Compiled rules. Precedence: the higher priority, then the more specific condition (a query, then more words, then the
// deeper category, then segment and device), then the smaller id. The strongest rule's word on a product (pin or hide),
// redirect and replacement of the query counts. A place pinned twice goes to the stronger rule, the other product
// stands behind it. Boosts of a product multiply, bounded to kFactorMin … kFactorMax; a score below zero is divided.
// Banners and filters add up. A replaced query is not matched against the rules again. Immutable; thread-safe; results
// depend on the input alone.
class Curation {
 public:
  static constexpr size_t kRulesMax = 100'000;
  static constexpr size_t kActionsMax = 1'000;  // of one rule
  static constexpr uint32_t kPositionMax = 1'000;
  static constexpr double kFactorMin = 0.1, kFactorMax = 10;

  // INVALID_ARGUMENT, with every violation of every rule.
  static absl::StatusOr<std::shared_ptr<const Curation>> Build(std::vector<CurationRule> rules);
  ~Curation();

  CurationPlan Plan(const CurationRequest& request) const;

  // Whether a product passes a filter; whether the shop has a product that may be shown.
  using Matches = absl::FunctionRef<bool(absl::string_view product_id, absl::string_view filter)>;
  using Exists = absl::FunctionRef<bool(absl::string_view product_id)>;

  // `ranked` falls by score, without doubles; `plan` is this object's. Pins stand at their places, also products that
  // are not in the list; one behind the list's end stands at its end. The others stand by score times boosts, ties as
  // they came. Calls `matches` for every product of the list and boost in force.
  CuratedList Apply(const CurationPlan& plan, absl::Span<const RankedProduct> ranked, Matches matches,
                    Exists exists) const;

  const std::vector<CurationRule>& rules() const { return rules_; }

 private:
  struct Compiled;
  explicit Curation(std::vector<CurationRule> rules);

  const std::vector<CurationRule> rules_;  // by precedence, the strongest first
  const std::unique_ptr<const Compiled> compiled_;
};

}  // namespace kontor::search
