#include "libs/platform/postgres/result.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <pqxx/pqxx>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/platform/postgres/result_impl.h"
#include "libs/platform/postgres/text_format.h"

namespace kontor::postgres {
namespace {

[[noreturn]] void Misused(const Result& result, int row, int column, absl::string_view what) {
  const std::string name =
      column >= 0 && column < result.columns() ? std::string(result.name(column)) : absl::StrCat("#", column);
  std::fprintf(stderr, "postgres::Result: row %d of %d, column %s of %d: %s\n", row, result.rows(), name.c_str(),
               result.columns(), std::string(what).c_str());
  std::abort();
}

template <typename T>
T Unwrap(const Result& result, int row, int column, std::optional<T> value, absl::string_view type) {
  if (!value) {
    Misused(result, row, column, absl::StrCat("\"", result.Text(row, column), "\" is not of type ", type));
  }
  return *std::move(value);
}

}  // namespace

Result::Result(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Result::Result() : impl_(std::make_shared<Impl>()) {}

int Result::rows() const { return static_cast<int>(impl_->result.size()); }
int Result::columns() const { return static_cast<int>(impl_->result.columns()); }
int64_t Result::affected_rows() const { return static_cast<int64_t>(impl_->result.affected_rows()); }
absl::string_view Result::name(int column) const {
  return impl_->result.column_name(static_cast<pqxx::row::size_type>(column));
}

bool Result::IsNull(int row, int column) const {
  if (row < 0 || row >= rows() || column < 0 || column >= columns()) Misused(*this, row, column, "does not exist");
  return pqxx::field(impl_->result[static_cast<pqxx::result::size_type>(row)],
                     static_cast<pqxx::row::size_type>(column))
      .is_null();
}

absl::string_view Result::Text(int row, int column) const {
  if (row < 0 || row >= rows() || column < 0 || column >= columns()) Misused(*this, row, column, "does not exist");
  const pqxx::field field(impl_->result[static_cast<pqxx::result::size_type>(row)],
                          static_cast<pqxx::row::size_type>(column));
  if (field.is_null()) Misused(*this, row, column, "is NULL");
  return absl::string_view(field.c_str(), field.size());
}

int64_t Result::Int64(int row, int column) const {
  int64_t value = 0;
  const bool ok = absl::SimpleAtoi(Text(row, column), &value);
  return Unwrap(*this, row, column, ok ? std::make_optional(value) : std::nullopt, "int8");
}

double Result::Double(int row, int column) const {
  double value = 0;
  const bool ok = absl::SimpleAtod(Text(row, column), &value);
  return Unwrap(*this, row, column, ok ? std::make_optional(value) : std::nullopt, "float8");
}

bool Result::Bool(int row, int column) const {
  const absl::string_view text = Text(row, column);
  const bool ok = text == "t" || text == "f";
  return Unwrap(*this, row, column, ok ? std::make_optional(text == "t") : std::nullopt, "boolean");
}

std::string Result::Bytes(int row, int column) const {
  return Unwrap(*this, row, column, ParseBytes(Text(row, column)), "bytea");
}

absl::Time Result::Time(int row, int column) const {
  return Unwrap(*this, row, column, ParseTime(Text(row, column)), "timestamptz");
}

absl::int128 Result::Numeric(int row, int column) const {
  return Unwrap(*this, row, column, ParseNumeric(Text(row, column)), "numeric");
}

}  // namespace kontor::postgres
