#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "bench/load_generator.h"
#include "bench/request_mix.h"

namespace kontor::bench {

// How long an order takes to change what its customer is shown: for one customer after the other, asks for products not
// bought before, sends an order of the first of them, and asks again (read_after the order's position) until it is
// gone. A latency counts from before the order is sent until the changed answer is there; one without a change within 5
// seconds is an error. Orders are stamped a second after the newest event and stay on the log. Fails when the server
// cannot be asked at all.
absl::StatusOr<LoadResult> MeasureEventToAnswer(const std::string& address, const std::string& key,
                                                const RequestMix& mix, const std::string& currency, int events);

}  // namespace kontor::bench
