#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "libs/domain/recommendations/baskets.h"
#include "libs/domain/recommendations/sessions.h"
#include "libs/domain/recommendations/types.h"

namespace kontor::recommendations {

enum class StepKind : uint8_t { kViewed = 0, kCarted = 1, kUncarted = 2 };

struct VisitStep {
  int64_t time_seconds = 0;
  ItemId item = 0;
  StepKind kind = StepKind::kViewed;
};

// Weights of a session's items: what is in the cart, what was looked at last, and each look before that less.
inline constexpr double kCartedWeight = 0.9, kViewedWeight = 0.5, kViewDecay = 0.85;

// What people looked at and put into the cart, visit by visit: 24 bytes a step. Immutable after building; thread-safe
// to read.
class Visits {
 public:
  static constexpr int64_t kSilenceSeconds = 30 * 60;  // a longer silence begins a new visit

  // The steps of one session, oldest first, cut into visits. `user` is a number of the history that is learned
  // together with the visits, or kNone.
  void Add(uint32_t user, absl::Span<const VisitStep> steps);

  uint32_t size() const { return static_cast<uint32_t>(users_.size()); }
  uint32_t UserOf(uint32_t visit) const { return users_[visit]; }
  absl::Span<const VisitStep> Of(uint32_t visit) const {  // not empty
    return absl::MakeConstSpan(steps_).subspan(ends_[visit], ends_[visit + 1] - ends_[visit]);
  }

 private:
  std::vector<uint32_t> users_;
  std::vector<uint64_t> ends_ = {0};
  std::vector<VisitStep> steps_;
};

// For SessionKnn: items looked at or put into the cart, without immediate repetition, of the visits with two items at
// least; in the order of the visits' last steps.
Sessions SessionsOf(const Visits& visits, uint32_t items);

// The visits that may be learned from beside a hold-out: of its customers none that ended later than 30 minutes before
// the basket held out, which led to it or came after it.
Visits WithoutHeldOut(const Visits& visits, absl::Span<const Example> examples);

// Gives every example the session that led to it: its customer's steps of before the order, of visits that were not
// silent for 30 minutes when the order came. What is asked for is an answer of before anything of the basket was in the
// cart: steps from there on are left out.
void GiveSessions(const Visits& visits, absl::Span<Example> examples);

// Steps, oldest first, as a request's session: the newest 50, each item once; the cart first, then looks, newest first.
std::vector<Seed> SeedsOf(absl::Span<const VisitStep> steps);

}  // namespace kontor::recommendations
