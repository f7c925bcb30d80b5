#include "bench/als_peer.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace kontor::bench {
namespace {

// A file that goes when this does.
class TemporaryFile {
 public:
  TemporaryFile() {
    path_ = (std::filesystem::temp_directory_path() / "kontor-pairs-XXXXXX").string();
    const int file = mkstemp(path_.data());
    if (file >= 0) close(file);
  }
  ~TemporaryFile() { unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

bool WritePairs(const recommendations::SparseRows& rows, uint32_t items, const std::string& path) {
  std::vector<uint32_t> numbers = {rows.rows(), items, static_cast<uint32_t>(rows.columns.size())};
  numbers.insert(numbers.end(), rows.offsets.begin(), rows.offsets.end());
  numbers.insert(numbers.end(), rows.columns.begin(), rows.columns.end());
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(numbers.data()),
             static_cast<std::streamsize>(numbers.size() * sizeof(uint32_t)));
  file.flush();
  return static_cast<bool>(file);
}

// What a command prints, nothing when it fails.
std::optional<std::string> Output(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return std::nullopt;
  std::string out;
  char buffer[256];
  while (std::fgets(buffer, sizeof(buffer), pipe) != nullptr) out += buffer;
  if (pclose(pipe) != 0) return std::nullopt;
  return out;
}

}  // namespace

std::optional<double> ImplicitSeconds(const recommendations::SparseRows& rows, uint32_t items,
                                      const recommendations::AlsOptions& options) {
  const char* python = std::getenv("KONTOR_PEER_PYTHON");
  const TemporaryFile pairs;
  if (!WritePairs(rows, items, pairs.path())) return std::nullopt;
  const std::optional<std::string> printed = Output(absl::StrCat(
      python != nullptr ? python : "python3", " bench/peers/implicit_als.py ", pairs.path(), " ", options.factors, " ",
      options.iterations, " ", options.ridge, " ", options.alpha + 1, " 2>/dev/null"));
  double seconds = 0;
  if (!printed.has_value() || !absl::SimpleAtod(absl::StripAsciiWhitespace(*printed), &seconds)) return std::nullopt;
  return seconds;
}

}  // namespace kontor::bench
