#include "services/search/answer_convert.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/money.h"
#include "libs/domain/search/highlight.h"
#include "services/search/curation_store.h"
#include "services/search/filter_convert.h"

namespace kontor::search {
namespace {

using Piece = v1::QueryReading::Piece;

constexpr double kMostUnits = 9e9;

void SetDecimal(double value, kontor::type::v1::Decimal& out) {
  const double bounded = std::fmin(std::fmax(value, -kMostUnits), kMostUnits);
  const auto nanos = static_cast<int64_t>(std::llround(bounded * 1e9));
  out.set_units(nanos / 1'000'000'000);
  out.set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
}

void SetMicros(double micros, kontor::type::v1::Decimal& out) { SetDecimal(micros / 1e6, out); }

Piece::Kind KindFrom(QueryPiece::Kind kind) {
  switch (kind) {
    case QueryPiece::Kind::kWord:
      return Piece::KIND_WORD;
    case QueryPiece::Kind::kFiller:
    case QueryPiece::Kind::kOperator:
      return Piece::KIND_FILLER;
    case QueryPiece::Kind::kPrice:
    case QueryPiece::Kind::kPricePreference:
      return Piece::KIND_PRICE;
    case QueryPiece::Kind::kBrand:
      return Piece::KIND_BRAND;
    case QueryPiece::Kind::kAttribute:
      return Piece::KIND_ATTRIBUTE;
    case QueryPiece::Kind::kCategory:
      return Piece::KIND_CATEGORY;
    case QueryPiece::Kind::kExcluded:
      return Piece::KIND_NEGATION;
    case QueryPiece::Kind::kPhrase:
      return Piece::KIND_PHRASE;
  }
  return Piece::KIND_UNSPECIFIED;
}

absl::string_view FirstValue(const IndexView& view, DocRef doc, Property::Kind kind) {
  const auto values = view.ValuesOf(doc, {kind, ""});
  return values.empty() ? absl::string_view() : values[0];
}

// The most specific path.
std::vector<std::string> CategoryOf(const IndexView& view, DocRef doc) {
  absl::string_view deepest;
  for (const absl::string_view value : view.ValuesOf(doc, {Property::Kind::kCategory, ""})) {
    if (value.size() > deepest.size()) deepest = value;
  }
  return deepest.empty() ? std::vector<std::string>() : CategoryPath(deepest);
}

bool Selected(const Question& question, const Property& property, const std::string& value) {
  for (const Filter& filter : question.filters) {
    if (filter.kind != Filter::Kind::kAnyOf || !(filter.property == property)) continue;
    for (const std::string& chosen : filter.values) {
      if (chosen == value) return true;
    }
  }
  return false;
}

void SetFacet(const Facet& facet, const Question& question, v1::Facet& out) {
  out.set_field(FieldOf(facet.property));
  out.set_total_values(static_cast<int32_t>(facet.distinct));
  for (const FacetValue& value : facet.values) {
    v1::FacetValue& added = *out.add_values();
    const bool category = facet.property.kind == Property::Kind::kCategory;
    added.set_value(category ? PathText(CategoryPath(value.value)) : value.value);
    added.set_count(static_cast<int64_t>(value.count));
    added.set_selected(Selected(question, facet.property, value.value));
  }
}

void SetRange(const RangeFacet& range, v1::Facet& out) {
  const auto set = range.property.kind == Property::Kind::kPrice ? &SetMicros : &SetDecimal;
  out.set_field(FieldOf(range.property));
  out.set_total_values(static_cast<int32_t>(range.buckets.size()));
  if (range.count == 0) return;
  set(range.least, *out.mutable_min());
  set(range.most, *out.mutable_max());
  for (const RangeBucket& bucket : range.buckets) {
    v1::FacetValue& added = *out.add_values();
    added.set_count(static_cast<int64_t>(bucket.count));
    if (std::isfinite(bucket.low)) set(bucket.low, *added.mutable_min());
    if (std::isfinite(bucket.high)) set(bucket.high, *added.mutable_max());
  }
}

void SetPriceFilter(const UnderstoodQuery& understood, v1::QueryReading& out) {
  if (understood.price_min_micros < 0 && understood.price_max_micros < 0) return;
  v1::Filter& filter = *out.add_filters();
  filter.set_field("price");
  if (understood.price_min_micros >= 0) {
    SetMicros(static_cast<double>(understood.price_min_micros), *filter.mutable_min());
  }
  if (understood.price_max_micros >= 0) {
    SetMicros(static_cast<double>(understood.price_max_micros), *filter.mutable_max());
  }
}

}  // namespace

void SetResult(const Found& found, const AnswerContext& context, const absl::flat_hash_set<std::string>& terms,
               v1::Result& out) {
  const IndexView& view = context.view;
  const absl::string_view title = view.Title(found.doc);
  out.set_product_id(std::string(view.Id(found.doc)));
  out.set_title(std::string(title));
  out.set_brand(std::string(FirstValue(view, found.doc, Property::Kind::kBrand)));
  for (std::string& level : CategoryOf(view, found.doc)) out.add_category_path(std::move(level));
  out.set_group_id(std::string(view.GroupId(found.doc)));
  const LiveValues live = view.Live(found.doc);
  if (live.price_micros >= 0 && !context.currency.empty()) {
    out.mutable_price()->set_currency_code(std::string(context.currency));
    out.mutable_price()->set_units(live.price_micros / 1'000'000);
    out.mutable_price()->set_nanos(static_cast<int32_t>(live.price_micros % 1'000'000 * 1'000));
  }
  out.set_in_stock(live.stock != 0);
  if (!context.question.sort.has_value()) out.set_score(found.score);
  for (const ByteRange& range : Highlight(context.analyzer, title, terms)) {
    v1::Span& span = *out.add_title_highlights();
    span.set_begin(static_cast<int32_t>(range.begin));
    span.set_end(static_cast<int32_t>(range.end));
  }
}

v1::Effort EffortFrom(Effort effort) { return static_cast<v1::Effort>(effort); }

v1::RuleTrace TraceFrom(const CurationTrace& trace, absl::string_view shop) {
  v1::RuleTrace out;
  out.set_rule(CurationName<RuleKind>(shop, trace.rule_id));
  out.set_effect(trace.note.empty() ? trace.action : absl::StrCat(trace.action, ": ", trace.note));
  out.set_product_id(trace.product_id);
  out.set_from_place(static_cast<int32_t>(trace.from));
  out.set_to_place(static_cast<int32_t>(trace.to));
  if (!trace.lost_to.empty()) out.set_lost_to(CurationName<RuleKind>(shop, trace.lost_to));
  return out;
}

v1::QueryReading ReadingFrom(const Reading& reading, absl::string_view query, uint32_t dropped_words) {
  v1::QueryReading out;
  out.set_text(reading.text);
  for (const auto& change : reading.corrections) {
    auto& correction = *out.add_corrections();
    correction.set_from(std::string(query.substr(change.begin, change.end - change.begin)));
    correction.set_to(change.words);
    correction.set_weight(change.weight);
  }
  SetPriceFilter(reading.understood, out);
  for (const auto& terms : reading.understood.lexical.excluded) out.add_excluded_words(absl::StrJoin(terms, " "));
  for (const PredictedCategory& category : reading.understood.categories) {
    auto& guess = *out.add_categories();
    guess.set_category(PathText(category.path));
    guess.set_probability(category.probability);
  }
  out.set_dropped_words(static_cast<int32_t>(dropped_words));
  for (const QueryPiece& piece : reading.understood.pieces) {
    auto& added = *out.add_pieces();
    added.mutable_span()->set_begin(static_cast<int32_t>(piece.begin));
    added.mutable_span()->set_end(static_cast<int32_t>(piece.end));
    added.set_kind(KindFrom(piece.kind));
    added.set_meaning(piece.meaning);
  }
  for (const SynonymUse& use : reading.understood.synonyms) out.add_synonyms(use.phrase);
  return out;
}

v1::SearchResponse ResponseFrom(const Answer& answer, const AnswerContext& context) {
  v1::SearchResponse out;
  const absl::flat_hash_set<std::string> terms = TermsOf(answer.reading.understood.lexical);
  for (const Found& found : answer.page) {
    v1::Result& result = *out.add_results();
    SetResult(found, context, terms, result);
    for (const CurationTrace& trace : answer.trace) {
      const bool acted = trace.product_id == result.product_id() && trace.lost_to.empty() && trace.to > 0;
      if (acted) result.add_rules(CurationName<RuleKind>(context.shop, trace.rule_id));
    }
  }
  out.set_total_results(static_cast<int64_t>(answer.total));
  out.set_all_words_results(static_cast<int64_t>(answer.all_words));
  for (const Facet& facet : answer.facets) SetFacet(facet, context.question, *out.add_facets());
  for (const RangeFacet& range : answer.ranges) SetRange(range, *out.add_facets());
  *out.mutable_reading() = ReadingFrom(answer.reading, answer.plan.query, answer.dropped_words);
  out.set_redirect_uri(answer.plan.redirect_url);
  for (const std::string& bytes : answer.plan.banners) out.add_banners()->ParseFromString(bytes);
  out.set_effort(EffortFrom(answer.effort));
  out.set_index_version(static_cast<int64_t>(context.view.generation()));
  return out;
}

}  // namespace kontor::search
