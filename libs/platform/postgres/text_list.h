#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

// Lists of ids and names on their way to and from text[] columns, a text for each row: unnest would flatten an array of
// arrays. The separator is a control character, which no id or checked text holds; the SQL says E'\x1f'.
namespace kontor::postgres {

inline constexpr char kListSeparator = '\x1f';
inline constexpr char kPairSeparator = '\x1e';  // within an entry, between a name and its value

inline std::string JoinList(const std::vector<std::string>& values) {
  return absl::StrJoin(values, absl::string_view(&kListSeparator, 1));
}

// Empty for an empty text. Borrows.
inline std::vector<absl::string_view> SplitList(absl::string_view text) {
  if (text.empty()) return {};
  return absl::StrSplit(text, kListSeparator);
}

}  // namespace kontor::postgres
