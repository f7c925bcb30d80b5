#include "libs/platform/runtime/read_file.h"

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::runtime {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.is_open() && !file.bad()) return bytes;
  return base::Error(absl::StatusCode::kFailedPrecondition, "FILE_MISSING", absl::StrCat("cannot read ", path));
}

}  // namespace kontor::runtime
