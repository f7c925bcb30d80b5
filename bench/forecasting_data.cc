#include "bench/forecasting_data.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/csv.h"
#include "libs/base/status.h"

namespace kontor::bench {
namespace {

absl::Status BadRow(const std::string& path, int64_t line, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ":", line, ": ", what));
}

absl::StatusOr<std::vector<double>> Numbers(absl::string_view text) {
  std::vector<double> numbers;
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (!absl::SimpleAtod(word, &numbers.emplace_back())) {
      return absl::InvalidArgumentError(absl::StrCat("'", word, "' is no number"));
    }
  }
  return numbers;
}

absl::StatusOr<std::vector<std::vector<double>>> ReadWide(const std::string& path) {
  ASSIGN_OR_RETURN(base::CsvReader reader, base::CsvReader::Open(path));
  std::vector<std::vector<double>> rows;
  for (bool header = true; reader.Next(); header = false) {
    if (header) continue;
    std::vector<double>& row = rows.emplace_back();
    for (size_t i = 1; i < reader.fields().size(); ++i) {
      const absl::string_view field = absl::StripAsciiWhitespace(reader.fields()[i]);
      if (field.empty() || field == "NA") break;
      if (!absl::SimpleAtod(field, &row.emplace_back())) return BadRow(path, reader.line(), "a value is no number");
    }
  }
  return rows;
}

struct Observation {
  std::string time;
  double number = 0, value = 0;  // the time as a number, where it is one
  bool numeric = false;
};

void SortByTime(std::vector<Observation>& observations) {
  const bool numeric =
      std::all_of(observations.begin(), observations.end(), [](const Observation& o) { return o.numeric; });
  std::stable_sort(observations.begin(), observations.end(), [&](const Observation& a, const Observation& b) {
    return numeric ? a.number < b.number : a.time < b.time;
  });
}

size_t ColumnOf(const std::vector<std::string>& header, std::initializer_list<absl::string_view> names,
                size_t otherwise) {
  for (size_t i = 0; i < header.size(); ++i) {
    if (std::find(names.begin(), names.end(), header[i]) != names.end()) return i;
  }
  return otherwise;
}

using Table = std::map<std::string, std::vector<Observation>>;

absl::StatusOr<Table> ReadTable(const std::string& path) {
  ASSIGN_OR_RETURN(base::CsvReader reader, base::CsvReader::Open(path));
  if (!reader.Next()) return absl::InvalidArgumentError(absl::StrCat(path, " is empty"));
  const std::vector<std::string> header(reader.fields().begin(), reader.fields().end());
  const size_t series = ColumnOf(header, {"series", "unique_id"}, 0), time = ColumnOf(header, {"time", "ds"}, 1);
  const size_t value = ColumnOf(header, {"value", "y"}, 2);
  Table table;
  while (reader.Next()) {
    const auto& fields = reader.fields();
    if (fields.size() <= std::max({series, time, value})) return BadRow(path, reader.line(), "a column is missing");
    Observation observation{std::string(fields[time])};
    observation.numeric = absl::SimpleAtod(fields[time], &observation.number);
    if (!absl::SimpleAtod(fields[value], &observation.value) || !std::isfinite(observation.value)) {
      return BadRow(path, reader.line(), "the value is no number");
    }
    table[std::string(fields[series])].push_back(std::move(observation));
  }
  return table;
}

}  // namespace

ForecastSet ForecastSet::Every(size_t step, size_t count) const {
  ForecastSet part{name, seasons, horizon, {}, {}, files};
  for (size_t i = 0; i < train.size() && part.train.size() < count; i += step) {
    part.train.push_back(train[i]);
    if (!test.empty()) part.test.push_back(test[i]);
  }
  return part;
}

std::string ForecastingDataPath(absl::string_view name) {
  const char* folder = std::getenv("KONTOR_DATA_DIR");
  return absl::StrCat(folder != nullptr ? folder : "../shared/data", "/", name);
}

absl::StatusOr<ForecastSet> ReadM3(absl::string_view group) {
  const std::string path = ForecastingDataPath("m3/m3_series.csv");
  ASSIGN_OR_RETURN(base::CsvReader reader, base::CsvReader::Open(path));
  ForecastSet set{.name = absl::StrCat("m3_", group), .files = {path}};
  while (reader.Next()) {
    const auto& fields = reader.fields();
    if (fields.size() < 10) return BadRow(path, reader.line(), "a column is missing");
    if (absl::AsciiStrToLower(fields[1]) != group) continue;
    int season = 1;
    if (!absl::SimpleAtoi(fields[3], &season) || !absl::SimpleAtoi(fields[4], &set.horizon)) {
      return BadRow(path, reader.line(), "frequency and horizon are whole numbers");
    }
    set.seasons = season > 1 ? std::vector<int>{season} : std::vector<int>();
    ASSIGN_OR_RETURN(set.train.emplace_back(), Numbers(fields[8]));
    ASSIGN_OR_RETURN(set.test.emplace_back(), Numbers(fields[9]));
  }
  return set;
}

absl::StatusOr<ForecastSet> ReadM4(const std::string& train, const std::string& test, std::vector<int> seasons,
                                   int horizon) {
  ForecastSet set{.seasons = std::move(seasons), .horizon = horizon, .files = {train, test}};
  ASSIGN_OR_RETURN(set.train, ReadWide(train));
  ASSIGN_OR_RETURN(set.test, ReadWide(test));
  if (set.train.size() != set.test.size() || set.train.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(train, " and ", test, " have not the same number of series"));
  }
  if (horizon == 0) set.horizon = static_cast<int>(set.test.front().size());
  for (std::vector<double>& row : set.test) {
    if (row.size() < static_cast<size_t>(set.horizon)) {
      return absl::InvalidArgumentError(absl::StrCat(test, ": a series has less than ", set.horizon, " values"));
    }
    row.resize(static_cast<size_t>(set.horizon));
  }
  return set;
}

absl::StatusOr<ForecastSet> ReadLongTable(const std::string& path, std::vector<int> seasons, int horizon) {
  ASSIGN_OR_RETURN(Table table, ReadTable(path));
  ForecastSet set{.seasons = std::move(seasons), .horizon = horizon, .files = {path}};
  const size_t held_out = static_cast<size_t>(horizon);
  for (auto& [name, observations] : table) {
    if (observations.size() < 3 * held_out) continue;
    SortByTime(observations);
    std::vector<double> values;
    for (const Observation& observation : observations) values.push_back(observation.value);
    set.test.emplace_back(values.end() - horizon, values.end());
    values.resize(values.size() - held_out);
    set.train.push_back(std::move(values));
  }
  if (set.train.empty()) return absl::InvalidArgumentError(absl::StrCat(path, " has no series that is long enough"));
  return set;
}

}  // namespace kontor::bench
