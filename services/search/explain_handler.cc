#include "services/search/explain_handler.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status.h"
#include "services/search/answer_convert.h"
#include "services/search/question_convert.h"
#include "services/search/relevance.h"

namespace kontor::search {
namespace {

using Explanation = v1::ProductExplanation;

constexpr int kMaxExplained = 100;
constexpr size_t kShownFeatures = 10;
constexpr size_t kListed = 1'000;  // places that are looked at for a product
constexpr const char* kFieldNames[kFields] = {"title", "brand", "category", "attributes", "codes", "description"};

std::string TextOf(const Alternative& alternative) {
  return absl::StrCat(absl::StrJoin(alternative.terms, " "),
                      alternative.weight == 1 ? "" : absl::StrCat(" (", alternative.weight, ")"));
}

void SetTerms(const PreparedQuery& query, const LexicalQuery& lexical, v1::ExplainResponse& out) {
  for (size_t i = 0; i < query.slots().size(); ++i) {
    v1::TermExplanation& term = *out.add_terms();
    for (const Alternative& alternative : lexical.slots[i].alternatives) term.add_alternatives(TextOf(alternative));
    term.set_document_count(static_cast<int64_t>(query.slots()[i].document_frequency));
    term.set_inverse_document_frequency(query.slots()[i].idf);
    term.set_weight(query.slots()[i].weight);
  }
}

std::string WordOf(const LexicalQuery& lexical, size_t slot) {
  const auto& alternatives = lexical.slots[slot].alternatives;
  return alternatives.empty() ? "" : absl::StrJoin(alternatives[0].terms, " ");
}

// What the first stage gives a product, field by field, and which words it has.
void SetParts(const PreparedQuery& query, const LexicalQuery& lexical, const EngineSettings& settings, DocRef doc,
              int64_t now_us, Explanation& out) {
  TopOptions options;
  options.bm25f = settings.bm25f;
  options.boosts = settings.boosts;
  options.boosts.now_us = now_us;
  const DocScore score = ScoreOf(query, options, {doc})[0];
  for (size_t i = 0; i < score.slots.size(); ++i) {
    const SlotScore& slot = score.slots[i];
    if (slot.score <= 0) {
      out.add_missing_words(WordOf(lexical, i));
      continue;
    }
    out.add_matched_words(WordOf(lexical, i));
    float sum = 0;
    for (const float part : slot.fields) sum += part;
    for (size_t f = 0; f < kFields; ++f) {
      if (slot.fields[f] <= 0) continue;
      v1::ScorePart& part = *out.add_parts();
      part.set_name(kFieldNames[f]);
      part.set_word(WordOf(lexical, i));
      part.set_value(FrequencyIn(slot.frequencies, f));
      part.set_contribution(slot.score * slot.fields[f] / sum);
    }
  }
  if (score.boost == 1) return;
  v1::ScorePart& part = *out.add_parts();
  part.set_name("boosts");
  part.set_value(score.boost);
  part.set_contribution(score.score - score.score / score.boost);
}

// What the learned ranker makes of the products of its window: the features that say most.
class RankerParts {
 public:
  RankerParts(const LearnedRanker& ranker, const RankRows& rows) : ranker_(ranker), rows_(rows) {}

  void AddTo(DocRef doc, Explanation& out) const {
    const auto at = std::find(rows_.docs.begin(), rows_.docs.end(), doc);
    if (at == rows_.docs.end()) return;
    const auto row =
        absl::MakeConstSpan(rows_.rows).subspan(static_cast<size_t>(at - rows_.docs.begin()) * kFeatures, kFeatures);
    std::vector<float> adds(kFeatures);
    ranker_.Contributions(row, absl::MakeSpan(adds));
    std::vector<size_t> order(kFeatures);
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return std::abs(adds[a]) > std::abs(adds[b]); });
    for (size_t i = 0; i < kShownFeatures && adds[order[i]] != 0; ++i) {
      v1::ScorePart& part = *out.add_parts();
      part.set_name(absl::StrCat("ranker.", FeatureName(static_cast<Feature>(order[i]))));
      part.set_value(row[order[i]]);
      part.set_contribution(adds[order[i]]);
    }
  }

 private:
  const LearnedRanker& ranker_;
  const RankRows& rows_;
};

