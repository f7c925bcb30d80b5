#pragma once

#include <memory>
#include <string>

#include "libs/testing/temporary_folder.h"

namespace kontor::testing {

// A Redis of this test's own, without persistence, on a socket in a temporary folder and on a free port of 127.0.0.1.
// Stopped and removed on destruction. Not thread-safe.
class PrivateRedis {
 public:
  static std::unique_ptr<PrivateRedis> Start();  // about 50 ms
  ~PrivateRedis();

  std::string url() const;      // unix://…
  std::string tcp_url() const;  // tcp://127.0.0.1:port
  int port() const { return port_; }

  void Kill();                            // SIGKILL
  void Freeze();                          // SIGSTOP
  void Thaw();                            // SIGCONT
  void Restart();                         // after Kill, empty
  void Command(const std::string& line);  // by redis-cli, e.g. "FLUSHALL" or "CONFIG SET maxmemory 2mb"

 private:
  PrivateRedis() = default;
  void StartServer();

  const TemporaryFolder folder_{"kontor-redis"};
  int port_ = 0;
  int pid_ = 0;
};

}  // namespace kontor::testing
