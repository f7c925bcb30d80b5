#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "kontor/ingest/v1/import_mapping.pb.h"
#include "kontor/ingest/v1/ingest_service.pb.h"
#include "kontor/type/v1/decimal.pb.h"
#include "libs/base/csv.h"
#include "libs/base/status.h"

namespace kontor::ctl {

// A place in the header; -1 is a column that is not mapped.
using Column = int;

// Reads rows by column names, with a row's errors as values. The header is the file's first row.
class RowReader {
 public:
  static absl::StatusOr<RowReader> Open(const std::string& path, const kontor::ingest::v1::ImportMapping& mapping);

  // The place of a column, -1 for ""; a name that the header lacks goes to `violations` under `field`.
  Column Find(absl::string_view name, absl::string_view field, base::Violations& violations) const;

  bool Next();
  // Empty when the column is not mapped.
  absl::string_view Get(Column column) const { return column < 0 ? "" : csv_.fields()[column]; }
  int64_t line() const { return csv_.line(); }
  int64_t rows() const { return rows_; }
  double share_read() const;

  // Wrong number of fields, broken quoting or broken UTF-8; nullptr when the row is whole.
  const kontor::ingest::v1::RowError* broken() const { return broken_ ? &error_ : nullptr; }

  // Parse a field; on failure an error is added and the result is false.
  using Errors = google::protobuf::RepeatedPtrField<kontor::ingest::v1::RowError>;
  bool Time(Column column, google::protobuf::Timestamp& out, Errors& errors) const;
  bool Number(Column column, kontor::type::v1::Decimal& out, Errors& errors) const;
  void AddError(Column column, absl::string_view reason, absl::string_view description, Errors& errors) const;

 private:
  explicit RowReader(base::CsvReader csv) : csv_(std::move(csv)) {}

  void Break(absl::string_view column, absl::string_view reason, absl::string_view description);

  base::CsvReader csv_;
  std::vector<std::string> header_;
  std::string time_format_;
  absl::TimeZone time_zone_;
  int64_t rows_ = 0;
  bool broken_ = false;
  kontor::ingest::v1::RowError error_;
};

}  // namespace kontor::ctl
