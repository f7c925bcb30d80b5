#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace kontor::runtime {

// W3C Trace Context (Recommendation of 23 November 2021, section 3.2).
struct TraceParent {
  std::string trace_id;  // 32 lower-case hex digits, not all zero
  std::string span_id;   // 16, of the caller's span; "" for a trace that starts here
};

// Parses a traceparent header; a missing or malformed one starts a new trace.
TraceParent TraceFrom(absl::string_view header);

// A header for a call that starts a trace or goes on with one; thread-safe, not for secrets.
std::string NewTraceHeader(absl::string_view trace_id = "");

}  // namespace kontor::runtime
