#pragma once

#include <functional>
#include <string>
#include <utility>

#include "libs/platform/postgres/transaction.h"

namespace kontor::postgres {

// Inside this library only: turns rows into lines of COPY's text format and hands them to `sink`.
class LineWriter : public CopyWriter {
 public:
  LineWriter(size_t columns, std::function<void(const std::string& line)> sink)
      : columns_(columns), sink_(std::move(sink)) {}

  void Text(absl::string_view value) override;
  void Int64(int64_t value) override;
  void Bool(bool value) override;
  void Bytes(absl::string_view value) override;
  void Time(absl::Time value) override;
  void Numeric(absl::int128 nanos) override;
  void Null() override;
  absl::Status EndRow() override;

  // INVALID_ARGUMENT after a row with the wrong number of columns or a text with a NUL byte.
  const absl::Status& status() const { return status_; }

 private:
  std::string& Next();  // the line, ready for one more column

  const size_t columns_;
  const std::function<void(const std::string&)> sink_;
  std::string line_;
  size_t filled_ = 0;
  absl::Status status_;
};

}  // namespace kontor::postgres
