#include "libs/testing/private_redis.h"

#include <signal.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/testing/process.h"

namespace kontor::testing {

std::unique_ptr<PrivateRedis> PrivateRedis::Start() {
  std::unique_ptr<PrivateRedis> server(new PrivateRedis());
  server->port_ = FreePort();
  server->StartServer();
  return server;
}

PrivateRedis::~PrivateRedis() {
  if (pid_ != 0) StopProgram(pid_, SIGKILL);
}

void PrivateRedis::StartServer() {
  pid_ = StartProgram({"redis-server", "--port", absl::StrCat(port_), "--bind", "127.0.0.1", "--unixsocket",
                       folder_.File("r.sock"), "--save", "", "--appendonly", "no", "--dir", folder_.path()},
                      folder_.File("log"));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!PortAnswers(port_) || !SocketAnswers(folder_.File("r.sock"))) {
    if (std::chrono::steady_clock::now() > deadline) Die("Redis does not start");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::string PrivateRedis::url() const { return "unix://" + folder_.File("r.sock"); }
std::string PrivateRedis::tcp_url() const { return absl::StrCat("tcp://127.0.0.1:", port_); }

void PrivateRedis::Kill() {
  StopProgram(pid_, SIGKILL);
  pid_ = 0;
  std::error_code ignored;
  std::filesystem::remove(folder_.File("r.sock"), ignored);
}

void PrivateRedis::Freeze() { kill(pid_, SIGSTOP); }
void PrivateRedis::Thaw() { kill(pid_, SIGCONT); }
void PrivateRedis::Restart() { StartServer(); }

void PrivateRedis::Command(const std::string& line) {
  std::vector<std::string> arguments = {"redis-cli", "-s", folder_.File("r.sock")};
  for (absl::string_view word : absl::StrSplit(line, ' ')) arguments.emplace_back(word);
  RunProgram(arguments);
}

}  // namespace kontor::testing
