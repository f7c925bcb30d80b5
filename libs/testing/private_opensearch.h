#pragma once

#include <memory>
#include <string>

#include "libs/testing/temporary_folder.h"

namespace kontor::testing {

// An OpenSearch node of this test's own (no security, k-NN by its Lucene engine) in a temporary folder and on free
// ports of 127.0.0.1. It comes from the folder that KONTOR_OPENSEARCH names, else from
// var/third_party/opensearch. Stopped and removed on destruction and, for the shared one, at the end of the process.
// Not thread-safe.
class PrivateOpenSearch {
 public:
  // About 5 s. A node that cannot be started ends the process with its log.
  static std::unique_ptr<PrivateOpenSearch> Start();
  // One node for the whole test binary, started at the first use.
  static PrivateOpenSearch& Shared();
  ~PrivateOpenSearch();

  std::string url() const;  // "http://127.0.0.1:PORT"

  void Kill();     // SIGKILL
  void Freeze();   // SIGSTOP; it has stopped when this returns
  void Thaw();     // SIGCONT
  void Restart();  // after Kill, on the same data and ports; returns when it answers

 private:
  PrivateOpenSearch() = default;
  void StartServer();

  const TemporaryFolder folder_{"kontor-opensearch"};
  std::string classes_;
  int port_ = 0, transport_port_ = 0;
  int pid_ = 0;
};

}  // namespace kontor::testing
