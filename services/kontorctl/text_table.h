#pragma once

#include <string>
#include <vector>

namespace kontor::ctl {

// Rows and columns for a terminal: words to the left, numbers to the right, long cells cut with "…".
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : rows_{std::move(header)} {}
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  // Every line ends with a newline; `indent` spaces in front. Cells of more than `max_width` characters are cut.
  std::string Text(int indent = 2, size_t max_width = 44) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// Characters (code points) of UTF-8 text.
size_t Width(const std::string& text);

}  // namespace kontor::ctl
