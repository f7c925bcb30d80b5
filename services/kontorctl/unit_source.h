#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "kontor/ingest/v1/import_mapping.pb.h"
#include "kontor/ingest/v1/ingest_service.pb.h"

namespace kontor::ctl {

// Turns a CSV file into import units, in an order that depends on the file and the mapping alone.
class UnitSource {
 public:
  virtual ~UnitSource() = default;
  // The next unit; false at the end. Memory: rows of the units that are open.
  virtual bool Next(kontor::ingest::v1::ImportUnit& unit) = 0;
  // Rows read so far, and in all when known beforehand (else 0); and the share of the file read, 0 to 1.
  virtual int64_t rows_read() const = 0;
  virtual double share_read() const = 0;
};

// NOT_FOUND for a missing file, INVALID_ARGUMENT with all violations for a mapping that does not fit it (a missing
// column, an unknown time zone, no target).
absl::StatusOr<std::unique_ptr<UnitSource>> OpenOrders(const std::string& path,
                                                       const kontor::ingest::v1::ImportMapping& mapping);
absl::StatusOr<std::unique_ptr<UnitSource>> OpenProducts(const std::string& path,
                                                         const kontor::ingest::v1::ImportMapping& mapping);
absl::StatusOr<std::unique_ptr<UnitSource>> OpenBehavior(const std::string& path,
                                                         const kontor::ingest::v1::ImportMapping& mapping);

}  // namespace kontor::ctl
