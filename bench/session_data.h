#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/domain/recommendations/sessions.h"

namespace kontor::bench {

using recommendations::ItemId;
using recommendations::Sessions;

// Files of the diginetica format: `train` a session a line, items separated by blanks, in the order of time; `test` a
// line a question: items so far, TAB, the next item. Items are any words.
struct SessionFiles {
  std::string train, test;
};

struct SessionQuestion {
  std::vector<ItemId> prefix;              // oldest first; items that the training never met are left out
  ItemId target = recommendations::kNone;  // kNone: training never met it, a miss for everybody
};

struct SessionData {
  Sessions train{0};
  std::vector<SessionQuestion> test;
};

// INVALID_ARGUMENT with file and line where a line has another form, NOT_FOUND where a file cannot be read.
absl::StatusOr<SessionData> ReadSessions(const SessionFiles& files);

// The last tenth of sessions as questions, every prefix one, whose items the others met; `limit` of them, drawn by
// seed.
struct SessionSplit {
  Sessions earlier{0};
  std::vector<SessionQuestion> questions;
};
SessionSplit SplitForValidation(const Sessions& sessions, size_t limit, uint64_t seed);

// Shares in percent.
struct SessionMetrics {
  double p_at_20 = 0;    // of questions whose target is among the 20
  double mrr_at_20 = 0;  // mean of 1 / place, 0 where it is not
};

// `answer` gives the 20 best items, best first.
SessionMetrics EvaluateSessions(const std::vector<SessionQuestion>& questions,
                                absl::FunctionRef<void(const SessionQuestion&, std::vector<ItemId>&)> answer);

}  // namespace kontor::bench
