#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace kontor::postgres {

// The rows of one statement. Copies share them; views stay valid as long as any copy lives. Reading is thread-safe.
// A row or column that does not exist, a NULL read as a value, or a value read as another type than it has is a
// programming error and ends the process with a message.
class Result {
 public:
  struct Impl;
  explicit Result(std::shared_ptr<const Impl> impl);
  Result();  // no rows

  int rows() const;
  int columns() const;
  bool empty() const { return rows() == 0; }
  int64_t affected_rows() const;  // of INSERT, UPDATE, DELETE
  absl::string_view name(int column) const;

  bool IsNull(int row, int column) const;
  absl::string_view Text(int row, int column) const;  // any type, as PostgreSQL prints it
  int64_t Int64(int row, int column) const;
  double Double(int row, int column) const;
  bool Bool(int row, int column) const;
  std::string Bytes(int row, int column) const;     // bytea
  absl::Time Time(int row, int column) const;       // timestamptz
  absl::int128 Numeric(int row, int column) const;  // numeric in nanos; digits beyond nine decimals are cut off

 private:
  std::shared_ptr<const Impl> impl_;
};

}  // namespace kontor::postgres
