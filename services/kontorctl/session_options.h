#pragma once

#include <initializer_list>
#include <string>

#include "absl/status/statusor.h"
#include "services/kontorctl/arguments.h"

namespace kontor::ctl {

// Arguments with the command's own options beside those that every command has for its session.
absl::StatusOr<Arguments> ParseWith(absl::Span<const std::string> words,
                                    std::initializer_list<absl::string_view> options,
                                    std::initializer_list<absl::string_view> switches);

}  // namespace kontor::ctl
