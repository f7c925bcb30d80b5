#include "services/search/answer_offers.h"

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "libs/base/status.h"
#include "libs/domain/search/highlight.h"
#include "libs/domain/search/rescue.h"
#include "libs/domain/search/substitutes.h"

namespace kontor::search {
namespace {

constexpr size_t kMostSubstituted = 24;

void SetMoney(double micros, absl::string_view currency, google::type::Money& out) {
  const auto whole = static_cast<int64_t>(std::llround(std::fmin(micros, 9e18)));
  out.set_currency_code(std::string(currency));
  out.set_units(whole / 1'000'000);
  out.set_nanos(static_cast<int32_t>(whole % 1'000'000 * 1'000));
}

}  // namespace

absl::Status AddRescue(const OfferSource& source, const Answer& empty, const EngineSettings& settings,
                       const AnswerContext& context, const google::protobuf::RepeatedPtrField<v1::Filter>& filters,
                       v1::SearchResponse& out) {
  ASSIGN_OR_RETURN(const std::optional<Rescue> rescue,
                   FindRescue(source.engine, source.parts, settings, context.question, empty, source.deadline));
  if (!rescue.has_value()) return absl::OkStatus();
  v1::Rescue& offered = *out.mutable_rescue();
  const Answer& answer = rescue->answered.answer;
  const AnswerContext found_in = context.In(*rescue->answered.view);
  const absl::flat_hash_set<std::string> terms = TermsOf(answer.reading.understood.lexical);
  for (const Found& found : answer.page) SetResult(found, found_in, terms, *offered.add_results());
  offered.set_total_results(static_cast<int64_t>(answer.total));
  for (const std::string& word : rescue->words) offered.add_dropped_words(word);
  for (const size_t i : rescue->filters) {
    v1::Filter& dropped = *offered.add_dropped_filters();
    if (i < static_cast<size_t>(filters.size())) {
      dropped = filters[static_cast<int>(i)];
    } else {  // in_stock_only
      dropped.set_field("in_stock");
      dropped.add_values("true");
    }
  }
  if (rescue->price) *offered.add_dropped_filters() = out.reading().filters(0);
  offered.set_by_meaning(rescue->by_meaning);
  return absl::OkStatus();
}

absl::Status AddSubstitutes(const OfferSource& source, const EngineAnswer& answered, const AnswerContext& context,
                            int most, v1::SearchResponse& out) {
  if (most <= 0) return absl::OkStatus();
  std::vector<DocRef> products;
  std::vector<v1::Result*> results;
  for (int i = 0; i < out.results_size() && results.size() < kMostSubstituted; ++i) {
    if (out.results(i).in_stock()) continue;
    products.push_back(answered.answer.page[static_cast<size_t>(i)].doc);
    results.push_back(out.mutable_results(i));
  }
  if (products.empty()) return absl::OkStatus();
  SubstituteOptions options;
  options.most = static_cast<size_t>(most);
  ASSIGN_OR_RETURN(const SearchEngine::Substitutes substitutes,
                   source.engine.SubstitutesFor(source.parts, answered, products, options, source.deadline));
  const AnswerContext found_in = context.In(*substitutes.view);
  for (size_t i = 0; i < results.size(); ++i) {
    for (const Found& found : substitutes.found[i]) {
      v1::Result& substitute = *results[i]->add_substitutes();
      SetResult(found, found_in, {}, substitute);
      substitute.set_score(found.score);
    }
  }
  return absl::OkStatus();
}

void AddMarginTrade(const Answer& answer, const AnswerContext& context, v1::SearchResponse& out) {
  if (!answer.margin_trade.has_value()) return;
  v1::MarginTrade& trade = *out.mutable_margin_trade();
  trade.set_relevance_loss(answer.margin_trade->relevance_loss);
  trade.set_moved_results(static_cast<int32_t>(answer.margin_trade->moved));
  trade.set_results_without_margin(static_cast<int32_t>(answer.margin_trade->without_margin));
  if (context.currency.empty()) return;
  SetMoney(answer.margin_trade->margin_before, context.currency, *trade.mutable_margin_before());
  SetMoney(answer.margin_trade->margin_after, context.currency, *trade.mutable_margin_after());
}

}  // namespace kontor::search
