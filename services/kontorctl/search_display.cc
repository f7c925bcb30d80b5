#include "services/kontorctl/search_display.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "services/kontorctl/display.h"
#include "services/kontorctl/text_table.h"

namespace kontor::ctl {
namespace {

namespace v1 = kontor::search::v1;

std::string DecimalText(const kontor::type::v1::Decimal& value) {
  return absl::StrFormat("%.2f", static_cast<double>(value.units()) + static_cast<double>(value.nanos()) / 1e9);
}

std::string Word(absl::string_view name, absl::string_view prefix) {
  absl::ConsumePrefix(&name, prefix);
  return absl::AsciiStrToLower(name);
}

std::string ReadingText(const v1::SearchResponse& response) {
  const v1::QueryReading& reading = response.reading();
  std::vector<std::string> told;
  for (const auto& correction : reading.corrections()) {
    told.push_back(absl::StrCat("\"", correction.from(), "\" read as \"", correction.to(), "\""));
  }
  for (const v1::Filter& filter : reading.filters()) {
    std::string range = filter.field();
    if (filter.has_min()) absl::StrAppend(&range, " from ", DecimalText(filter.min()));
    if (filter.has_max()) absl::StrAppend(&range, " to ", DecimalText(filter.max()));
    told.push_back(range);
  }
  for (const std::string& word : reading.excluded_words()) told.push_back(absl::StrCat("without \"", word, "\""));
  for (const std::string& word : reading.synonyms()) told.push_back(absl::StrCat("also \"", word, "\""));
  if (reading.dropped_words() > 0) told.push_back(absl::StrCat("up to ", reading.dropped_words(), " words missing"));
  return absl::StrJoin(told, "; ");
}

std::string FacetText(const v1::Facet& facet) {
  std::vector<std::string> values;
  for (const v1::FacetValue& value : facet.values()) {
    std::string name = value.value();
    if (name.empty()) {
      name = absl::StrCat(value.has_min() ? DecimalText(value.min()) : "", " – ",
                          value.has_max() ? DecimalText(value.max()) : "");
    }
    values.push_back(absl::StrCat(name, " ", Grouped(value.count())));
  }
  return absl::StrCat("  ", facet.field(), ": ", absl::StrJoin(values, ", "), "\n");
}

std::string PriceText(const v1::Result& result) {
  if (!result.has_price()) return "–";
  kontor::type::v1::Decimal price;
  price.set_units(result.price().units());
  price.set_nanos(result.price().nanos());
  return absl::StrCat(DecimalText(price), " ", result.price().currency_code());
}

void AddRow(const v1::Result& result, const std::string& place, TextTable& table) {
  table.Add({place, result.product_id(), result.title(), result.brand(), absl::StrJoin(result.category_path(), " > "),
             PriceText(result), absl::StrFormat("%.3f", result.score())});
}

std::string ResultsText(const google::protobuf::RepeatedPtrField<v1::Result>& results) {
  TextTable table({"", "product", "title", "brand", "category", "price", "score"});
  int place = 0;
  for (const v1::Result& result : results) {
    AddRow(result, absl::StrCat(++place), table);
    for (const v1::Result& substitute : result.substitutes()) AddRow(substitute, "or", table);
  }
  return table.Text();
}

std::string RescueText(const v1::Rescue& rescue) {
  std::vector<std::string> dropped(rescue.dropped_words().begin(), rescue.dropped_words().end());
  for (const v1::Filter& filter : rescue.dropped_filters()) dropped.push_back(absl::StrCat("filter ", filter.field()));
  return absl::StrCat("  without ", absl::StrJoin(dropped, ", "), rescue.by_meaning() ? ", nearest by meaning" : "",
                      ": ", Grouped(rescue.total_results()), " results\n\n", ResultsText(rescue.results()));
}

std::string MoneyText(const google::type::Money& money) {
  return absl::StrFormat("%.2f %s", static_cast<double>(money.units()) + money.nanos() / 1e9, money.currency_code());
}

}  // namespace

std::string Show(const v1::SearchResponse& response) {
  if (!response.redirect_uri().empty()) return absl::StrCat("  go to ", response.redirect_uri(), "\n");
  std::string text = absl::StrCat("  ", Grouped(response.total_results()), " results by ",
                                  Word(v1::Effort_Name(response.effort()), "EFFORT_"));
  const std::string reading = ReadingText(response);
  absl::StrAppend(&text, reading.empty() ? "" : absl::StrCat("; ", reading), "\n\n");
  for (const v1::Banner& banner : response.banners()) absl::StrAppend(&text, "  [", banner.text(), "]\n");
  absl::StrAppend(&text, ResultsText(response.results()));
  if (response.has_rescue()) absl::StrAppend(&text, RescueText(response.rescue()));
  if (response.has_margin_trade()) {
    const v1::MarginTrade& trade = response.margin_trade();
    absl::StrAppend(&text, absl::StrFormat("\n  for %.2f%% of relevance: margin %s instead of %s, %d results moved\n",
                                           100 * trade.relevance_loss(), MoneyText(trade.margin_after()),
                                           MoneyText(trade.margin_before()), trade.moved_results()));
  }
  if (!response.facets().empty()) absl::StrAppend(&text, "\n");
  for (const v1::Facet& facet : response.facets()) absl::StrAppend(&text, FacetText(facet));
  for (const v1::RuleTrace& trace : response.traces()) {
    absl::StrAppend(&text, "  ", trace.rule(), ": ", trace.effect(),
                    trace.lost_to().empty() ? "" : absl::StrCat(" (lost to ", trace.lost_to(), ")"), "\n");
  }
  if (response.degraded()) absl::StrAppend(&text, "\n  degraded: ", response.degraded_reason(), "\n");
  return text;
}

std::string Show(const v1::SuggestResponse& response) {
  TextTable table({"suggestion", "kind", "leads to", ""});
  for (const v1::Suggestion& suggestion : response.suggestions()) {
    table.Add({suggestion.text(), Word(v1::Suggestion::Kind_Name(suggestion.kind()), "KIND_"), suggestion.target(),
               suggestion.corrected() ? "corrected" : ""});
  }
  return table.Text();
}

std::string Show(const v1::ExplainResponse& response) {
  std::string text = absl::StrCat("  read as: ", response.reading().text(), "\n\n");
  TextTable terms({"word and what may stand for it", "products", "idf", "weight"});
  for (const v1::TermExplanation& term : response.terms()) {
    terms.Add({absl::StrJoin(term.alternatives(), ", "), Grouped(term.document_count()),
               absl::StrFormat("%.2f", term.inverse_document_frequency()), absl::StrFormat("%.2f", term.weight())});
  }
  absl::StrAppend(&text, terms.Text());
  for (const v1::ProductExplanation& product : response.products()) {
    absl::StrAppend(&text, "\n  ", product.product_id(), ": ",
                    product.place() > 0 ? absl::StrFormat("place %d, score %.3f", product.place(), product.score())
                                        : product.absence_text(),
                    "\n");
    TextTable parts({"from", "word", "value", "adds"});
    for (const v1::ScorePart& part : product.parts()) {
      parts.Add({part.name(), part.word(), absl::StrFormat("%.3g", part.value()),
                 absl::StrFormat("%.3f", part.contribution())});
    }
    if (!product.parts().empty()) absl::StrAppend(&text, parts.Text(4));
  }
  return text;
}

}  // namespace kontor::ctl
