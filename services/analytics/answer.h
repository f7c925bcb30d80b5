#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "libs/domain/analytics/query.h"

namespace kontor::analytics {

// What a question was answered with, before it is cut into pages.
struct Answer {
  QueryResult result;
  absl::Time watermark = absl::InfinitePast();
  int64_t late_events = 0, refused_events = 0;
  std::string time_zone;
};

// A hash over all rows: equal exactly when two answers hold the same rows in the same order (up to the odds of 64
// bits). About 1 ns a byte.
uint64_t RowsDigest(const QueryResult& result);

// Bytes in memory, near enough for a cache's bound.
int64_t MemoryOf(const Answer& answer);

}  // namespace kontor::analytics
