#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "gtest/gtest.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/fault_gate.h"
#include "libs/testing/process.h"
#include "libs/testing/seed.h"
#include "libs/testing/status_matchers.h"
#include "libs/testing/temporary_folder.h"

namespace kontor::testing {
namespace {

// Sends back what it gets, one connection after another; what one wrote is kept.
class EchoServer {
 public:
  EchoServer() {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(listener_, 8) != 0) Die("echo");
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      for (int fd; (fd = accept(listener_, nullptr, nullptr)) >= 0; close(fd)) {
        char buffer[256];
        for (ssize_t n; (n = recv(fd, buffer, sizeof(buffer), 0)) > 0;) {
          seen_.append(buffer, static_cast<size_t>(n));
          if (send(fd, buffer, static_cast<size_t>(n), MSG_NOSIGNAL) < 0) break;
        }
      }
    });
  }
  ~EchoServer() { Finish(); }
  // Everything it has ever received; ends it.
  std::string Finish() {
    shutdown(listener_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    return seen_;
  }
  int port() const { return port_; }

 private:
  int listener_ = -1, port_ = 0;
  std::string seen_;
  std::thread thread_;
};

class Caller {
 public:
  explicit Caller(int port) {
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) Die("no connection");
  }
  ~Caller() { close(fd_); }

  // What comes back within `patience`; "closed" when the connection ends.
  std::string Say(const std::string& text, int patience_ms = 5000) {
    if (send(fd_, text.data(), text.size(), MSG_NOSIGNAL) < 0) return "closed";
    const timeval patience = {patience_ms / 1000, patience_ms % 1000 * 1000};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    char buffer[256];
    const ssize_t n = recv(fd_, buffer, sizeof(buffer), 0);
    if (n < 0 && errno == EAGAIN) return "silence";
    return n <= 0 ? "closed" : std::string(buffer, static_cast<size_t>(n));
  }

 private:
  int fd_;
};

TEST(FaultGate, PassesBytesBothWays) {
  EchoServer server;
  FaultGate gate(server.port());
  Caller caller(gate.port());
  EXPECT_EQ(caller.Say("hello"), "hello");
  EXPECT_EQ(gate.bytes(FaultGate::Direction::kToServer), 5);
  EXPECT_EQ(gate.bytes(FaultGate::Direction::kToClient), 5);
  EXPECT_EQ(gate.connections(), 1);
}

TEST(FaultGate, CutEndsConnectionsAndRefusesNewOnesUntilPass) {
  EchoServer server;
  FaultGate gate(server.port());
  Caller before(gate.port());
  EXPECT_EQ(before.Say("a"), "a");
  gate.Cut();
  EXPECT_EQ(before.Say("b"), "closed");
  EXPECT_EQ(Caller(gate.port()).Say("c"), "closed");
  gate.Pass();
  EXPECT_EQ(Caller(gate.port()).Say("d"), "d");
  EXPECT_EQ(server.Finish(), "ad");
}

TEST(FaultGate, DelaysEachDirectionByItself) {
  EchoServer server;
  FaultGate gate(server.port());
  Caller caller(gate.port());
  gate.Delay(FaultGate::Direction::kToClient, absl::Milliseconds(60));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(caller.Say("a"), "a");
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(60));
}

TEST(FaultGate, ABlackHoleHoldsBytesBackUntilPass) {
  EchoServer server;
  FaultGate gate(server.port());
  Caller caller(gate.port());
  gate.BlackHole(FaultGate::Direction::kToServer);
  EXPECT_EQ(caller.Say("a", 50), "silence");
  gate.Pass();
  EXPECT_EQ(caller.Say(""), "a");
}

TEST(FaultGate, CutsAfterSoManyBytes) {
  EchoServer server;
  FaultGate gate(server.port());
  Caller caller(gate.port());
  gate.CutAfterBytes(FaultGate::Direction::kToServer, 7);
  EXPECT_EQ(caller.Say("abcde"), "abcde");
  EXPECT_FALSE(gate.tripped());
  EXPECT_EQ(caller.Say("fghij"), "closed");
  EXPECT_TRUE(gate.tripped());
  EXPECT_EQ(Caller(gate.port()).Say("k"), "k");
  EXPECT_EQ(server.Finish(), "abcdefgk");
}

TEST(FaultGate, CutsWhenATextIsSeenBeforeOrAfterTheServerGetsIt) {
  EchoServer server;
  FaultGate gate(server.port());
  gate.CutWhenSeen("COMMIT", false);
  EXPECT_EQ(Caller(gate.port()).Say("1-COMMIT"), "closed");
  EXPECT_TRUE(gate.tripped());
  gate.CutWhenSeen("COMMIT", true);
  Caller caller(gate.port());
  EXPECT_EQ(caller.Say("2-COM"), "2-COM");
  EXPECT_EQ(caller.Say("MIT"), "closed");
  EXPECT_EQ(Caller(gate.port()).Say("3-COMMIT"), "3-COMMIT");
  EXPECT_EQ(server.Finish(), "2-COMMIT3-COMMIT");
}

TEST(FakeClock, MovesOnlyWhenTold) {
  FakeClock clock(absl::UnixEpoch());
  EXPECT_EQ(clock.Now(), absl::UnixEpoch());
  clock.Advance(absl::Hours(1));
  EXPECT_EQ(clock.Now(), absl::UnixEpoch() + absl::Hours(1));
  clock.Set(absl::FromUnixSeconds(7));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(7));
}

TEST(Seed, IsTheSameForTheWholeRun) { EXPECT_EQ(Seed(), Seed()); }

TEST(StatusMatchers, LookAtCodeReasonAndValue) {
  const absl::Status error = base::Error(absl::StatusCode::kAborted, "REASON", "text");
  EXPECT_THAT(absl::OkStatus(), IsOk());
  EXPECT_THAT(error, ::testing::Not(IsOk()));
  EXPECT_THAT(error, StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(error, StatusIs(absl::StatusCode::kAborted, "REASON"));
  EXPECT_THAT(error, ::testing::Not(StatusIs(absl::StatusCode::kAborted, "OTHER")));
  EXPECT_THAT(absl::StatusOr<int>(3), IsOkAndHolds(3));
  EXPECT_THAT(absl::StatusOr<int>(error), ::testing::Not(IsOkAndHolds(3)));
}

TEST(Process, ChildrenAreSeenAndStopped) {
  const TemporaryFolder folder("kontor-process");
  const pid_t pid = StartProgram({"sleep", "100"}, folder.File("log"));
  std::vector<pid_t> children = ChildrenOf(getpid());
  EXPECT_NE(std::find(children.begin(), children.end(), pid), children.end());
  StopProgram(pid, SIGTERM);
  children = ChildrenOf(getpid());
  EXPECT_EQ(std::find(children.begin(), children.end(), pid), children.end());
  EXPECT_FALSE(PortAnswers(FreePort()));
}

}  // namespace
}  // namespace kontor::testing
