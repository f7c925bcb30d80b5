#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kontor/ingest/v1/ingest_service.pb.h"
#include "services/kontorctl/arguments.h"

namespace kontor::bench {

struct SentEvents {
  int64_t events = 0;
  double mean_bytes = 0;                                     // of an event on the wire
  double seconds_to_acknowledged = 0, seconds_to_views = 0;  // from the first call on
  int64_t refused_calls = 0;                                 // and made again
};

// Live events made of files: what their mappings read, mixed, as if it happened now, repeated under other ids until
// there are enough.
class EventLoad {
 public:
  static absl::StatusOr<EventLoad> Read(const std::vector<std::string>& files, const std::vector<std::string>& mappings,
                                        int64_t events, int64_t per_call);

  // Over so many connections at once, each waiting for its answer; then until analytics and recommendations answer with
  // all of it. The fleet is `arguments`' session.
  absl::StatusOr<SentEvents> Send(const ctl::Arguments& arguments, int connections);

 private:
  std::vector<ingest::v1::SendEventsRequest> calls_;
  int64_t events_ = 0, bytes_ = 0;
};

}  // namespace kontor::bench
