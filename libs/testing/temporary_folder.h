#pragma once

#include <string>

namespace kontor::testing {

// A fresh folder (MakeFolder) that goes with its content when this does.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& prefix);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  const std::string path_;
};

}  // namespace kontor::testing
