#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace kontor::runtime {

// A whole small file. FAILED_PRECONDITION (FILE_MISSING) with the path when it cannot be read.
absl::StatusOr<std::string> ReadFile(const std::string& path);

}  // namespace kontor::runtime
