#include "libs/testing/private_postgres.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <pqxx/pqxx>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "libs/testing/eventually.h"
#include "libs/testing/process.h"

namespace kontor::testing {
namespace {

constexpr char kBin[] = "/usr/lib/postgresql/15/bin/";

// PostgreSQL refuses to run as root.
std::vector<std::string> AsOwner(std::vector<std::string> arguments) {
  if (geteuid() != 0) return arguments;
  std::vector<std::string> all = {"setpriv",       "--reuid=postgres", "--regid=postgres",
                                  "--init-groups", "--pdeathsig",      "QUIT",
                                  "env",           "HOME=/tmp",        "LC_ALL=C.UTF-8"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

std::string FileText(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// A killed process that nobody has collected does not run.
bool Runs(pid_t pid) { return !FileText(absl::StrCat("/proc/", pid, "/cmdline")).empty(); }

}  // namespace

std::unique_ptr<PrivatePostgres> PrivatePostgres::Start(bool durable) {
  std::unique_ptr<PrivatePostgres> server(new PrivatePostgres(durable));
  server->InitDb();
  server->StartServer();
  return server;
}

PrivatePostgres& PrivatePostgres::Shared() {
  static std::unique_ptr<PrivatePostgres> server = Start();
  return *server;
}

PrivatePostgres::~PrivatePostgres() {
  if (running_) Kill();
}

void PrivatePostgres::InitDb() {
  if (geteuid() == 0) RunProgram({"chown", "postgres", folder_.path()});
  RunProgram(AsOwner({absl::StrCat(kBin, "initdb"), "-D", folder_.File("data"), "-U", "postgres", "-A", "trust", "-E",
                      "UTF8", "--locale=C.UTF-8", "--no-sync"}));
}

void PrivatePostgres::StartServer() {
  if (port_ == 0) port_ = FreePort();
  std::vector<std::string> arguments = {absl::StrCat(kBin, "postgres"), "-D", folder_.File("data")};
  std::vector<std::string> settings = {"listen_addresses=127.0.0.1",
                                       absl::StrCat("port=", port_),
                                       absl::StrCat("unix_socket_directories=", folder_.path()),
                                       "shared_buffers=64MB",
                                       "max_wal_size=1GB",
                                       "max_connections=100"};
  if (!durable_) {
    for (const char* setting : {"fsync=off", "synchronous_commit=off", "full_page_writes=off"}) {
      settings.emplace_back(setting);
    }
  }
  for (const std::string& setting : settings) {
    arguments.push_back("-c");
    arguments.push_back(setting);
  }
  pid_ = StartProgram(AsOwner(arguments), folder_.File("log"));
  running_ = true;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (true) {
    try {
      pqxx::connection probe(absl::StrCat("host=", folder_.path(), " port=", port_, " user=postgres dbname=postgres"));
      return;
    } catch (const std::exception& error) {
      if (kill(pid_, 0) != 0 || std::chrono::steady_clock::now() > deadline) {
        Die(absl::StrCat("PostgreSQL does not start: ", error.what(), "\n", FileText(folder_.File("log"))));
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

std::string PrivatePostgres::CreateDatabase() {
  const std::string name = absl::StrCat("test_", ++databases_);
  const std::string host = absl::StrCat("host=", folder_.path(), " port=", port_, " user=postgres dbname=");
  try {
    pqxx::connection connection(host + "postgres");
    pqxx::nontransaction statement(connection);
    statement.exec("CREATE DATABASE " + name);
  } catch (const std::exception& error) {
    Die(absl::StrCat("cannot create a database: ", error.what()));
  }
  return host + name;
}

std::string PrivatePostgres::DsnByPort(const std::string& dsn, int port) const {
  return absl::StrReplaceAll(
      dsn, {{absl::StrCat("host=", folder_.path(), " port=", port_), absl::StrCat("host=127.0.0.1 port=", port)}});
}

void PrivatePostgres::Kill() {
  const std::vector<pid_t> children = ChildrenOf(pid_);
  StopProgram(pid_, SIGKILL);
  for (pid_t child : children) kill(child, SIGKILL);
  Eventually([&] { return std::none_of(children.begin(), children.end(), Runs); });
  running_ = false;
}

void PrivatePostgres::Shutdown() {
  StopProgram(pid_, SIGINT);
  running_ = false;
}

void PrivatePostgres::Restart() { StartServer(); }

}  // namespace kontor::testing
