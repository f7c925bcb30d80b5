#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "kontor/ingest/v1/ingest_service.pb.h"
#include "services/ingest/quality_book.h"

namespace kontor::ingest {

// The counts of all time behind the quality report.
class QualityStore {
 public:
  virtual ~QualityStore() = default;
  virtual absl::Status Add(const QualityBook::Tallies& tallies) = 0;
  virtual absl::StatusOr<kontor::ingest::v1::QualityReport> Report(const std::string& shop) = 0;
};

}  // namespace kontor::ingest
