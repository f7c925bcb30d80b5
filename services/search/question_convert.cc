#include "services/search/question_convert.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/base/resource_name.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"
#include "services/search/filter_convert.h"
#include "services/search/page_token.h"

namespace kontor::search {
namespace {

constexpr int kMaxFilters = 100, kMaxFacets = 50, kMaxFacetValues = 1'000, kMaxAutomaticFacets = 20;
constexpr int kDefaultPage = 24, kMaxPage = 200, kMaxEnough = 1'000, kMaxBoundaries = 100;
constexpr size_t kDefaultBuckets = 5, kMaxQueryBytes = 4'096, kMaxPrefixBytes = 256, kMaxVisitorBytes = 200;
constexpr int kMaxSubstitutes = 10;
constexpr double kMaxRelevanceLoss = 0.5;
constexpr absl::Duration kForLearned = absl::Milliseconds(20), kForFused = absl::Milliseconds(8);

// What SearchRequest and BrowseRequest have in common.
template <typename Request>
class QuestionReader {
 public:
  QuestionReader(const Request& request, int64_t now_us, Question& question, base::Violations& violations)
      : request_(request), question_(question), violations_(violations) {
    question_.now_us = request.has_as_of() ? absl::ToUnixMicros(fleet::TimeOf(request.as_of())) : now_us;
  }

  void Read() {
    Filters();
    Facets();
    Sort();
    Page();
    Offers();
    question_.group_variants = request_.group_variants();
    question_.segment = request_.segment();
    question_.device = kontor::events::v1::DeviceClass_Name(request_.device());
  }

 private:
  void Add(absl::string_view field, absl::string_view reason, absl::string_view text) {
    violations_.Add(field, reason, text);
  }

  void Filters() {
    if (request_.filters_size() > kMaxFilters) return Add("filters", "TOO_MANY", "give at most 100 filters");
    for (int i = 0; i < request_.filters_size(); ++i) {
      const size_t before = violations_.list().size();
      CheckFilter(absl::StrCat("filters[", i, "]."), request_.filters(i), violations_);
      if (violations_.list().size() == before) question_.filters.push_back(FilterFrom(request_.filters(i)));
    }
    if (request_.in_stock_only()) {
      v1::Filter in_stock;
      in_stock.set_field("in_stock");
      in_stock.add_values("true");
      question_.filters.push_back(FilterFrom(in_stock));
    }
  }

  void Facets() {
    if (request_.facets_size() > kMaxFacets) return Add("facets", "TOO_MANY", "give at most 50 facets");
    for (int i = 0; i < request_.facets_size(); ++i) Facet(absl::StrCat("facets[", i, "]."), request_.facets(i));
    if (request_.automatic_facets() < 0 || request_.automatic_facets() > kMaxAutomaticFacets) {
      Add("automatic_facets", "OUT_OF_RANGE", "give 0 to 20");
    }
    question_.useful_facets = static_cast<size_t>(std::max(request_.automatic_facets(), 0));
  }

  void Facet(const std::string& prefix, const v1::FacetRequest& facet) {
    const std::optional<Property> property = PropertyOf(facet.field());
    using Kind = Property::Kind;
    const bool known = property.has_value() && (property->kind == Kind::kBrand || property->kind == Kind::kCategory ||
                                                property->kind == Kind::kPrice || property->kind == Kind::kAttribute);
    if (!known) {
      return Add(absl::StrCat(prefix, "field"), "FIELD_UNKNOWN", "give brand, category, price or attributes.NAME");
    }
    if (facet.max_values() < 0 || facet.max_values() > kMaxFacetValues) {
      Add(absl::StrCat(prefix, "max_values"), "OUT_OF_RANGE", "give 1 to 1,000, or 0 for 10");
    }
    if (facet.value_prefix().size() > kMaxPrefixBytes) {
      Add(absl::StrCat(prefix, "value_prefix"), "TEXT_TOO_LONG", "give at most 256 bytes");
    }
    if (property->kind == Kind::kPrice || !facet.boundaries().empty()) return Range(prefix, *property, facet);
    FacetSpec spec;
    spec.property = *property;
    if (facet.max_values() > 0) spec.limit = static_cast<size_t>(facet.max_values());
    spec.prefix = facet.value_prefix();
    if (property->kind == Kind::kCategory) spec.path = PathOf(facet.parent_path());
    for (const v1::Filter& filter : request_.filters()) {
      if (filter.field() != facet.field() || filter.exclude()) continue;
      for (const std::string& value : filter.values()) {
        spec.always.push_back(property->kind == Kind::kCategory ? CategoryKey(PathOf(value)) : value);
      }
    }
    question_.facets.push_back(std::move(spec));
  }

  void Range(const std::string& prefix, const Property& property, const v1::FacetRequest& facet) {
    if (facet.boundaries_size() > kMaxBoundaries) {
      return Add(absl::StrCat(prefix, "boundaries"), "TOO_MANY", "give at most 100");
    }
    RangeSpec spec;
    spec.property = property;
    const double unit = property.kind == Property::Kind::kPrice ? 1e6 : 1;
    for (const auto& boundary : facet.boundaries()) {
      spec.boundaries.push_back((static_cast<double>(boundary.units()) + static_cast<double>(boundary.nanos()) / 1e9) *
                                unit);
    }
    if (spec.boundaries.empty()) {
      spec.buckets = facet.max_values() > 0 ? static_cast<size_t>(facet.max_values()) : kDefaultBuckets;
    }
    question_.ranges.push_back(std::move(spec));
  }

