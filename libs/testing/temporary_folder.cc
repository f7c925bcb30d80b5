#include "libs/testing/temporary_folder.h"

#include <filesystem>
#include <system_error>

#include "libs/testing/process.h"

namespace kontor::testing {

TemporaryFolder::TemporaryFolder(const std::string& prefix) : path_(MakeFolder(prefix)) {}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace kontor::testing
