#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "libs/domain/analytics/facts.h"
#include "libs/domain/analytics/query.h"

// The engine's figures computed the slow and obvious way, for tests: maps of strings. Not thread-safe.
namespace kontor::analytics {

class NaiveFigures {
 public:
  using Key = std::vector<std::string>;
  using Row = std::vector<Value>;  // by metric of the query
  struct Answer {
    std::map<Key, Row> rows;
    Row totals;
    std::set<std::string> currencies;
  };

  NaiveFigures(const std::vector<Fact>& facts, absl::TimeZone zone) : zone_(zone) {
    for (const Fact& fact : facts) std::visit([&](const auto& one) { Keep(one); }, fact);
  }

  Answer Run(const Query& query) const;

 private:
  struct Contribution {
    std::map<std::string, std::string> labels;
    absl::Time time;
    std::string measure;
    absl::int128 value = 0;
    std::string id;  // counted once
  };
  struct Cell {
    absl::int128 sum = 0;
    std::set<std::string> ids;
  };
  using Cells = std::map<std::string, Cell>;
  using Labels = std::map<std::string, std::string>;

  void Keep(const DocumentFact& fact) {
    const auto [at, added] = documents_.emplace(std::make_pair(fact.kind, fact.id), fact);
    if (!added && fact.revision > at->second.revision) at->second = fact;
  }
  void Keep(const CancellationFact& fact) {
    const auto [at, added] = cancelled_.emplace(fact.order_id, fact.occurred_at);
    at->second = std::min(at->second, fact.occurred_at);
  }
  void Keep(const BehaviorFact& fact) { behavior_.emplace(std::make_pair(fact.source, fact.event_id), fact); }
  void Keep(const ProductFact& fact) {
    const auto [at, added] = products_.emplace(fact.product, fact);
    if (!added && fact.revision > at->second.revision) at->second = fact;
  }
  void Keep(const RefusalFact& fact) {
    refusals_.emplace(std::make_tuple(fact.source, fact.event_id, fact.reason), fact);
  }

  static std::vector<std::string> MeasuresOf(const std::string& metric);
  static bool IsMoneyName(const std::string& measure) {
    static const std::set<std::string> money = {
        "gross_revenue", "revenue", "cancelled_revenue", "returns", "adjustments", "discount", "tax", "cost", "costed"};
    return money.contains(measure);
  }

  static Value Evaluate(const std::string& metric, Cells& cells);

  static bool Passes(const Query& query, const Contribution& c) {
    if (query.from && c.time < *query.from) return false;
    if (query.to && c.time >= *query.to) return false;
    return std::all_of(query.filters.begin(), query.filters.end(), [&](const Filter& filter) {
      const bool in = std::count(filter.values.begin(), filter.values.end(), c.labels.at(filter.dimension)) > 0;
      return in != filter.exclude;
    });
  }
  Key KeyOf(const Query& query, const Contribution& c) const {
    Key key;
    if (query.grain != Grain::kNone) key.push_back(TimeLabel(query.grain, c.time));
    for (const std::string& dimension : query.dimensions) key.push_back(c.labels.at(dimension));
    return key;
  }
  std::string TimeLabel(Grain grain, absl::Time time) const;

  // By measure. They depend on the query's as-of and returns_by alone and are kept for the next query with the same.
  const std::map<std::string, std::vector<Contribution>>& Contributions(const Query& query) const;
  void AddDocument(const Query& query, const DocumentFact& fact, std::vector<Contribution>& out) const;
  void AddLine(const DocumentFact& fact, const LineFact& line, const Contribution& base, bool cancelled,
               std::vector<Contribution>& out) const;
  void AddBehavior(const Query& query, const BehaviorFact& fact, std::vector<Contribution>& out) const;

  template <typename F>
  static Labels PersonLabels(const F& fact) {
    return {{"country", fact.country},   {"channel", fact.channel},
            {"device", fact.device},     {"source", fact.source},
            {"customer", fact.customer}, {"customer_kind", fact.customer.empty() ? "anonymous" : "known"}};
  }
  template <typename F>
  static bool IsLate(const F& fact) {
    return !fact.imported && fact.received_at > fact.occurred_at + absl::Hours(1);
  }
  void LabelProduct(const std::string& product, Labels& labels) const {
    const auto at = products_.find(product);
    const std::vector<std::string> path = at == products_.end() ? std::vector<std::string>() : at->second.category_path;
    labels["product"] = product;
    labels["category"] = absl::StrJoin(path, " > ");
    labels["department"] = path.empty() ? "" : path.front();
    labels["brand"] = at == products_.end() ? "" : at->second.brand;
  }

  absl::TimeZone zone_;
  std::map<std::pair<DocumentKind, std::string>, DocumentFact> documents_;
  std::map<std::string, absl::Time> cancelled_;
  std::map<std::pair<std::string, std::string>, BehaviorFact> behavior_;
  std::map<std::string, ProductFact> products_;
  std::map<std::tuple<std::string, std::string, std::string>, RefusalFact> refusals_;
  mutable std::map<std::pair<absl::Time, ReturnsBy>, std::map<std::string, std::vector<Contribution>>> contributions_;
};

}  // namespace kontor::analytics
