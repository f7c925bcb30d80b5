#pragma once

#include <memory>
#include <string>

#include "bench/load_generator.h"
#include "bench/request_mix.h"

namespace kontor::bench {

// A server that answers Recommend, reached over several connections of its own.
class RecommendTarget {
 public:
  RecommendTarget(const std::string& address, std::string key, int connections);
  ~RecommendTarget();

  // Calls that go through the mix and over the connections in turn; each has 10 seconds. The target and the mix outlive
  // them.
  StartCall Calls(const RequestMix& mix);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kontor::bench
