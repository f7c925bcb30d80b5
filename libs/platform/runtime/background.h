#pragma once

#include "absl/functional/function_ref.h"

namespace kontor::runtime {

// From here on this thread, and what it starts, stands behind the threads that answer calls: nice 10, a tenth of a
// processor's time where both want it. For threads of keepers; it cannot be taken back.
void StandBehindCalls();

// Runs `work` on a thread of its own that stands behind calls, and waits for it: for what a call asks for and takes
// seconds, such as loading or learning a model.
void RunBehindCalls(absl::FunctionRef<void()> work);

}  // namespace kontor::runtime
