#include "libs/platform/postgres/copy_writer.h"

#include "absl/strings/str_cat.h"
#include "libs/base/money.h"
#include "libs/base/status.h"
#include "libs/platform/postgres/text_format.h"

namespace kontor::postgres {

std::string& LineWriter::Next() {
  if (filled_++ > 0) line_.push_back('\t');
  return line_;
}

void LineWriter::Text(absl::string_view value) {
  std::string& line = Next();
  for (char c : value) {
    switch (c) {
      case '\\':
        line.append("\\\\");
        break;
      case '\t':
        line.append("\\t");
        break;
      case '\n':
        line.append("\\n");
        break;
      case '\r':
        line.append("\\r");
        break;
      case '\0':
        status_ = base::Error(absl::StatusCode::kInvalidArgument, "NUL_BYTE",
                              "text for PostgreSQL must not hold a NUL byte; use bytes");
        break;
      default:
        line.push_back(c);
    }
  }
}

void LineWriter::Int64(int64_t value) { absl::StrAppend(&Next(), value); }
void LineWriter::Bool(bool value) { Next().push_back(value ? 't' : 'f'); }
void LineWriter::Bytes(absl::string_view value) {
  std::string& line = Next();
  line.push_back('\\');
  AppendBytes(line, value);
}
void LineWriter::Time(absl::Time value) { AppendTime(Next(), value); }
void LineWriter::Numeric(absl::int128 nanos) { Next().append(base::FormatDecimal(nanos)); }
void LineWriter::Null() { Next().append("\\N"); }

absl::Status LineWriter::EndRow() {
  if (filled_ != columns_ && status_.ok()) {
    status_ = base::Error(absl::StatusCode::kInvalidArgument, "COPY_COLUMNS",
                          absl::StrCat("a row of ", filled_, " columns where ", columns_, " were announced"));
  }
  filled_ = 0;
  if (status_.ok()) sink_(line_);
  line_.clear();
  return status_;
}

}  // namespace kontor::postgres
