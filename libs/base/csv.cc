#include "libs/base/csv.h"

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"

namespace kontor::base {
namespace {

constexpr size_t kBuffer = 1 << 20;
constexpr size_t kMaxRow = 16 << 20;
constexpr int kEnd = -1;

}  // namespace

absl::StatusOr<CsvReader> CsvReader::Open(const std::string& path, char separator) {
  CsvReader reader;
  reader.separator_ = separator;
  reader.file_.open(path, std::ios::binary);
  std::error_code error;
  reader.file_bytes_ = static_cast<int64_t>(std::filesystem::file_size(path, error));
  if (!reader.file_.is_open() || error) {
    return absl::NotFoundError(absl::StrCat("cannot read ", path, "; check the path and its permissions"));
  }
  reader.buffer_.resize(kBuffer);
  if (reader.Peek() == 0xef) {
    reader.Get(), reader.Get(), reader.Get();
  }
  return reader;
}

int CsvReader::Peek() {
  if (begin_ == end_) {
    file_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    begin_ = 0;
    end_ = static_cast<size_t>(file_.gcount());
    if (end_ == 0) return kEnd;
  }
  return static_cast<unsigned char>(buffer_[begin_]);
}

int CsvReader::Get() {
  const int c = Peek();
  if (c != kEnd) {
    ++begin_;
    ++bytes_read_;
    if (c == '\n') ++line_;
  }
  return c;
}

bool CsvReader::Next() {
  do {
    if (!ReadRow()) return false;
  } while (row_error_.empty() && spans_.size() == 1 && spans_[0].first == spans_[0].second);
  fields_.clear();
  for (const auto& [begin, end] : spans_) fields_.emplace_back(row_.data() + begin, end - begin);
  return true;
}

bool CsvReader::ReadRow() {
  row_.clear();
  spans_.clear();
  row_error_.clear();
  row_line_ = line_;
  if (Peek() == kEnd) return false;
  size_t field = 0;
  bool quoted = false;
  for (;;) {
    const int c = Get();
    if (quoted) {
      if (c == kEnd) {
        row_error_ = "a quote is opened and never closed";
        spans_.emplace_back(field, row_.size());
        return true;
      }
      if (c == '"' && Peek() == '"') {
        Get();
        row_.push_back('"');
      } else if (c == '"') {
        quoted = false;
      } else {
        row_.push_back(static_cast<char>(c));
      }
    } else if (c == '"' && row_.size() == field) {
      quoted = true;
    } else if (c == separator_) {
      spans_.emplace_back(field, row_.size());
      field = row_.size();
    } else if (c == '\n' || c == kEnd) {
      if (row_.size() > field && row_.back() == '\r') row_.pop_back();
      spans_.emplace_back(field, row_.size());
      return true;
    } else {
      row_.push_back(static_cast<char>(c));
    }
    if (row_.size() > kMaxRow) {
      row_error_ = "the row is longer than 16 MiB";
      row_.resize(field);
    }
  }
}

}  // namespace kontor::base
