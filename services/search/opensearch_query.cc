#include "services/search/opensearch_query.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "services/search/opensearch_document.h"

namespace kontor::search {
namespace {

constexpr double kWhole = 9e15;         // up to here doubles count by one
constexpr size_t kScoredClauses = 600;  // a node takes 1,024 of a query, of which sets and filters need some
constexpr char kEverything[] = R"({"match_all":{}})";
constexpr char kNothing[] = R"({"match_none":{}})";
// BoostOf, in the node's own language. What is unknown of stock counts as there.
constexpr char kBoostScript[] =
    "double b = 1;"
    "if (params.popularity > 0 && doc['popularity'].size() > 0) {"
    " double p = doc['popularity'].value; b += params.popularity * p / (p + params.half); }"
    "if (params.freshness > 0 && doc['available_at'].size() > 0) {"
    " double age = Math.max(0, params.now - doc['available_at'].value);"
    " b += params.freshness * Math.pow(2, -age / params.life); }"
    "if (params.stock > 0 && (doc['stock'].size() == 0 || doc['stock'].value != 0)) { b += params.stock; }"
    "return _score * b;";

std::string Clause(absl::string_view kind, absl::string_view field, const std::string& value) {
  return absl::StrCat("{\"", kind, "\":{", JsonText(field), ":", value, "}}");
}

std::string Exists(absl::string_view field) { return Clause("exists", "field", JsonText(field)); }

std::string Values(absl::Span<const std::string> values) {
  std::vector<std::string> texts;
  for (const std::string& value : values) texts.push_back(JsonText(value));
  return absl::StrCat("[", absl::StrJoin(texts, ","), "]");
}

std::string AnyValue(const Filter& filter) {
  switch (filter.property.kind) {
    case Property::Kind::kBrand:
      return Clause("terms", "brand", Values(filter.values));
    case Property::Kind::kCategory:
      return Clause("terms", "category", Values(filter.values));
    case Property::Kind::kGroup:
      return Clause("terms", "group", Values(filter.values));
    case Property::Kind::kId:
      return IdsQuery(filter.values);
    case Property::Kind::kAttribute: {
      std::vector<std::string> keys;
      for (const std::string& value : filter.values) keys.push_back(AttributeKey(filter.property.name, value));
      return Clause("terms", "attr", Values(keys));
    }
    default:
      return kNothing;
  }
}

bool IsFloat(const Property& property) {
  return property.kind == Property::Kind::kStock || property.kind == Property::Kind::kPopularity ||
         property.kind == Property::Kind::kMarginShare;
}

// The node reads the bounds of a field of floats as floats: the nearest that is not beyond.
double FloatBound(double bound, bool low) {
  const float rounded = static_cast<float>(bound);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (low && rounded < bound) return std::nextafter(rounded, kInfinity);
  if (!low && rounded > bound) return std::nextafter(rounded, -kInfinity);
  return rounded;
}

std::string InRange(const Filter& asked) {
  Filter filter = asked;
  const std::string field = NumbersField(filter.property);
  if (IsFloat(filter.property)) {
    filter.low = FloatBound(filter.low, true);
    filter.high = FloatBound(filter.high, false);
  }
  std::vector<std::string> bounds;
  if (std::isfinite(filter.low)) bounds.push_back(absl::StrCat("\"gte\":", JsonNumber(filter.low)));
  if (std::isfinite(filter.high)) bounds.push_back(absl::StrCat("\"lte\":", JsonNumber(filter.high)));
  const double infinity = std::numeric_limits<double>::infinity();
  if (filter.low == infinity || filter.high == -infinity) bounds.clear();
  const bool none = filter.low == infinity || filter.high == -infinity;
  std::string within = none             ? std::string(kNothing)
                       : bounds.empty() ? Exists(field)
                                        : Clause("range", field, absl::StrCat("{", absl::StrJoin(bounds, ","), "}"));
  const bool unknown_too = filter.property.kind == Property::Kind::kStock && filter.high == infinity;
  return unknown_too ? AnyOfQuery({within, NotQuery(Exists(field))}) : within;
}

std::string HasValue(const Property& property) {
  switch (property.kind) {
    case Property::Kind::kId:
    case Property::Kind::kPopularity:
    case Property::Kind::kMarginShare:
      return kEverything;
    case Property::Kind::kGroup:  // a product without one has its own id behind a separator
      return NotQuery(Clause("prefix", "group", JsonText("\x1f")));
    case Property::Kind::kBrand:
      return Exists("brand");
    case Property::Kind::kCategory:
      return Exists("category");
    case Property::Kind::kAttribute:
      return AnyOfQuery(
          {Clause("prefix", "attr", JsonText(AttributeKey(property.name, ""))), Exists(NumbersField(property))});
    default:
      return Exists(NumbersField(property));
  }
}

// A term, or a phrase of terms, in one field.
std::string TermsIn(absl::string_view field, absl::Span<const std::string> terms, double boost) {
  const std::string text = JsonText(absl::StrJoin(terms, " "));
  const std::string weight = absl::StrCat(",\"boost\":", JsonNumber(boost), "}");
  if (terms.size() == 1) return Clause("term", field, absl::StrCat("{\"value\":", text, weight));
  return Clause("match_phrase", field, absl::StrCat("{\"query\":", text, weight));
}

std::string TermsAnywhere(absl::Span<const std::string> terms) { return TermsIn(kAnyTermField, terms, 1); }

std::string Constant(const std::string& query, uint32_t score) {
  return absl::StrCat(R"({"constant_score":{"filter":)", query, ",\"boost\":", score, "}}");
}

std::string ScoredSlot(const Slot& slot, size_t most, const Bm25fOptions& options) {
  std::vector<std::string> alternatives;
  for (size_t i = 0; i < std::min(most, slot.alternatives.size()); ++i) {
    const Alternative& alternative = slot.alternatives[i];
    std::vector<std::string> fields;
    for (size_t f = 0; f < kFields; ++f) {
      const double boost = static_cast<double>(slot.weight) * alternative.weight * options.weights[f];
      if (boost > 0) fields.push_back(TermsIn(TermField(static_cast<Field>(f)), alternative.terms, boost));
    }
    if (!fields.empty()) alternatives.push_back(AnyOfQuery(fields));
  }
  if (alternatives.empty()) return kNothing;
  return absl::StrCat(R"({"dis_max":{"queries":[)", absl::StrJoin(alternatives, ","), "]}}");
}

}  // namespace

std::string JsonText(absl::string_view text) {
  return nlohmann::json(std::string(text)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string JsonNumber(double number) {
  if (std::abs(number) < kWhole && number == std::floor(number)) {
    return absl::StrCat(static_cast<int64_t>(number));
  }
  return absl::StrFormat("%.17g", number);
}

std::string AllOfQuery(absl::Span<const std::string> clauses) {
  if (clauses.empty()) return kEverything;
  return absl::StrCat(R"({"bool":{"filter":[)", absl::StrJoin(clauses, ","), "]}}");
}

std::string AnyOfQuery(absl::Span<const std::string> clauses) {
  if (clauses.empty()) return kNothing;
  return absl::StrCat(R"({"bool":{"should":[)", absl::StrJoin(clauses, ","), R"(],"minimum_should_match":1}})");
}

std::string NotQuery(const std::string& clause) { return absl::StrCat(R"({"bool":{"must_not":[)", clause, "]}}"); }

std::string IdsQuery(absl::Span<const std::string> products) { return Clause("terms", "id", Values(products)); }

std::string FilterQuery(const Filter& filter) {
  std::vector<std::string> children;
  for (const Filter& child : filter.children) children.push_back(FilterQuery(child));
  switch (filter.kind) {
    case Filter::Kind::kAnyOf:
      return AnyValue(filter);
    case Filter::Kind::kRange:
      return InRange(filter);
    case Filter::Kind::kHas:
      return HasValue(filter.property);
    case Filter::Kind::kAnd:
      return AllOfQuery(children);
    case Filter::Kind::kOr:
      return AnyOfQuery(children);
    case Filter::Kind::kNot:
      return NotQuery(children.front());
  }
  return kNothing;
}

std::string SlotQuery(const Slot& slot) {
  std::vector<std::string> terms, alternatives;
  for (const Alternative& alternative : slot.alternatives) {
    if (alternative.terms.size() == 1) {
      terms.push_back(alternative.terms[0]);
    } else {
      alternatives.push_back(TermsAnywhere(alternative.terms));
    }
  }
  if (!terms.empty()) alternatives.push_back(Clause("terms", kAnyTermField, Values(terms)));
  return alternatives.size() == 1 ? alternatives[0] : AnyOfQuery(alternatives);
}

std::vector<std::string> AllowedQueries(const LexicalQuery& query) {
  std::vector<std::string> clauses = {Clause("term", "gone", "false")};
  for (const auto& phrase : query.phrases) clauses.push_back(TermsAnywhere(phrase));
  for (const auto& excluded : query.excluded) clauses.push_back(NotQuery(TermsAnywhere(excluded)));
  return clauses;
}

std::string WordsQuery(const LexicalQuery& query, absl::Span<const uint32_t> masses, const WordsLevel& level,
                       bool unknown_too) {
  std::vector<std::string> required, slots, known, weighed;
  for (size_t i = 0; i < query.slots.size(); ++i) {
    slots.push_back(SlotQuery(query.slots[i]));
    if (query.slots[i].required) required.push_back(slots.back());
    if (masses[i] == 0) continue;
    known.push_back(slots.back());
    weighed.push_back(Constant(slots.back(), masses[i]));
  }
  if (slots.empty()) return kEverything;
  switch (level.kind) {
    case WordsLevel::Kind::kAll: {
      std::vector<std::string> all = unknown_too || known.empty() ? slots : known;
      all.insert(all.end(), required.begin(), required.end());
      return AllOfQuery(all);
    }
    case WordsLevel::Kind::kAny:
      required.push_back(AnyOfQuery(slots));
      return AllOfQuery(required);
    case WordsLevel::Kind::kLeast:
      break;
  }
  required.push_back(absl::StrCat(R"({"function_score":{"query":)", AnyOfQuery(weighed),
                                  R"(,"boost_mode":"multiply","min_score":)", level.least, "}}"));
  return AllOfQuery(required);
}

std::string ScoredQuery(const LexicalQuery& query, const EngineSettings& settings, int64_t now_us,
                        const std::string& set) {
  std::vector<std::string> slots;
  const size_t most = kScoredClauses / kFields / std::max<size_t>(query.slots.size(), 1);
  for (const Slot& slot : query.slots) slots.push_back(ScoredSlot(slot, most, settings.bm25f));
  const std::string scoring =
      slots.empty() ? absl::StrCat(R"("must":[)", kEverything, "]")
                    : absl::StrCat(R"("minimum_should_match":0,"should":[)", absl::StrJoin(slots, ","), "]");
  const std::string bool_query = absl::StrCat(R"({"bool":{"filter":[)", set, "],", scoring, "}}");
  const BoostOptions& boosts = settings.boosts;
  if (!boosts.any()) return bool_query;
  return absl::StrCat(R"({"script_score":{"query":)", bool_query, R"(,"script":{"source":)", JsonText(kBoostScript),
                      R"(,"params":{"popularity":)", JsonNumber(boosts.popularity),
                      ",\"half\":", JsonNumber(boosts.popularity_half), ",\"freshness\":", JsonNumber(boosts.freshness),
                      ",\"life\":", JsonNumber(boosts.freshness_half_life_us), ",\"now\":", now_us,
                      ",\"stock\":", JsonNumber(boosts.stock), "}}}}");
}

std::string NumbersField(const Property& property) {
  switch (property.kind) {
    case Property::Kind::kAttribute:
      return NumberField(property.name);
    case Property::Kind::kPrice:
      return "price";
    case Property::Kind::kStock:
      return "stock";
    case Property::Kind::kPopularity:
      return "popularity";
    case Property::Kind::kMarginShare:
      return "margin_share";
    case Property::Kind::kAvailableAt:
      return "available_at";
    default:
      return "";
  }
}

namespace {

bool IsLong(const Property& property) {
  return property.kind == Property::Kind::kPrice || property.kind == Property::Kind::kAvailableAt;
}

}  // namespace

std::string SortClause(const SortSpec& sort) {
  return absl::StrCat(R"([{)", JsonText(NumbersField(sort.property)), R"(:{"order":")",
                      sort.descending ? "desc" : "asc", R"(","mode":"min","missing":"_last","unmapped_type":")",
                      IsLong(sort.property) ? "long" : "double", R"("}},{"seq":"asc"}])");
}

std::string SortedAfter(const SortSpec& sort, const SortPosition& position) {
  std::string key = JsonNumber(position.key);
  if (position.unknown && IsLong(sort.property)) {
    key = absl::StrCat(sort.descending ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max());
  } else if (position.unknown) {
    key = sort.descending ? "\"-Infinity\"" : "\"Infinity\"";
  }
  return absl::StrCat("[", key, ",", position.sequence, "]");
}

}  // namespace kontor::search
