#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kontor::base {

// Reads CSV after RFC 4180: fields in double quotes may hold commas, line breaks and doubled quotes; CRLF and LF end
// rows; a UTF-8 byte order mark is skipped; blank lines are passed over. Memory: one row. Not thread-safe.
class CsvReader {
 public:
  // NOT_FOUND when the file cannot be opened.
  static absl::StatusOr<CsvReader> Open(const std::string& path, char separator = ',');

  // Reads the next row. Valid until the next call. False at the end of the file.
  // A row with an open quote at the end of the file, or longer than 16 MiB, is reported by row_error().
  bool Next();
  const std::vector<absl::string_view>& fields() const { return fields_; }
  int64_t line() const { return row_line_; }  // where the row starts, the first line is 1
  const std::string& row_error() const { return row_error_; }
  int64_t bytes_read() const { return bytes_read_; }
  int64_t file_bytes() const { return file_bytes_; }

 private:
  CsvReader() = default;
  bool ReadRow();

  std::ifstream file_;
  std::string buffer_;
  size_t begin_ = 0, end_ = 0;
  char separator_ = ',';
  int64_t line_ = 1, row_line_ = 0, bytes_read_ = 0, file_bytes_ = 0;
  std::string row_;
  std::vector<std::pair<size_t, size_t>> spans_;
  std::vector<absl::string_view> fields_;
  std::string row_error_;

  int Get();
  int Peek();
};

}  // namespace kontor::base
