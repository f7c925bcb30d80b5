#include "libs/testing/private_opensearch.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/testing/http_get.h"
#include "libs/testing/process.h"

namespace kontor::testing {
namespace {

constexpr std::chrono::seconds kPatience(90);

std::string NodeFolder() {
  const char* chosen = std::getenv("KONTOR_OPENSEARCH");
  const bool is_chosen = chosen != nullptr && *chosen != '\0';
  const std::filesystem::path folder = std::filesystem::absolute(is_chosen ? chosen : "var/third_party/opensearch");
  if (!std::filesystem::is_regular_file(folder / "node" / "OpenSearchNode.class")) {
    Die(absl::StrCat("OpenSearch's node is not in ", folder.string(), "; run ./kontor setup --opensearch"));
  }
  return folder.string();
}

std::string FileText(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

std::unique_ptr<PrivateOpenSearch> PrivateOpenSearch::Start() {
  std::unique_ptr<PrivateOpenSearch> node(new PrivateOpenSearch());
  const std::string folder = NodeFolder();
  node->classes_ = absl::StrCat(folder, "/node:", folder, "/jars/*");
  node->port_ = FreePort();
  node->transport_port_ = FreePort();
  node->StartServer();
  return node;
}

PrivateOpenSearch& PrivateOpenSearch::Shared() {
  static std::unique_ptr<PrivateOpenSearch> node = Start();
  return *node;
}

PrivateOpenSearch::~PrivateOpenSearch() {
  if (pid_ != 0) StopProgram(pid_, SIGKILL);
}

// Ready when the node has found itself and has its indices back.
void PrivateOpenSearch::StartServer() {
  const std::string log = folder_.File("log");
  // The JVM answers SIGQUIT with a thread dump, so it is told to die with us in another way.
  pid_ = StartProgram(
      {"setpriv", "--pdeathsig", "KILL", "java", "-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
       "-cp", classes_, "OpenSearchNode", folder_.File("node"), absl::StrCat(port_), absl::StrCat(transport_port_)},
      log);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (
      !absl::StrContains(HttpGet(port_, "/_cluster/health?wait_for_status=yellow&timeout=1s"), "\"timed_out\":false")) {
    if (waitpid(pid_, nullptr, WNOHANG) != 0 || std::chrono::steady_clock::now() > deadline) {
      Die(absl::StrCat("OpenSearch does not start:\n", FileText(log)));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

std::string PrivateOpenSearch::url() const { return absl::StrCat("http://127.0.0.1:", port_); }

void PrivateOpenSearch::Kill() {
  StopProgram(pid_, SIGKILL);
  pid_ = 0;
}

void PrivateOpenSearch::Freeze() {
  kill(pid_, SIGSTOP);
  siginfo_t stopped{};
  waitid(P_PID, static_cast<id_t>(pid_), &stopped, WSTOPPED);  // the signal alone leaves it time to answer once more
}

void PrivateOpenSearch::Thaw() { kill(pid_, SIGCONT); }

void PrivateOpenSearch::Restart() { StartServer(); }

}  // namespace kontor::testing
