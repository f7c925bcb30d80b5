#pragma once

#include <memory>
#include <string>

#include "libs/testing/temporary_folder.h"

namespace kontor::testing {

// A PostgreSQL of this test's own: a fresh cluster in a temporary folder, reachable by a socket there and by a free
// port of 127.0.0.1, without fsync unless durable. Started as root it runs as the user postgres. Stopped and removed on
// destruction and, for the shared one, at the end of the process. Not thread-safe.
class PrivatePostgres {
 public:
  // initdb and start, about 1.5 s. A server that cannot be started ends the process with its log.
  static std::unique_ptr<PrivatePostgres> Start(bool durable = false);
  // One for the whole test binary, started at the first use.
  static PrivatePostgres& Shared();
  ~PrivatePostgres();

  // A fresh empty database for one test; returns its DSN (by the socket).
  std::string CreateDatabase();
  // The DSN of the same database by TCP through another port, such as a fault gate's.
  std::string DsnByPort(const std::string& dsn, int port) const;
  int port() const { return port_; }

  void Kill();      // SIGKILL to the server and all of its children; none writes into its folder afterwards
  void Shutdown();  // orderly, at once (fast mode)
  void Restart();   // after Kill or Shutdown, on the same data

 private:
  explicit PrivatePostgres(bool durable) : durable_(durable) {}
  void InitDb();
  void StartServer();

  const TemporaryFolder folder_{"kontor-pg"};
  const bool durable_;
  int port_ = 0;
  int pid_ = 0;
  int databases_ = 0;
  bool running_ = false;
};

}  // namespace kontor::testing
