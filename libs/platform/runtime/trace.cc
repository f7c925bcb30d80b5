#include "libs/platform/runtime/trace.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/random.h"

namespace kontor::runtime {
namespace {

base::Random& RandomOfThread() {
  thread_local base::Random random([] {
    std::random_device device;
    return (uint64_t{device()} << 32) ^ device();
  }());
  return random;
}

// Lower-case hex digits that are not all zero, as the recommendation demands of ids.
bool IsId(absl::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == absl::string_view::npos &&
         text.find_first_not_of('0') != absl::string_view::npos;
}

std::string NewTraceId() { return absl::StrFormat("%016x%016x", RandomOfThread()() | 1, RandomOfThread()()); }

}  // namespace

TraceParent TraceFrom(absl::string_view header) {
  // version "-" trace-id "-" parent-id "-" flags; later versions may append fields.
  if (header.size() >= 55 && header.substr(0, 2) != "ff" && header[2] == '-' && header[35] == '-' &&
      header[52] == '-' && (header.size() == 55 || (header.substr(0, 2) != "00" && header[55] == '-')) &&
      IsId(header.substr(3, 32)) && IsId(header.substr(36, 16))) {
    return {std::string(header.substr(3, 32)), std::string(header.substr(36, 16))};
  }
  return {NewTraceId(), ""};
}

std::string NewTraceHeader(absl::string_view trace_id) {
  const std::string id = trace_id.empty() ? NewTraceId() : std::string(trace_id);
  return absl::StrFormat("00-%s-%016x-01", id, RandomOfThread()() | 1);
}

}  // namespace kontor::runtime
