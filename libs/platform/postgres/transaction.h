#pragma once

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/platform/postgres/params.h"
#include "libs/platform/postgres/result.h"

namespace kontor::postgres {

// Takes the rows of a COPY. Call the setters once per column, in order, then EndRow.
class CopyWriter {
 public:
  virtual ~CopyWriter() = default;
  virtual void Text(absl::string_view value) = 0;
  virtual void Int64(int64_t value) = 0;
  virtual void Bool(bool value) = 0;
  virtual void Bytes(absl::string_view value) = 0;
  virtual void Time(absl::Time value) = 0;
  virtual void Numeric(absl::int128 nanos) = 0;
  virtual void Null() = 0;
  virtual absl::Status EndRow() = 0;  // what went wrong so far; the rest of the COPY is then pointless
};

// One open transaction (READ COMMITTED). Not thread-safe. Made by Pool::Run and Lease::Run, which commit or roll back.
// After the first failed statement every further one, and the commit, returns that failure: a caller that overlooks
// an error cannot commit half of its work.
class Transaction {
 public:
  virtual ~Transaction() = default;

  // Runs one statement. With parameters it is prepared once per connection and planned for its actual values.
  virtual absl::StatusOr<Result> Exec(absl::string_view sql, const Params& params) = 0;
  absl::StatusOr<Result> Exec(absl::string_view sql) { return Exec(sql, Params()); }

  // COPY table (columns) FROM STDIN: the fastest way in, for rows by the ten thousand. `table` and `columns` are
  // identifiers from the program, never from a user. `write` hands rows to the writer and returns its own errors.
  virtual absl::Status Copy(absl::string_view table, const std::vector<std::string>& columns,
                            absl::FunctionRef<absl::Status(CopyWriter&)> write) = 0;

  // The first failure, or OK.
  virtual const absl::Status& status() const = 0;
};

}  // namespace kontor::postgres