  void Sort() {
    using v1::Sort;
    SortSpec sort;
    sort.descending = request_.sort().descending();
    switch (request_.sort().by()) {
      case Sort::BY_UNSPECIFIED:
      case Sort::BY_RELEVANCE:
        return;
      case Sort::BY_PRICE:
        sort.property = {Property::Kind::kPrice, ""};
        break;
      case Sort::BY_AGE:
        sort.property = {Property::Kind::kAvailableAt, ""};
        sort.descending = !sort.descending;  // young first
        break;
      case Sort::BY_POPULARITY:
        sort.property = {Property::Kind::kPopularity, ""};
        break;
      case Sort::BY_ATTRIBUTE:
        if (request_.sort().attribute().empty()) {
          return Add("sort.attribute", "REQUIRED", "name the attribute to sort by");
        }
        sort.property = {Property::Kind::kAttribute, request_.sort().attribute()};
        break;
      default:
        return Add("sort.by", "UNKNOWN_VALUE", "use a value of Sort.By");
    }
    question_.sort = std::move(sort);
  }

  void Page() {
    if (request_.page_size() < 0 || request_.page_size() > kMaxPage) {
      Add("page_size", "PAGE_SIZE_INVALID", "give 1 to 200, or 0 for 24");
    } else {
      question_.page_size = static_cast<size_t>(request_.page_size() == 0 ? kDefaultPage : request_.page_size());
    }
    if (request_.page_token().empty()) return;
    const auto place = ParsePageToken(request_.page_token(), RequestHash(request_));
    if (!place.ok()) return Add("page_token", "PAGE_TOKEN_INVALID", place.status().message());
    question_.cursor = place->cursor;
    question_.effort = std::min(question_.effort, place->effort);
  }

  void Offers() {
    if (request_.max_substitutes() < 0 || request_.max_substitutes() > kMaxSubstitutes) {
      Add("max_substitutes", "OUT_OF_RANGE", "give 0 to 10");
    }
    const double loss = request_.max_relevance_loss();
    if (!(loss >= 0 && loss <= kMaxRelevanceLoss)) {
      Add("max_relevance_loss", "OUT_OF_RANGE", "give 0 to 0.5");
    } else if (loss > 0 && question_.sort.has_value()) {
      Add("max_relevance_loss", "CONTRADICTION", "a sorted page has no relevance to give up; leave out one of the two");
    } else {
      question_.max_relevance_loss = loss;
    }
  }

  const Request& request_;
  Question& question_;
  base::Violations& violations_;
};

void ReadQuery(const v1::SearchRequest& request, Question& question, base::Violations& violations) {
  if (request.query().size() > kMaxQueryBytes) {
    violations.Add("query", "TEXT_TOO_LONG", "give at most 4,096 bytes");
  } else {
    question.query = request.query();
  }
  switch (request.matching()) {
    case v1::MATCHING_UNSPECIFIED:
    case v1::MATCHING_MOST:
      break;
    case v1::MATCHING_ALL:
      question.match.policy = MatchPolicy::kAll;
      break;
    case v1::MATCHING_ANY:
      question.match.policy = MatchPolicy::kAny;
      break;
    default:
      violations.Add("matching", "UNKNOWN_VALUE", "use a value of Matching");
  }
  if (request.enough() < 0 || request.enough() > kMaxEnough) {
    violations.Add("enough", "OUT_OF_RANGE", "give 1 to 1,000, or 0 for 24");
  } else if (request.enough() > 0) {
    question.match.enough = static_cast<uint64_t>(request.enough());
  }
  if (!v1::Effort_IsValid(request.effort())) {
    violations.Add("effort", "UNKNOWN_VALUE", "use a value of Effort");
  } else if (request.effort() != v1::EFFORT_UNSPECIFIED) {
    question.effort = static_cast<Effort>(request.effort());
  }
  question.verbatim = request.verbatim();
  if (request.visitor_id().size() > kMaxVisitorBytes) {
    violations.Add("visitor_id", "TEXT_TOO_LONG", "give at most 200 bytes");
  }
}

template <typename Request>
uint64_t HashOf(Request request) {
  request.clear_page_token();
  return base::StableHash(request.SerializeAsString());
}

}  // namespace

uint64_t RequestHash(const v1::SearchRequest& request) { return HashOf(request); }
uint64_t RequestHash(const v1::BrowseRequest& request) { return HashOf(request); }

absl::StatusOr<Question> QuestionFrom(const v1::SearchRequest& request, int64_t now_us) {
  Question question;
  base::Violations violations;
  ReadQuery(request, question, violations);
  QuestionReader<v1::SearchRequest>(request, now_us, question, violations).Read();
  RETURN_IF_ERROR(violations.ToStatus());
  RETURN_IF_ERROR(Validate(question));
  return question;
}

absl::StatusOr<Question> QuestionFrom(const v1::BrowseRequest& request, int64_t now_us) {
  Question question;
  base::Violations violations;
  question.category = PathOf(request.category());
  question.effort = Effort::kLexical;
  QuestionReader<v1::BrowseRequest>(request, now_us, question, violations).Read();
  RETURN_IF_ERROR(violations.ToStatus());
  RETURN_IF_ERROR(Validate(question));
  return question;
}

Effort AffordableEffort(const runtime::CallContext& call) {
  const absl::Duration left = call.remaining();
  if (left < kForFused) return Effort::kLexical;
  return left < kForLearned ? Effort::kFused : Effort::kLearned;
}

Effort EffortBeside(Effort asked, int others, int full) { return others >= full ? Effort::kLexical : asked; }

}  // namespace kontor::search
