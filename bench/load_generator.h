#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/time/time.h"

namespace kontor::bench {

// Starts call number `index` and returns at once; `done` is called exactly once, on any thread, with its success.
using StartCall = std::function<void(int64_t index, std::function<void(bool ok)> done)>;

struct LoadResult {
  std::vector<int64_t> latencies_us;  // of the calls that succeeded, in the order of their ends
  int64_t errors = 0;
  double seconds = 0;  // from the first start to the last end

  double rate() const { return static_cast<double>(latencies_us.size()) / seconds; }
  // The q-quantile by nearest rank, in milliseconds; 0 when no call succeeded.
  double QuantileMs(double q) const;
  // Adds what another run saw; seconds add up.
  void Merge(const LoadResult& other);
};

// Open loop: call i is meant to start i / rate seconds after the beginning, whatever became of the calls before it. Its
// latency counts from that moment, so that a stalled server (or sender) is charged for every call that had to wait: no
// coordinated omission (Tene, "How NOT to Measure Latency", 2013). Numbers start at `first_index`. Returns when all
// calls have ended.
LoadResult RunOpenLoop(const StartCall& start, double rate, absl::Duration duration, int64_t first_index = 0);

// The same for as long as `go_on` says so, which is asked before each call.
LoadResult RunOpenLoopWhile(const StartCall& start, double rate, const std::function<bool()>& go_on);

// A flood: call i is meant to start i / rate seconds after the beginning, and is left out when `outstanding` calls are
// on their way by then, as by callers that have no more connections. Latencies count from the start of each call.
LoadResult RunFlood(const StartCall& start, double rate, int outstanding, absl::Duration duration);

// Closed loop: `concurrency` calls are on their way at any time; an ended one is followed by the next. Latencies count
// from the start of each call.
LoadResult RunClosedLoop(const StartCall& start, int concurrency, absl::Duration duration, int64_t first_index = 0);

}  // namespace kontor::bench
