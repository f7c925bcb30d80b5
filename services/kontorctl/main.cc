#include <cstdio>
#include <string>
#include <vector>

#include "libs/base/status.h"
#include "services/kontorctl/commands.h"

namespace {

int Help() {
  std::printf("kontorctl COMMAND [OPTIONS]\n\n");
  for (const auto& command : kontor::ctl::Commands()) {
    std::printf("  %-10s %s\n             %s\n", command.name, command.usage, command.summary);
  }
  std::printf(
      "\nEvery command takes --address HOST:PORT (127.0.0.1:7700) of a process that serves everything, or\n"
      "SERVICE=HOST:PORT,… of ingest, analytics, recommendations, search, forecasting; --key KEY or --key-file FILE;\n"
      "--shop ID (default); and --ca-file FILE for TLS.\n");
  return 0;
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "kontorctl: %s\n", std::string(status.message()).c_str());
  const std::vector<kontor::base::Violation> violations = kontor::base::ErrorViolations(status);
  for (const auto& v : violations) {
    std::fprintf(stderr, "  %s: %s (%s)\n", v.field.c_str(), v.description.c_str(), v.reason.c_str());
  }
  return 1;
}

// Where the command stands: behind session options, all of which take a value.
size_t CommandPlace(const std::vector<std::string>& words) {
  size_t place = 0;
  while (place < words.size() && words[place].rfind("--", 0) == 0 && words[place] != "--help") {
    place += words[place].find('=') == std::string::npos ? 2 : 1;
  }
  return place;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  const size_t place = CommandPlace(words);
  if (place >= words.size() || words[place] == "help" || words[place] == "--help") return Help();
  const std::string name = words[place];
  words.erase(words.begin() + static_cast<std::ptrdiff_t>(place));
  for (const auto& command : kontor::ctl::Commands()) {
    if (name != command.name) continue;
    const absl::Status status = command.run(words);
    return status.ok() ? 0 : Fail(status);
  }
  std::fprintf(stderr, "kontorctl: unknown command %s; see kontorctl help\n", name.c_str());
  return 2;
}
