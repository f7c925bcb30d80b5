#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "libs/platform/runtime/metrics.h"
#include "services/recommendations/serving_models.h"

namespace kontor::recommendations {

// Says aloud what the sources of served models count in silence (CandidateSource::failures): in the metric
// kontor_recommendations_source_failures_total{source}, and once a minute for each model in the log. One caller at a
// time.
class SourceFailures {
 public:
  SourceFailures(runtime::Metrics& metrics, const base::Clock& clock) : metrics_(metrics), clock_(clock) {}

  // Takes in what has failed since the last look at the model. Answers whether it said so in the log.
  bool Look(const std::string& shop, const ServedModel& served);

 private:
  struct Seen {
    std::map<std::string, int64_t> counted;  // by source
    std::map<std::string, int64_t> unsaid;
    absl::Time next = absl::InfinitePast();
  };

  runtime::Metrics& metrics_;
  const base::Clock& clock_;
  std::map<std::string, Seen> models_;  // by name
};

}  // namespace kontor::recommendations
