#include "services/kontorctl/text_table.h"

#include <algorithm>
#include <cctype>

namespace kontor::ctl {
namespace {

bool IsNumber(const std::string& cell) {
  const auto numeric = [](unsigned char c) {
    return std::isdigit(c) || c == '.' || c == ',' || c == '-' || c == '%' || c == '+';
  };
  return !cell.empty() &&
         std::isdigit(static_cast<unsigned char>(cell.back() == '%' ? cell[0] == '-' ? '0' : cell[0] : cell.back())) &&
         std::all_of(cell.begin(), cell.end(), numeric);
}

std::string Cut(const std::string& text, size_t width) {
  if (Width(text) <= width) return text;
  size_t end = 0;
  for (size_t shown = 0; end < text.size(); ++end) {
    if ((text[end] & 0xc0) != 0x80 && ++shown == width) break;
  }
  return text.substr(0, end) + "…";
}

}  // namespace

size_t Width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string TextTable::Text(int indent, size_t max_width) const {
  std::vector<size_t> widths(rows_[0].size());
  std::vector<bool> right(rows_[0].size(), rows_.size() > 1);
  for (size_t r = 0; r < rows_.size(); ++r) {
    for (size_t c = 0; c < widths.size(); ++c) {
      widths[c] = std::max(widths[c], std::min(max_width, Width(rows_[r][c])));
      if (r > 0 && !rows_[r][c].empty() && rows_[r][c] != "–") right[c] = right[c] && IsNumber(rows_[r][c]);
    }
  }
  std::string out;
  for (size_t r = 0; r < rows_.size(); ++r) {
    std::string line(indent, ' ');
    for (size_t c = 0; c < widths.size(); ++c) {
      const std::string cell = Cut(rows_[r][c], max_width);
      const std::string space(widths[c] - Width(cell), ' ');
      line += right[c] ? space + cell : cell + space;
      if (c + 1 < widths.size()) line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
    if (r > 0) continue;
    size_t total = 2 * (widths.size() - 1);
    for (const size_t width : widths) total += width;
    out += std::string(indent, ' ');
    for (size_t i = 0; i < total; ++i) out += "─";
    out += "\n";
  }
  return out;
}

}  // namespace kontor::ctl
