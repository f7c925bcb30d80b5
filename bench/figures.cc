#include "bench/figures.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace kontor::bench {
namespace {

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(&out, "\\u%04x", c);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string Number(std::optional<double> value) {
  return value.has_value() && std::isfinite(*value) ? absl::StrFormat("%.9g", *value) : "null";
}

std::optional<double> Ratio(const Figure& figure) {
  if (!figure.reference.has_value() || *figure.reference == 0) return std::nullopt;
  return figure.value / *figure.reference;
}

std::string Json(const std::vector<Figure>& figures) {
  std::string out = "[";
  for (const Figure& figure : figures) {
    absl::StrAppend(&out, out.size() > 1 ? ",\n " : "\n ", "{\"name\": ", Quoted(figure.name),
                    ", \"value\": ", Number(figure.value), ", \"unit\": ", Quoted(figure.unit),
                    ", \"reference\": ", Number(figure.reference), ", \"ratio\": ", Number(Ratio(figure)),
                    ", \"note\": ", Quoted(figure.note), "}");
  }
  return out + "\n]\n";
}

absl::Status WriteFile(const char* variable, const std::string& text, std::ios::openmode mode) {
  const char* path = std::getenv(variable);
  if (path == nullptr || *path == '\0') return absl::OkStatus();
  std::ofstream file(path, mode);
  file << text;
  file.flush();
  if (!file) return absl::UnavailableError(absl::StrCat("cannot write ", path));
  return absl::OkStatus();
}

}  // namespace

void AddHeadlines(absl::Span<const Headline> headlines, std::vector<Figure>& figures) {
  std::map<std::string, Figure> rows;
  for (const Figure& figure : figures) rows.emplace(figure.name, figure);
  for (const Headline& headline : headlines) {
    const auto row = rows.find(headline.row);
    if (row == rows.end()) continue;
    Figure figure = row->second;
    figure.name = headline.name;
    figure.note = absl::StrCat(headline.note, "; ", headline.row);
    if (headline.reference > 0) figure.reference = headline.reference;
    const auto peer = headline.peer_row == nullptr ? rows.end() : rows.find(headline.peer_row);
    if (peer != rows.end()) figure.reference = peer->second.value;
    figures.push_back(std::move(figure));
  }
}

absl::Status WriteFigures(const std::vector<Figure>& figures, const std::vector<std::string>& data_files) {
  std::string listing;
  for (const std::string& path : data_files) absl::StrAppend(&listing, path, "\n");
  absl::Status written = WriteFile("KONTOR_BENCH_DATA", listing, std::ios::app);
  if (!written.ok()) return written;
  return WriteFile("KONTOR_BENCH_OUT", Json(figures), std::ios::trunc);
}

}  // namespace kontor::bench