// Why a product that is there is not among the results.
void SetAbsence(const PreparedQuery& query, bool member, const Answer& answer, DocRef doc, Explanation& out) {
  const auto say = [&](Explanation::Absence absence, const std::string& text) {
    out.set_absence(absence);
    out.set_absence_text(text);
  };
  for (const Filter& filter : answer.filters) {
    const Bits passing = Evaluate(filter, query.view().segment(doc.segment), query.view().values(),
                                  AllBits(query.view().segment(doc.segment).documents));
    if (TestBit(passing, doc.doc)) continue;
    const bool hidden = filter.kind == Filter::Kind::kNot && !filter.children.empty() &&
                        filter.children[0].property.kind == Property::Kind::kId;
    if (hidden) return say(Explanation::ABSENCE_HIDDEN_BY_RULE, "a curation rule hides it; the traces say which");
    return say(Explanation::ABSENCE_FILTERED, absl::StrCat("the filter ", CanonicalText(filter), " leaves it out"));
  }
  if (!member) {
    const Bits* allowed = query.allowed(doc.segment);
    if (allowed != nullptr && !TestBit(*allowed, doc.doc)) {
      return say(Explanation::ABSENCE_EXCLUDED_WORD, "it has an excluded word, or lacks a phrase of the query");
    }
    return say(Explanation::ABSENCE_TOO_FEW_WORDS,
               absl::StrCat("it lacks ", absl::StrJoin(out.missing_words(), ", "), "; results may lack at most ",
                            answer.dropped_words, " words"));
  }
  say(Explanation::ABSENCE_VARIANT_SHOWN, "another variant of its group is shown");
}

}  // namespace

absl::StatusOr<v1::ExplainResponse> ExplainHandler::Explain(const runtime::CallContext& call,
                                                            const v1::ExplainRequest& request) const {
  if (request.product_ids_size() > kMaxExplained) {
    base::Violations violations;
    violations.Add("product_ids", "TOO_MANY", "give at most 100");
    return violations.ToStatus();
  }
  ASSIGN_OR_RETURN(Question question, QuestionFrom(request.search(), absl::ToUnixMicros(parts_.clock.Now())));
  ASSIGN_OR_RETURN(const EngineParts parts, parts_.search.PartsOf(call.shop));
  const size_t page = question.page_size;
  question.page_size = kListed;
  question.cursor.reset();
  question.max_relevance_loss = 0;
  std::vector<std::string> products(request.product_ids().begin(), request.product_ids().end());
  ASSIGN_OR_RETURN(const Inspection inspected, parts_.search.EngineOf(call.shop).Inspect(
                                                   parts, parts_.settings, question, products, call.wall_deadline()));
  const Answer& answer = inspected.answered.answer;
  const IndexView& view = *inspected.answered.view;
  v1::ExplainResponse response;
  *response.mutable_reading() = ReadingFrom(answer.reading, answer.plan.query, answer.dropped_words);
  response.set_total_results(static_cast<int64_t>(answer.total));
  for (const CurationTrace& trace : answer.plan.trace) *response.add_traces() = TraceFrom(trace, call.shop);
  for (const CurationTrace& trace : answer.trace) *response.add_traces() = TraceFrom(trace, call.shop);
  const LexicalQuery& lexical = answer.reading.understood.lexical;
  const PreparedQuery query(view, lexical, inspected.document_frequencies);
  SetTerms(query, lexical, response);
  absl::flat_hash_map<std::string, size_t> places;
  for (size_t i = 0; i < answer.page.size(); ++i) places.emplace(view.Id(answer.page[i].doc), i);
  const bool asked = !products.empty();
  for (size_t i = 0; !asked && i < std::min(page, answer.page.size()); ++i) {
    products.emplace_back(view.Id(answer.page[i].doc));
  }
  std::optional<RankerParts> ranker;
  if (answer.effort == Effort::kLearned) ranker.emplace(*parts.ranker, inspected.rows);
  for (size_t i = 0; i < products.size(); ++i) {
    const std::string& id = products[i];
    const bool member = !asked || inspected.members[i];
    Explanation& explained = *response.add_products();
    explained.set_product_id(id);
    const auto doc = view.Find(id);
    if (!doc.has_value()) {
      const bool removed = parts_.follower.Find(call.shop)->KnownProduct(id).removed;
      explained.set_absence(removed ? Explanation::ABSENCE_REMOVED : Explanation::ABSENCE_UNKNOWN_PRODUCT);
      explained.set_absence_text(removed ? "it was removed from the catalogue" : "the catalogue has no such product");
      continue;
    }
    SetParts(query, lexical, parts_.settings, *doc, question.now_us, explained);
    if (ranker.has_value()) ranker->AddTo(*doc, explained);
    const auto place = places.find(id);
    if (place != places.end()) {
      explained.set_place(static_cast<int64_t>(place->second) + 1);
      explained.set_score(answer.page[place->second].score);
    } else if (answer.page.size() < answer.total && member) {
      explained.set_absence_text(absl::StrCat("it is a result behind place ", kListed));
    } else {
      SetAbsence(query, member, answer, *doc, explained);
    }
  }
  return response;
}

absl::StatusOr<v1::EvaluateRelevanceResponse> ExplainHandler::EvaluateRelevance(
    const runtime::CallContext& call, const v1::EvaluateRelevanceRequest& request) const {
  RETURN_IF_ERROR(CheckEvaluation(request));
  ASSIGN_OR_RETURN(const EngineParts parts, parts_.search.PartsOf(call.shop));
  return Evaluate(parts_.search.EngineOf(call.shop), parts, parts_.settings, request,
                  absl::ToUnixMicros(parts_.clock.Now()), call.wall_deadline());
}

}  // namespace kontor::search
