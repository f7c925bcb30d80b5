#include "services/kontorctl/row_reader.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/money.h"
#include "libs/base/resource_name.h"
#include "libs/platform/fleet/event_time.h"

namespace kontor::ctl {
namespace {

// The exact form "YYYY-MM-DD HH:MM:SS", which absl::ParseTime would read some ten times slower.
bool ParsePlainTime(absl::string_view text, absl::CivilSecond& out) {
  if (text.size() != 19 || text[4] != '-' || text[7] != '-' || text[10] != ' ' || text[13] != ':' || text[16] != ':') {
    return false;
  }
  const auto number = [text](size_t from, size_t digits) {
    int value = 0;
    for (size_t i = from; i < from + digits; ++i) {
      if (text[i] < '0' || text[i] > '9') return -1;
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  const int parts[] = {number(0, 4), number(5, 2), number(8, 2), number(11, 2), number(14, 2), number(17, 2)};
  if (*std::min_element(std::begin(parts), std::end(parts)) < 0) return false;
  out = absl::CivilSecond(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]);
  // Civil times normalise: the 31st of June would become the 1st of July.
  return out.month() == parts[1] && out.day() == parts[2] && out.hour() == parts[3] && out.minute() == parts[4] &&
         out.second() == parts[5];
}

constexpr char kPlainFormat[] = "%Y-%m-%d %H:%M:%S";

}  // namespace

absl::StatusOr<RowReader> RowReader::Open(const std::string& path, const kontor::ingest::v1::ImportMapping& mapping) {
  base::Violations violations;
  if (mapping.separator().size() > 1) violations.Add("separator", "SEPARATOR_INVALID", "give one character");
  absl::TimeZone zone = absl::UTCTimeZone();
  if (!mapping.time_zone().empty() && !absl::LoadTimeZone(mapping.time_zone(), &zone)) {
    violations.Add("time_zone", "TIME_ZONE_UNKNOWN", "give an IANA name such as Europe/London");
  }
  if (mapping.source().empty()) violations.Add("source", "MISSING", "name the source, e.g. import/shop");
  RETURN_IF_ERROR(violations.ToStatus());

  ASSIGN_OR_RETURN(base::CsvReader csv,
                   base::CsvReader::Open(path, mapping.separator().empty() ? ',' : mapping.separator()[0]));
  RowReader reader(std::move(csv));
  reader.time_format_ = mapping.time_format().empty() ? kPlainFormat : mapping.time_format();
  reader.time_zone_ = zone;
  if (!reader.csv_.Next()) {
    return base::Error(absl::StatusCode::kInvalidArgument, "FILE_EMPTY",
                       absl::StrCat(path, " is empty; a header line is needed"));
  }
  for (const absl::string_view name : reader.csv_.fields()) reader.header_.emplace_back(name);
  return reader;
}

Column RowReader::Find(absl::string_view name, absl::string_view field, base::Violations& violations) const {
  if (name.empty()) return -1;
  const auto it = std::find(header_.begin(), header_.end(), name);
  if (it != header_.end()) return static_cast<Column>(it - header_.begin());
  violations.Add(field, "COLUMN_MISSING",
                 absl::StrCat("the file has no column \"", name, "\"; it has ", absl::StrJoin(header_, ", ")));
  return -1;
}

bool RowReader::Next() {
  if (!csv_.Next()) return false;
  ++rows_;
  broken_ = false;
  if (!csv_.row_error().empty()) {
    Break("", "ROW_MALFORMED", csv_.row_error());
  } else if (csv_.fields().size() != header_.size()) {
    Break("", "ROW_MALFORMED",
          absl::StrCat("the row has ", csv_.fields().size(), " fields, the header ", header_.size(),
                       "; correct its commas and quotes"));
  } else {
    for (size_t i = 0; i < header_.size() && !broken_; ++i) {
      if (!base::IsValidUtf8(csv_.fields()[i])) {
        Break(header_[i], "UTF8_INVALID", "the field is not valid UTF-8; save the file as UTF-8");
      }
    }
  }
  return true;
}

void RowReader::Break(absl::string_view column, absl::string_view reason, absl::string_view description) {
  broken_ = true;
  error_.set_line(csv_.line());
  error_.set_column(std::string(column));
  error_.set_reason(std::string(reason));
  error_.set_description(std::string(description));
}

double RowReader::share_read() const {
  return csv_.file_bytes() == 0 ? 1 : static_cast<double>(csv_.bytes_read()) / static_cast<double>(csv_.file_bytes());
}

bool RowReader::Time(Column column, google::protobuf::Timestamp& out, Errors& errors) const {
  const absl::string_view text = Get(column);
  absl::CivilSecond civil;
  absl::Time time;
  if (time_format_ == kPlainFormat && ParsePlainTime(text, civil)) {
    // Of a repeated hour `pre` is the earlier; of a skipped one it lies after the gap by as much as was skipped.
    time = time_zone_.At(civil).pre;
  } else if (std::string error; !absl::ParseTime(time_format_, text, time_zone_, &time, &error)) {
    AddError(column, "TIME_INVALID",
             absl::StrCat("\"", absl::CHexEscape(text.substr(0, 40)), "\" is no time of the form ", time_format_),
             errors);
    return false;
  }
  fleet::SetTime(time, out);
  return true;
}

bool RowReader::Number(Column column, kontor::type::v1::Decimal& out, Errors& errors) const {
  const auto value = base::Decimal::Parse(Get(column));
  if (!value.ok()) {
    AddError(column, "NUMBER_INVALID", value.status().message(), errors);
    return false;
  }
  out.set_units(value->units());
  out.set_nanos(value->fraction());
  return true;
}

void RowReader::AddError(Column column, absl::string_view reason, absl::string_view description, Errors& errors) const {
  auto* error = errors.Add();
  error->set_line(line());
  if (column >= 0) error->set_column(header_[column]);
  error->set_reason(std::string(reason));
  error->set_description(std::string(description));
}

}  // namespace kontor::ctl
