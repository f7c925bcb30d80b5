#include "services/search/opensearch_facets.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/search/opensearch_document.h"
#include "services/search/opensearch_query.h"

namespace kontor::search {
namespace {

using Json = nlohmann::json;

constexpr char kSeparator = '\x1f';
constexpr size_t kPrefixRead = 60;  // bytes of a prefix that the node looks at; the rest is looked at here

std::string FieldOfValues(const Property& property) {
  if (property.kind == Property::Kind::kBrand) return "brand";
  return property.kind == Property::Kind::kCategory ? "category" : "attr";
}

// What stands before a value in its field.
std::string Lead(const FacetSpec& spec) {
  if (spec.property.kind == Property::Kind::kAttribute) return AttributeKey(spec.property.name, "");
  if (spec.property.kind != Property::Kind::kCategory || spec.path.empty()) return "";
  return CategoryKey(spec.path) + kSeparator;
}

// Lucene's regular expressions: everything but letters and digits is escaped; letters of ASCII in either case.
void AppendPattern(absl::string_view text, bool either_case, std::string& pattern) {
  for (const char c : text) {
    const bool letter = absl::ascii_isalpha(static_cast<unsigned char>(c));
    if (letter && either_case) {
      absl::StrAppend(&pattern, "[", std::string(1, absl::ascii_tolower(static_cast<unsigned char>(c))),
                      std::string(1, absl::ascii_toupper(static_cast<unsigned char>(c))), "]");
    } else if (letter || absl::ascii_isdigit(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80) {
      pattern += c;
    } else {
      pattern += '\\';
      pattern += c;
    }
  }
}

// Whole characters only.
absl::string_view Head(absl::string_view text) {
  if (text.size() <= kPrefixRead) return text;
  size_t end = kPrefixRead;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

std::string Pattern(const FacetSpec& spec) {
  std::string pattern;
  AppendPattern(Lead(spec), false, pattern);
  AppendPattern(Head(spec.prefix), true, pattern);
  // Not ".*", by which 2.16 to 3.x look ordinals up out of bounds (OpenSearch issue 19636).
  return pattern + (spec.property.kind == Property::Kind::kCategory ? "[^\x1f]*" : std::string("[^\0]*", 5));
}

std::string Keys(const FacetSpec& spec) {
  std::vector<std::string> keys;
  for (const std::string& value : spec.always) {
    const bool attribute = spec.property.kind == Property::Kind::kAttribute;
    keys.push_back(JsonText(attribute ? AttributeKey(spec.property.name, value) : value));
  }
  return absl::StrJoin(keys, ",");
}

std::string Within(const std::string& name, const std::vector<std::string>& filters, const std::string& inner) {
  return absl::StrCat("\"", name, "\":{\"filter\":", AllOfQuery(filters), ",\"aggs\":{", inner, "}}");
}

std::string ValuesAggregation(const FacetSpec& spec) {
  const std::string terms = absl::StrCat("{\"terms\":{\"field\":\"", FieldOfValues(spec.property), "\",\"include\":");
  std::string inner = absl::StrCat(
      "\"values\":", terms, JsonText(Pattern(spec)), ",\"size\":", kToldValues,
      "}},\"having\":{\"filter\":", FilterQuery(Filter{.kind = Filter::Kind::kHas, .property = spec.property}), "}");
  if (!spec.always.empty()) {
    absl::StrAppend(&inner, ",\"always\":", terms, "[", Keys(spec), "],\"size\":", spec.always.size(), "}}");
  }
  return inner;
}

std::string RangeAggregation(const RangeSpec& spec) {
  const std::string field = JsonText(NumbersField(spec.property));
  std::string inner =
      absl::StrCat("\"numbers\":{\"stats\":{\"field\":", field, "}},\"unknown\":{\"missing\":{\"field\":", field, "}}");
  if (!spec.boundaries.empty()) {
    std::vector<std::string> ranges;
    for (size_t i = 0; i <= spec.boundaries.size(); ++i) {
      std::vector<std::string> ends;
      if (i > 0) ends.push_back(absl::StrCat("\"from\":", JsonNumber(spec.boundaries[i - 1])));
      if (i < spec.boundaries.size()) ends.push_back(absl::StrCat("\"to\":", JsonNumber(spec.boundaries[i])));
      ranges.push_back(absl::StrCat("{", absl::StrJoin(ends, ","), "}"));
    }
    absl::StrAppend(&inner, ",\"buckets\":{\"range\":{\"field\":", field, ",\"ranges\":[", absl::StrJoin(ranges, ","),
                    "]}}");
  } else if (spec.buckets > 1) {
    std::vector<std::string> shares;
    for (size_t i = 1; i < spec.buckets; ++i) {
      shares.push_back(JsonNumber(100.0 * static_cast<double>(i) / static_cast<double>(spec.buckets)));
    }
    absl::StrAppend(&inner, ",\"shares\":{\"percentiles\":{\"field\":", field, ",\"percents\":[",
                    absl::StrJoin(shares, ","), "],\"keyed\":false}}");
  }
  return inner;
}

std::string ValueIn(const FacetSpec& spec, const std::string& key) {
  if (spec.property.kind != Property::Kind::kAttribute) return key;
  return key.substr(std::min(key.size(), Lead(spec).size()));
}

Facet ReadFacet(const FacetSpec& spec, const Json& in) {
  Facet facet;
  facet.property = spec.property;
  facet.documents = in.at("having").at("doc_count").get<uint64_t>();
  const bool category = spec.property.kind == Property::Kind::kCategory;
  for (const Json& bucket : in.at("values").at("buckets")) {
    const auto key = bucket.at("key").get<std::string>();
    const absl::string_view last = absl::string_view(key).substr(std::min(key.size(), Lead(spec).size()));
    if (!absl::StartsWithIgnoreCase(last, spec.prefix)) continue;
    facet.values.push_back({category ? key : ValueIn(spec, key), bucket.at("doc_count").get<uint64_t>()});
  }
  facet.distinct = facet.values.size();
  facet.values.resize(std::min(facet.values.size(), spec.limit));
  for (const std::string& wanted : spec.always) {
    const auto is_wanted = [&](const FacetValue& value) { return value.value == wanted; };
    if (std::any_of(facet.values.begin(), facet.values.end(), is_wanted)) continue;
    FacetValue value{wanted, 0};
    for (const Json& bucket : in.at("always").at("buckets")) {
      if (ValueIn(spec, bucket.at("key").get<std::string>()) == wanted) value.count = bucket.at("doc_count");
    }
    facet.values.push_back(std::move(value));
  }
  return facet;
}

RangeFacet ReadRange(const RangeSpec& spec, const Json& in) {
  RangeFacet facet;
  facet.property = spec.property;
  facet.unknown = in.at("unknown").at("doc_count").get<uint64_t>();
  const Json& numbers = in.at("numbers");
  facet.count = numbers.at("count").get<uint64_t>();
  if (facet.count > 0) {
    facet.least = numbers.at("min").get<double>();
    facet.most = numbers.at("max").get<double>();
    facet.sum = numbers.at("sum").get<double>();
  }
  if (!in.contains("buckets")) return facet;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const Json& bucket : in.at("buckets").at("buckets")) {
    facet.buckets.push_back(
        {bucket.value("from", -kInfinity), bucket.value("to", kInfinity), bucket.at("doc_count").get<uint64_t>()});
  }
  return facet;
}

std::vector<double> BoundariesIn(const Json& in) {
  std::vector<double> boundaries;
  if (!in.contains("shares")) return boundaries;
  for (const Json& share : in.at("shares").at("values")) {
    if (!share.at("value").is_number()) continue;
    const double value = share.at("value").get<double>();
    if (boundaries.empty() || value > boundaries.back()) boundaries.push_back(value);
  }
  return boundaries;
}

}  // namespace

std::vector<std::string> OtherFilters(absl::Span<const Filter> filters, const Property& property) {
  std::vector<std::string> others;
  for (const Filter& filter : filters) {
    const std::vector<Property> of = PropertiesOf(filter);
    if (of.size() != 1 || !(of[0] == property)) others.push_back(FilterQuery(filter));
  }
  return others;
}

std::string FacetAggregations(const FacetQuestion& question) {
  std::vector<std::string> members;
  for (size_t i = 0; i < question.facets.size(); ++i) {
    members.push_back(Within(absl::StrCat("facet", i), OtherFilters(question.filters, question.facets[i].property),
                             ValuesAggregation(question.facets[i])));
  }
  for (size_t i = 0; i < question.ranges.size(); ++i) {
    members.push_back(Within(absl::StrCat("range", i), OtherFilters(question.filters, question.ranges[i].property),
                             RangeAggregation(question.ranges[i])));
  }
  return absl::StrJoin(members, ",");
}

absl::StatusOr<FacetAnswer> ReadFacets(const FacetQuestion& question, absl::string_view aggregations) {
  try {
    const Json in = Json::parse(aggregations);
    FacetAnswer out;
    for (size_t i = 0; i < question.facets.size(); ++i) {
      out.facets.push_back(ReadFacet(question.facets[i], in.at(absl::StrCat("facet", i))));
    }
    for (size_t i = 0; i < question.ranges.size(); ++i) {
      const Json& range = in.at(absl::StrCat("range", i));
      out.ranges.push_back(ReadRange(question.ranges[i], range));
      out.boundaries.push_back(BoundariesIn(range));
    }
    return out;
  } catch (const Json::exception& e) {
    return absl::InternalError(absl::StrCat("OpenSearch counts otherwise than was asked: ", e.what()));
  }
}

}  // namespace kontor::search
