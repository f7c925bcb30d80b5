#include "libs/platform/postgres/params.h"

#include "absl/strings/str_cat.h"
#include "libs/base/money.h"
#include "libs/platform/postgres/text_format.h"

namespace kontor::postgres {
namespace {

constexpr size_t kTypicalElement = 24;

// An array literal: {"a","b",NULL}. `append` writes one element with its quotes.
template <typename List, typename Append>
std::string ArrayText(const List& values, Append append) {
  std::string out;
  out.reserve(values.size() * kTypicalElement + 2);
  out.push_back('{');
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out.push_back(',');
    append(out, values[i]);
  }
  out.push_back('}');
  return out;
}

// The same for elements that may be missing.
template <typename List, typename Append>
std::string OptionalArrayText(const List& values, Append append) {
  return ArrayText(values, [&](std::string& out, const auto& value) {
    if (value.has_value()) {
      append(out, *value);
    } else {
      out.append("NULL");
    }
  });
}

void AppendQuoted(std::string& out, absl::string_view text) {
  out.push_back('"');
  for (char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
}

void AppendQuotedBytes(std::string& out, absl::string_view bytes) {
  out.append("\"\\");
  AppendBytes(out, bytes);
  out.push_back('"');
}

void AppendQuotedTime(std::string& out, absl::Time time) {
  out.push_back('"');
  AppendTime(out, time);
  out.push_back('"');
}

void AppendInt64(std::string& out, int64_t value) { absl::StrAppend(&out, value); }
void AppendNumeric(std::string& out, absl::int128 nanos) { out.append(base::FormatDecimal(nanos)); }

}  // namespace

Params& Params::Text(absl::string_view value) {
  values_.emplace_back(std::string(value));
  return *this;
}

Params& Params::Int64(int64_t value) { return Text(absl::StrCat(value)); }

Params& Params::Double(double value) {
  values_.emplace_back(FormatDouble(value));
  return *this;
}

Params& Params::Bool(bool value) { return Text(value ? "t" : "f"); }

Params& Params::Bytes(absl::string_view value) {
  std::string out;
  AppendBytes(out, value);
  values_.emplace_back(std::move(out));
  return *this;
}

Params& Params::Time(absl::Time value) {
  std::string out;
  AppendTime(out, value);
  values_.emplace_back(std::move(out));
  return *this;
}

Params& Params::Numeric(absl::int128 nanos) { return Text(base::FormatDecimal(nanos)); }

Params& Params::Null() {
  values_.emplace_back(std::nullopt);
  return *this;
}

Params& Params::OptionalText(const std::optional<std::string>& value) { return value ? Text(*value) : Null(); }
Params& Params::OptionalInt64(std::optional<int64_t> value) { return value ? Int64(*value) : Null(); }
Params& Params::OptionalTime(std::optional<absl::Time> value) { return value ? Time(*value) : Null(); }
Params& Params::OptionalNumeric(std::optional<absl::int128> nanos) { return nanos ? Numeric(*nanos) : Null(); }

Params& Params::TextArray(absl::Span<const std::string> values) {
  values_.emplace_back(ArrayText(values, AppendQuoted));
  return *this;
}

Params& Params::Int64Array(absl::Span<const int64_t> values) {
  values_.emplace_back(ArrayText(values, AppendInt64));
  return *this;
}

Params& Params::DoubleArray(absl::Span<const double> values) {
  values_.emplace_back(ArrayText(values, [](std::string& out, double value) { out.append(FormatDouble(value)); }));
  return *this;
}

Params& Params::BoolArray(const std::vector<bool>& values) {
  values_.emplace_back(ArrayText(values, [](std::string& out, bool value) { out.push_back(value ? 't' : 'f'); }));
  return *this;
}

Params& Params::BytesArray(absl::Span<const std::string> values) {
  values_.emplace_back(ArrayText(values, AppendQuotedBytes));
  return *this;
}

Params& Params::BytesArray(absl::Span<const absl::string_view> values) {
  values_.emplace_back(ArrayText(values, AppendQuotedBytes));
  return *this;
}

Params& Params::TimeArray(absl::Span<const absl::Time> values) {
  values_.emplace_back(ArrayText(values, AppendQuotedTime));
  return *this;
}

Params& Params::NumericArray(absl::Span<const absl::int128> nanos) {
  values_.emplace_back(ArrayText(nanos, AppendNumeric));
  return *this;
}

Params& Params::OptionalTextArray(absl::Span<const std::optional<std::string>> values) {
  values_.emplace_back(OptionalArrayText(values, AppendQuoted));
  return *this;
}

Params& Params::OptionalInt64Array(absl::Span<const std::optional<int64_t>> values) {
  values_.emplace_back(OptionalArrayText(values, AppendInt64));
  return *this;
}

Params& Params::OptionalTimeArray(absl::Span<const std::optional<absl::Time>> values) {
  values_.emplace_back(OptionalArrayText(values, AppendQuotedTime));
  return *this;
}

Params& Params::OptionalNumericArray(absl::Span<const std::optional<absl::int128>> nanos) {
  values_.emplace_back(OptionalArrayText(nanos, AppendNumeric));
  return *this;
}

}  // namespace kontor::postgres
