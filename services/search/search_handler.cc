#include "services/search/search_handler.h"

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/hash.h"
#include "libs/base/resource_name.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/read_after.h"
#include "services/search/answer_convert.h"
#include "services/search/answer_offers.h"
#include "services/search/attribution_token.h"
#include "services/search/page_token.h"
#include "services/search/question_convert.h"

namespace kontor::search {
namespace {

constexpr size_t kMaxTyped = 256;
constexpr int kFullAnswersPerCore = 1;  // at a time; further ones go by words
constexpr int kMaxSuggestions = 50, kDefaultSuggestions = 10;

// How many answers of this process' own index are being made.
class Making {
 public:
  explicit Making(std::atomic<int>& count) : count_(count), others_(count.fetch_add(1)) {}
  ~Making() { count_.fetch_sub(1); }
  int others() const { return others_; }

 private:
  std::atomic<int>& count_;
  const int others_;
};

// What should have been there and is not.
std::string Missing(const EngineParts& parts, const Question& question, const absl::Status& offers) {
  std::vector<std::string> missing;
  const bool read = !question.query.empty() && !question.verbatim;
  if (read && parts.view->documents() > 0 && parts.reading.spelling == nullptr) {
    missing.push_back("spelling and understanding are not built yet");
  }
  if (!offers.ok()) missing.push_back(absl::StrCat("rescue and substitutes: ", offers.message()));
  return absl::StrJoin(missing, "; ");
}

absl::StatusOr<SuggestOptions> OptionsFrom(const v1::SuggestRequest& request) {
  base::Violations violations;
  SuggestOptions options;
  if (request.text().size() > kMaxTyped) violations.Add("text", "TEXT_TOO_LONG", "give at most 256 bytes");
  if (request.max_suggestions() < 0 || request.max_suggestions() > kMaxSuggestions) {
    violations.Add("max_suggestions", "OUT_OF_RANGE", "give 1 to 50, or 0 for 10");
  }
  options.limit = static_cast<size_t>(request.max_suggestions() == 0 ? kDefaultSuggestions
                                                                     : std::max(request.max_suggestions(), 1));
  if (!request.kinds().empty()) options.quotas.fill(0);
  for (int i = 0; i < request.kinds_size(); ++i) {
    const int kind = request.kinds(i);
    if (!v1::Suggestion::Kind_IsValid(kind) || kind == v1::Suggestion::KIND_UNSPECIFIED) {
      violations.Add(absl::StrCat("kinds[", i, "]"), "UNKNOWN_VALUE", "use a value of Suggestion.Kind");
      continue;
    }
    options.quotas[static_cast<size_t>(kind) - 1] = options.limit;
  }
  RETURN_IF_ERROR(violations.ToStatus());
  return options;
}

void SetSuggestion(const Suggestion& suggestion, v1::Suggestion& out) {
  out.set_kind(static_cast<v1::Suggestion::Kind>(static_cast<int>(suggestion.kind) + 1));
  out.set_text(suggestion.text);
  out.set_target(suggestion.id);
  out.set_corrected(suggestion.corrected);
  for (const auto& [begin, end] : suggestion.highlights) {
    v1::Span& span = *out.add_highlights();
    span.set_begin(static_cast<int32_t>(begin));
    span.set_end(static_cast<int32_t>(end));
  }
}

}  // namespace

SearchHandler::SearchHandler(const Parts& parts)
    : parts_(parts),
      degraded_(parts.metrics.counter("kontor_search_degraded_total",
                                      "Answers for which something that should have been asked was missing.")),
      lightened_(parts.metrics.counter("kontor_search_lightened_total",
                                       "Answers by words alone because too many others were being made.")),
      full_answers_(kFullAnswersPerCore * static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))) {}

absl::StatusOr<EngineParts> SearchHandler::PartsOf(const std::string& shop) const {
  const ShopSearch* search = parts_.follower.Find(shop);
  if (search == nullptr) return absl::NotFoundError(absl::StrCat("shops/", shop, " is not served here"));
  const std::shared_ptr<const Companions> companions = search->companions();
  const std::shared_ptr<const CompiledCuration> curation = parts_.curation.Get(shop);
  EngineParts parts;
  parts.reading = {&search->analyzer(), companions->spelling, companions->model, curation->synonyms};
  parts.view = search->View();
  parts.curation = curation->rules;
  parts.curation_filters = curation->filters;
  parts.meaning = companions->meaning;
  const std::shared_ptr<const ServedRanker> served = parts_.rankers.Get(shop);
  parts.ranker = served->ranker;
  parts.ranker_version = served->version;
  return parts;
}

std::string SearchHandler::NewToken(const AssignedAnswer& answered, absl::string_view shop) {
  AttributionToken token;
  token.answered_at = parts_.clock.Now();
  token.answer_id = base::StableHash(absl::StrCat(parts_.seed, "\n", answers_.fetch_add(1)));
  token.effort = static_cast<int>(answered.answered.answer.effort);
  if (answered.assigned.experiment != nullptr) {
    token.experiment = CurationIdOf<ExperimentKind>(answered.assigned.experiment->name(), shop).value_or("");
    token.variant = answered.assigned.side - v1::ExperimentAssignment::SIDE_BASELINE;
    token.candidate_places = answered.candidate_places;
  }
  return FormatAttributionToken(token);
}

