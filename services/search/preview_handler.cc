#include "services/search/preview_handler.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "services/search/answer_convert.h"
#include "services/search/curation_convert.h"
#include "services/search/question_convert.h"

namespace kontor::search {
namespace {

constexpr int kMaxTried = 1'000, kMaxRequests = 1'000, kDefaultRequests = 100, kMaxExamples = 100,
              kDefaultExamples = 10;

template <typename Message>
void CheckAll(const std::string& field, const google::protobuf::RepeatedPtrField<Message>& messages,
              base::Violations& violations) {
  if (messages.size() > kMaxTried) return violations.Add(field, "TOO_MANY", "at most 1,000 are taken");
  for (int i = 0; i < messages.size(); ++i) {
    CheckCuration(absl::StrCat(field, "[", i, "]."), messages[i], violations);
  }
}

absl::Status Check(const v1::PreviewCurationRequest& request) {
  base::Violations violations;
  CheckAll("rules", request.rules(), violations);
  CheckAll("synonym_sets", request.synonym_sets(), violations);
  if (request.requests_size() > kMaxRequests || request.max_requests() > kMaxRequests || request.max_requests() < 0) {
    violations.Add("requests", "TOO_MANY", "at most 1,000 are asked");
  }
  if (request.max_examples() > kMaxExamples || request.max_examples() < 0) {
    violations.Add("max_examples", "OUT_OF_RANGE", "give 1 to 100, or 0 for 10");
  }
  return violations.ToStatus();
}

// Takes out what is named or stands under a tried one's name, and puts the tried ones in.
template <typename Message>
void Replace(const google::protobuf::RepeatedPtrField<Message>& tried,
             const google::protobuf::RepeatedPtrField<std::string>& removed, std::vector<Message>& into) {
  const auto gone = [&](const Message& stored) {
    const auto same = [&](const Message& other) { return other.name() == stored.name(); };
    return std::any_of(tried.begin(), tried.end(), same) ||
           std::find(removed.begin(), removed.end(), stored.name()) != removed.end();
  };
  into.erase(std::remove_if(into.begin(), into.end(), gone), into.end());
  for (int i = 0; i < tried.size(); ++i) {
    into.push_back(tried[i]);
    into.back().set_disabled(false);
    if (into.back().name().empty()) into.back().set_name(absl::StrCat("preview/tried-", i + 1));
  }
}

struct Compared {
  v1::PreviewExample example;
  size_t changes = 0;
};

size_t Changes(const v1::PreviewExample& example) {
  size_t changes = 0;
  const int size = std::max(example.before_product_ids_size(), example.after_product_ids_size());
  for (int i = 0; i < size; ++i) {
    const bool both = i < example.before_product_ids_size() && i < example.after_product_ids_size();
    changes += both && example.before_product_ids(i) == example.after_product_ids(i) ? 0 : 1;
  }
  return changes;
}

}  // namespace

absl::StatusOr<std::vector<v1::SearchRequest>> PreviewHandler::RequestsToAsk(
    const std::string& shop, const v1::PreviewCurationRequest& request) const {
  std::vector<v1::SearchRequest> requests(request.requests().begin(), request.requests().end());
  if (requests.empty()) {
    requests = parts_.queries.Newest(
        shop, static_cast<size_t>(request.max_requests() == 0 ? kDefaultRequests : request.max_requests()));
  }
  if (requests.empty()) {
    return base::Error(absl::StatusCode::kFailedPrecondition, kReasonNoRequests,
                       "this process has answered no query yet; give requests to try");
  }
  return requests;
}

absl::StatusOr<StoredCuration> PreviewHandler::CurationToTry(const std::string& shop,
                                                             const v1::PreviewCurationRequest& request) {
  ASSIGN_OR_RETURN(StoredCuration stored, parts_.store.Load(shop));
  Replace(request.rules(), request.removed(), stored.rules);
  Replace(request.synonym_sets(), request.removed(), stored.synonym_sets);
  return stored;
}

absl::StatusOr<v1::PreviewCurationResponse> PreviewHandler::PreviewCuration(const runtime::CallContext& call,
                                                                            const v1::PreviewCurationRequest& request) {
  RETURN_IF_ERROR(Check(request));
  ASSIGN_OR_RETURN(const std::vector<v1::SearchRequest> requests, RequestsToAsk(call.shop, request));
  ASSIGN_OR_RETURN(const StoredCuration tried, CurationToTry(call.shop, request));
  ASSIGN_OR_RETURN(const EngineParts before, parts_.search.PartsOf(call.shop));
  ASSIGN_OR_RETURN(const CompiledCuration compiled, Compile(tried, parts_.follower.Find(call.shop)->analyzer()));
  EngineParts after = before;
  after.curation = compiled.rules;
  after.curation_filters = compiled.filters;
  after.reading.synonyms = compiled.synonyms;
  const SearchEngine& engine = parts_.search.EngineOf(call.shop);
  const absl::Time deadline = call.wall_deadline();
  v1::PreviewCurationResponse response;
  std::vector<Compared> all;
  for (const v1::SearchRequest& asked : requests) {
    ASSIGN_OR_RETURN(const Question question, QuestionFrom(asked, absl::ToUnixMicros(parts_.clock.Now())));
    ASSIGN_OR_RETURN(const EngineAnswer was_answered, engine.Ask(before, parts_.settings, question, deadline));
    ASSIGN_OR_RETURN(const EngineAnswer is_answered, engine.Ask(after, parts_.settings, question, deadline));
    const Answer &was = was_answered.answer, &is = is_answered.answer;
    Compared& compared = all.emplace_back();
    v1::PreviewExample& example = compared.example;
    *example.mutable_request() = asked;
    for (const Found& found : was.page) example.add_before_product_ids(std::string(was_answered.view->Id(found.doc)));
    for (const Found& found : is.page) example.add_after_product_ids(std::string(is_answered.view->Id(found.doc)));
    example.set_before_total(static_cast<int64_t>(was.total));
    example.set_after_total(static_cast<int64_t>(is.total));
    for (const auto* traces : {&is.plan.trace, &is.trace}) {
      for (const CurationTrace& trace : *traces) *example.add_traces() = TraceFrom(trace, call.shop);
    }
    compared.changes = Changes(example) + (was.plan.redirect_url == is.plan.redirect_url ? 0 : 1);
    response.set_changed(response.changed() + (compared.changes > 0 ? 1 : 0));
    response.set_empty_before(response.empty_before() + (was.total == 0 ? 1 : 0));
    response.set_empty_after(response.empty_after() + (is.total == 0 ? 1 : 0));
  }
  response.set_requests(static_cast<int32_t>(requests.size()));
  std::stable_sort(all.begin(), all.end(), [](const Compared& a, const Compared& b) { return a.changes > b.changes; });
  const auto examples = static_cast<size_t>(request.max_examples() == 0 ? kDefaultExamples : request.max_examples());
  for (size_t i = 0; i < std::min(examples, all.size()); ++i) *response.add_examples() = std::move(all[i].example);
  return response;
}

}  // namespace kontor::search
