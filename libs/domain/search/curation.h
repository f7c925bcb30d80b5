#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace kontor::search {

// What a rule does. A filter is text that only the caller can read (see CurationInput::matches).
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
using CurationAction = std::variant<PinProduct, HideProduct, BoostProducts, Redirect, ShowBanner, ReplaceQuery, AddFilter>;

// All conditions that are set must hold; empty ones always do.
struct CurationRule {
  std::string id;
  std::vector<std::string> queries;  // one of them has the query's normal form (text::NormalForm)
  std::vector<std::string> words;    // the query has all of them, as whole words of the normal form
  std::vector<std::string> category; // the page's path begins so
  std::string segment;               // of the customer
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

// What the rules say before there is a list.
struct CurationPlan {
  std::vector<uint32_t> rules;  // in force, the strongest first: indexes into Curation::rules()
  std::string query;            // what to search for
  bool replaced = false;
  std::string redirect_url;  // empty: none
  std::vector<std::string> banners;
  std::vector<std::string> filters;  // all must hold
  std::vector<struct CurationTrace> trace;
};

struct CurationTrace {
  std::string rule_id;
  std::string action;      // "pin p1 at 3"
  std::string product_id;  // empty: none
  // Places from 1; 0: not in the list. Equal where nothing moved.
  size_t from = 0, to = 0;
  std::string lost_to;  // the id of the rule that won instead; empty: done
  std::string note;     // why nothing happened otherwise
};

struct RankedProduct {
  std::string id;
  double score = 0;
};

struct CuratedProduct {
  std::string id;
  double score = 0;
  bool pinned = false;
};

struct CuratedList {
  std::vector<CuratedProduct> products;
  std::vector<CurationTrace> trace;
};

// Compiled rules. Precedence: higher priority, then the more specific condition (query, then words by their number, then
// category by its depth, then none), then the smaller id. A hide and a pin of one product: the stronger rule wins; the same place pinned twice: the stronger rule's product stands
// there, the other one behind it; of boosts that match one product all count, their product bounded to .1 … 10; the strongest
// redirect and query replacement win; banners and filters add up. A replaced query is not matched against the rules again.
// Immutable; thread-safe.
class Curation {
 public:
  static constexpr size_t kActionsMax = 1'000;  // of one rule
  static constexpr uint32_t kPositionMax = 1'000;
  static constexpr double kFactorMin = 0.1, kFactorMax = 10;

  // INVALID_ARGUMENT, with every violation of every rule.
  static absl::StatusOr<std::shared_ptr<const Curation>> Build(std::vector<CurationRule> rules);

  CurationPlan Plan(const CurationRequest& request) const;

  using Matches = std::function<bool(absl::string_view product_id, absl::string_view filter)>;
  // `ranked` falls by score, without doubles. Products that a pin names are taken into the list wherever `exists` says that the
  // shop has them. Order: pins at their places, the others by score times boosts, ties as they came.
  CuratedList Apply(const CurationPlan& plan, absl::Span<const RankedProduct> ranked, const Matches& matches,
                    const std::function<bool(absl::string_view product_id)>& exists) const;

  const std::vector<CurationRule>& rules() const { return rules_; }

 private:
  struct Compiled;
  explicit Curation(std::vector<CurationRule> rules);

  const std::vector<CurationRule> rules_;  // by precedence, the strongest first
};

}  // namespace kontor::search