template <typename Request>
absl::StatusOr<v1::SearchResponse> SearchHandler::Respond(const runtime::CallContext& call, const Request& request,
                                                          Question question, const Assigned& assigned,
                                                          absl::string_view visitor) {
  ASSIGN_OR_RETURN(const EngineParts parts, PartsOf(call.shop));
  const Making making(making_);
  if (!question.cursor.has_value() && parts_.engines.OwnIndex(call.shop)) {
    const Effort asked = std::exchange(question.effort, EffortBeside(question.effort, making.others(), full_answers_));
    if (asked != question.effort) lightened_.Add();
  }
  question.effort = std::min(question.effort, AffordableEffort(call));
  const SearchEngine& engine = EngineOf(call.shop);
  const absl::Time deadline = call.wall_deadline();
  ASSIGN_OR_RETURN(const AssignedAnswer answered,
                   AskAs(assigned, visitor, engine, parts, parts_.settings, question, deadline));
  const Answer& answer = answered.answered.answer;
  const std::string currency = parts_.follower.Find(call.shop)->main_currency();
  const AnswerContext context = {*answered.answered.view, *parts.reading.analyzer, question, call.shop, currency};
  v1::SearchResponse response = ResponseFrom(answer, context);
  if (answer.next.has_value())
    response.set_next_page_token(FormatPageToken({*answer.next, question.effort}, RequestHash(request)));
  if (!question.cursor.has_value()) AddMarginTrade(answer, context, response);
  absl::Status offers;
  if (AffordableEffort(call) != Effort::kLexical) {
    const OfferSource source = {engine, parts, deadline};
    offers = AddSubstitutes(source, answered.answered, context, request.max_substitutes(), response);
    const bool empty = answer.total == 0 && !request.no_rescue();
    if (empty) offers.Update(AddRescue(source, answer, parts_.settings, context, request.filters(), response));
  }
  if (request.include_trace()) {
    for (const CurationTrace& trace : answer.plan.trace) *response.add_traces() = TraceFrom(trace, call.shop);
    for (const CurationTrace& trace : answer.trace) *response.add_traces() = TraceFrom(trace, call.shop);
  }
  if (answer.effort == Effort::kLearned) response.set_ranker(RankerName(call.shop, parts.ranker_version));
  response.set_attribution_token(NewToken(answered, call.shop));
  if (answered.assigned.experiment != nullptr) {
    response.mutable_experiment()->set_experiment(answered.assigned.experiment->name());
    response.mutable_experiment()->set_side(answered.assigned.side);
  }
  const std::string missing = Missing(parts, question, offers);
  if (!missing.empty()) {
    degraded_.Add();
    response.set_degraded(true);
    response.set_degraded_reason(missing);
  }
  return response;
}

absl::Status SearchHandler::WaitUntilFound(const log::Position& position, absl::Duration timeout) const {
  RETURN_IF_ERROR(parts_.follower.WaitUntilApplied(position, timeout));
  const std::vector<std::string>& topics = OpenSearchIndexer::Topics();
  const bool there =
      parts_.indexer != nullptr && std::find(topics.begin(), topics.end(), position.topic) != topics.end();
  return there ? parts_.indexer->WaitUntilApplied(position, timeout) : absl::OkStatus();
}

absl::StatusOr<v1::SearchResponse> SearchHandler::Search(const runtime::CallContext& call,
                                                         const v1::SearchRequest& request) {
  ASSIGN_OR_RETURN(Question question, QuestionFrom(request, absl::ToUnixMicros(parts_.clock.Now())));
  RETURN_IF_ERROR(fleet::WaitForPositions(
      SearchFollower::Topics(),
      [this](const log::Position& position, absl::Duration timeout) { return WaitUntilFound(position, timeout); }, call,
      request.read_after()));
  parts_.queries.Add(call.shop, request);
  const std::shared_ptr<const CompiledCuration> curation = parts_.curation.Get(call.shop);
  Assigned assigned;
  if (curation != nullptr && !request.query().empty()) {
    assigned = Assign(curation->experiments, request.visitor_id(), parts_.clock.Now());
  }
  return Respond(call, request, std::move(question), assigned, request.visitor_id());
}

absl::StatusOr<v1::SearchResponse> SearchHandler::Browse(const runtime::CallContext& call,
                                                         const v1::BrowseRequest& request) {
  ASSIGN_OR_RETURN(Question question, QuestionFrom(request, absl::ToUnixMicros(parts_.clock.Now())));
  return Respond(call, request, std::move(question), {}, "");
}

absl::StatusOr<v1::SuggestResponse> SearchHandler::Suggest(const runtime::CallContext& call,
                                                           const v1::SuggestRequest& request) {
  ASSIGN_OR_RETURN(const SuggestOptions options, OptionsFrom(request));
  const ShopSearch* search = parts_.follower.Find(call.shop);
  if (search == nullptr) return absl::NotFoundError(absl::StrCat("shops/", call.shop, " is not served here"));
  v1::SuggestResponse response;
  const std::shared_ptr<const SuggestIndex> suggestions = search->companions()->suggestions;
  if (suggestions == nullptr) return response;
  for (const Suggestion& suggestion : suggestions->Suggest(request.text(), options)) {
    SetSuggestion(suggestion, *response.add_suggestions());
  }
  return response;
}

}  // namespace kontor::search
