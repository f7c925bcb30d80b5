#include "services/kontorctl/arguments.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace kontor::ctl {
namespace {

bool Contains(absl::Span<const absl::string_view> names, absl::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

absl::StatusOr<Arguments> Arguments::Parse(absl::Span<const std::string> words,
                                           absl::Span<const absl::string_view> options,
                                           absl::Span<const absl::string_view> switches) {
  Arguments out;
  for (size_t i = 0; i < words.size(); ++i) {
    const absl::string_view word = words[i];
    if (!absl::StartsWith(word, "--")) {
      out.words_.emplace_back(word);
      continue;
    }
    const size_t equals = word.find('=');
    const std::string name(word.substr(2, equals == absl::string_view::npos ? equals : equals - 2));
    if (Contains(switches, name)) {
      out.values_.emplace(name, "");
    } else if (!Contains(options, name)) {
      return absl::InvalidArgumentError(absl::StrCat("unknown option --", name, "; see kontorctl help"));
    } else if (equals != absl::string_view::npos) {
      out.values_.emplace(name, std::string(word.substr(equals + 1)));
    } else if (i + 1 < words.size()) {
      out.values_.emplace(name, words[++i]);
    } else {
      return absl::InvalidArgumentError(absl::StrCat("--", name, " needs a value"));
    }
  }
  return out;
}

std::string Arguments::Get(absl::string_view name, absl::string_view otherwise) const {
  const auto it = values_.find(std::string(name));
  return it == values_.end() ? std::string(otherwise) : it->second;
}

std::vector<std::string> Arguments::List(absl::string_view name) const {
  std::vector<std::string> out;
  const auto [begin, end] = values_.equal_range(std::string(name));
  for (auto it = begin; it != end; ++it) {
    for (absl::string_view part : absl::StrSplit(it->second, ',', absl::SkipEmpty())) out.emplace_back(part);
  }
  return out;
}

absl::StatusOr<int64_t> Arguments::Int(absl::string_view name, int64_t otherwise) const {
  int64_t value = otherwise;
  if (Has(name) && !absl::SimpleAtoi(Get(name), &value)) {
    return absl::InvalidArgumentError(absl::StrCat("--", name, " takes a whole number"));
  }
  return value;
}

absl::StatusOr<absl::Duration> Arguments::Duration(absl::string_view name, absl::Duration otherwise) const {
  absl::Duration value = otherwise;
  if (Has(name) && !absl::ParseDuration(Get(name), &value)) {
    return absl::InvalidArgumentError(absl::StrCat("--", name, " takes a duration such as 30s"));
  }
  return value;
}

}  // namespace kontor::ctl
