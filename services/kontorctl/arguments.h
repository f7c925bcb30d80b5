#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace kontor::ctl {

// A command line: words, and options of the form --name VALUE, --name=VALUE or, for switches, --name.
class Arguments {
 public:
  // INVALID_ARGUMENT for an option that is not in `options` (with a value) or `switches` (without).
  static absl::StatusOr<Arguments> Parse(absl::Span<const std::string> words,
                                         absl::Span<const absl::string_view> options,
                                         absl::Span<const absl::string_view> switches);

  const std::vector<std::string>& words() const { return words_; }
  bool Has(absl::string_view name) const { return values_.count(std::string(name)) > 0; }
  std::string Get(absl::string_view name, absl::string_view otherwise = "") const;
  // Every value of an option that was given several times, split at commas.
  std::vector<std::string> List(absl::string_view name) const;
  absl::StatusOr<int64_t> Int(absl::string_view name, int64_t otherwise) const;
  absl::StatusOr<absl::Duration> Duration(absl::string_view name, absl::Duration otherwise) const;

 private:
  std::vector<std::string> words_;
  std::multimap<std::string, std::string> values_;
};

}  // namespace kontor::ctl
