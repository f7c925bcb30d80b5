#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libs/testing/fault_gate.h"
#include "libs/testing/temporary_folder.h"

namespace kontor::testing {

// A Kafka of this test's own (KRaft, no security) in a temporary folder and on free ports of 127.0.0.1: one broker, or
// a cluster with as many replicas as brokers and min.insync.replicas one less. Its jars come from the folder that
// KONTOR_KAFKA_JARS names, else from var/third_party/kafka. Brokers never apply retention by themselves: tests have
// clocks of their own. Topics are created when a client asks for it, so that a client that should not is found out.
// Stopped and removed on destruction and, for the shared one, at the end of the process. Not thread-safe.
class PrivateKafka {
 public:
  // About 8 s for one broker, 25 s for three. A server that cannot be started ends the process with its log.
  static std::unique_ptr<PrivateKafka> Start(int brokers = 1);
  // One broker for the whole test binary, started at the first use.
  static PrivateKafka& Shared();
  ~PrivateKafka();

  std::string bootstrap_servers() const;
  // The same through a fault gate in front of the first broker, which sends clients that come by the gate back to it.
  std::string gated_bootstrap_servers() const;
  FaultGate& gate() { return *gate_; }

  void Kill(int broker = 0);     // SIGKILL
  void Freeze(int broker = 0);   // SIGSTOP; it has stopped when this returns
  void Thaw(int broker = 0);     // SIGCONT
  void Restart(int broker = 0);  // after Kill, on the same data; returns when all brokers that live know each other

  // Deletes every topic; returns when they are gone. With a name, only that one.
  void DeleteTopics(const std::string& only = "");

 private:
  struct Broker {
    std::string folder;
    int port = 0, gated_port = 0, controller_port = 0;
    int pid = 0;
  };

  PrivateKafka() = default;
  void Configure(const Broker& broker, int id) const;
  void Format(const Broker& broker) const;
  void StartServer(Broker& broker);
  void AwaitAll();

  const TemporaryFolder folder_{"kontor-kafka"};
  std::vector<std::string> java_;  // the command up to the main class
  std::vector<Broker> brokers_;
  std::unique_ptr<FaultGate> gate_;
};

}  // namespace kontor::testing
