#include "libs/base/csv.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace kontor::base {
namespace {

using Rows = std::vector<std::vector<std::string>>;

// A file that is gone with the test.
class TempFile {
 public:
  explicit TempFile(const std::string& content) : path_(absl::StrCat(::testing::TempDir(), "csv_test.", getpid())) {
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~TempFile() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Rows ReadAll(const std::string& content, std::vector<int64_t>* lines = nullptr, std::string* error = nullptr) {
  const TempFile file(content);
  auto reader = CsvReader::Open(file.path());
  EXPECT_TRUE(reader.ok());
  Rows rows;
  while (reader->Next()) {
    rows.emplace_back(reader->fields().begin(), reader->fields().end());
    if (lines != nullptr) lines->push_back(reader->line());
    if (error != nullptr && !reader->row_error().empty()) *error = reader->row_error();
  }
  return rows;
}

TEST(CsvTest, ReadsQuotesCommasAndLineBreaks) {
  std::vector<int64_t> lines;
  EXPECT_EQ(ReadAll("\xef\xbb\xbf"
                    "a,b\r\n\"1,\"\"x\"\"\",\"two\nlines\"\n\n,\nlast",
                    &lines),
            (Rows{{"a", "b"}, {"1,\"x\"", "two\nlines"}, {"", ""}, {"last"}}));
  EXPECT_EQ(lines, (std::vector<int64_t>{1, 2, 5, 6}));
}

TEST(CsvTest, TellsOfAnOpenQuote) {
  std::string error;
  EXPECT_EQ(ReadAll("a\n\"open", nullptr, &error).size(), 2u);
  EXPECT_NE(error, "");
}

TEST(CsvTest, AnEndlessRowIsCutAndTold) {
  std::string error;
  ReadAll("a\n" + std::string(17 << 20, 'x') + "\nb\n", nullptr, &error);
  EXPECT_EQ(error, "the row is longer than 16 MiB");
}

TEST(CsvTest, MissingFile) {
  EXPECT_EQ(CsvReader::Open("/nonexistent/file.csv").status().code(), absl::StatusCode::kNotFound);
}

RC_GTEST_PROP(CsvTest, ReadsBackWhatWasWritten, (const std::vector<std::vector<std::string>>& cells)) {
  Rows expected;
  std::string content;
  for (const auto& row : cells) {
    if (row.empty() || (row.size() == 1 && row[0].empty())) continue;
    std::string line;
    for (const std::string& cell : row) {
      absl::StrAppend(&line, line.empty() ? "" : ",", "\"", absl::StrReplaceAll(cell, {{"\"", "\"\""}}), "\"");
    }
    absl::StrAppend(&content, line, "\r\n");
    expected.push_back(row);
  }
  RC_ASSERT(ReadAll(content) == expected);
}

}  // namespace
}  // namespace kontor::base
