#pragma once

#include "absl/status/statusor.h"
#include "kontor/search/v1/search_service.pb.h"
#include "libs/domain/search/engine.h"
#include "libs/platform/runtime/call_context.h"

// From requests to questions.
namespace kontor::search {

// INVALID_ARGUMENT with all violations. `now_us` is what as_of stands for when it is absent.
absl::StatusOr<Question> QuestionFrom(const v1::SearchRequest& request, int64_t now_us);
absl::StatusOr<Question> QuestionFrom(const v1::BrowseRequest& request, int64_t now_us);

// Of a request without its page token: what a page token is bound to.
uint64_t RequestHash(const v1::SearchRequest& request);
uint64_t RequestHash(const v1::BrowseRequest& request);

// The effort that the rest of a call's time pays for.
Effort AffordableEffort(const runtime::CallContext& call);
// What is done of it while `others` are being answered, of which `full` may be answered whole at a time: else words
// alone, so that a crowd is served soon.
Effort EffortBeside(Effort asked, int others, int full);

}  // namespace kontor::search
