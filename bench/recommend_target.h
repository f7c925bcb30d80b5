#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "bench/load_generator.h"
#include "bench/request_mix.h"

namespace kontor::bench {

// A server that answers Recommend, reached over several connections of its own.
class RecommendTarget {
 public:
  RecommendTarget(const std::string& address, std::string key, int connections);
  ~RecommendTarget();

  // Calls that go through the mix and over the connections in turn; each has `timeout`. The target and the mix outlive
  // them.
  StartCall Calls(const RequestMix& mix, absl::Duration timeout = absl::Seconds(10));

  // Calls that have ended, by gRPC code.
  std::array<int64_t, 17> Codes() const;

 private:
  struct PendingCall;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kontor::bench
