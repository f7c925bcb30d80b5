#include "libs/testing/fault_gate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <list>
#include <thread>
#include <vector>

#include "libs/base/mutex.h"
#include "libs/testing/process.h"

namespace kontor::testing {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
constexpr size_t kHeldMax = 1 << 20;  // bytes kept per flow; beyond, the sender feels back pressure

struct Chunk {
  SteadyTime release;
  std::string bytes;
};

// One direction of one connection.
struct Flow {
  int from = -1, to = -1;
  FaultGate::Direction direction;
  std::deque<Chunk> held;
  size_t held_bytes = 0;
  std::string tail;  // the last bytes seen, for a text that spans two chunks
  bool ended = false;
};

struct Link {
  Flow up, down;
  bool dead = false;
  bool swallow = false;  // the client is gone; what the server still answers is dropped
};

struct Fault {
  absl::Duration delay = absl::ZeroDuration();
  bool black_hole = false;
  int64_t cut_after = -1;
};

void SetUpSocket(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  fcntl(fd, F_SETFL, O_NONBLOCK);
}

sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

class FaultGate::Impl {
 public:
  explicit Impl(int server_port) : server_port_(server_port) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = Loopback(0);
    socklen_t length = sizeof(address);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(listener_, 64) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0 ||
        pipe2(wake_, O_NONBLOCK | O_CLOEXEC) != 0) {
      Die("fault gate: no port");
    }
    fcntl(listener_, F_SETFL, O_NONBLOCK);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Loop(); });
  }

  ~Impl() {
    Change([this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { stop_ = true; });
    thread_.join();
    for (Link& link : links_) Close(link);
    for (int fd : {listener_, wake_[0], wake_[1]}) close(fd);
  }

  // Runs `change` under the lock and wakes the loop.
  template <typename F>
  void Change(F change) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    {
      base::MutexLock lock(mutex_);
      change();
    }
    if (write(wake_[1], "x", 1) < 0 && errno != EAGAIN) Die("fault gate: wake");
  }
  template <typename F>
  auto Look(F look) const ABSL_NO_THREAD_SAFETY_ANALYSIS {
    base::MutexLock lock(mutex_);
    return look();
  }

  void CloseAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (Link& link : links_) Close(link);
    links_.clear();
  }
  Fault& fault(Direction direction) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return faults_[static_cast<int>(direction)];
  }

  int port_ = 0;
  mutable base::Mutex mutex_;
  bool refuse_ ABSL_GUARDED_BY(mutex_) = false;
  bool tripped_ ABSL_GUARDED_BY(mutex_) = false;
  std::string watch_ ABSL_GUARDED_BY(mutex_);
  bool watch_forward_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t passed_[2] ABSL_GUARDED_BY(mutex_) = {0, 0};
  std::list<Link> links_ ABSL_GUARDED_BY(mutex_);

 private:
  static void Close(Link& link) {
    for (int fd : {link.up.from, link.up.to}) {
      if (fd >= 0) close(fd);
    }
    link.up.from = link.up.to = link.down.from = link.down.to = -1;
    link.dead = true;
  }

  void Loop() {
    std::vector<pollfd> fds;
    while (true) {
      const int timeout_ms = Prepare(fds);
      if (timeout_ms == kStop) return;
      poll(fds.data(), fds.size(), timeout_ms);
      char drain[64];
      while (read(wake_[0], drain, sizeof(drain)) > 0) {
      }
      base::MutexLock lock(mutex_);
      if (fds[0].revents & POLLIN) Accept();
      for (Link& link : links_) {
        for (Flow* flow : {&link.up, &link.down}) {
          if (!link.dead) Receive(link, *flow);
          if (!link.dead) Send(link, *flow);
        }
      }
      links_.remove_if([](const Link& link) { return link.dead; });
    }
  }

  // What to wait for. The time until the next held chunk is due, -1 for no limit, kStop at the end.
  int Prepare(std::vector<pollfd>& fds) {
    base::MutexLock lock(mutex_);
    if (stop_) return kStop;
    fds = {{listener_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
    int timeout_ms = -1;
    const SteadyTime now = std::chrono::steady_clock::now();
    for (Link& link : links_) {
      for (Flow* flow : {&link.up, &link.down}) {
        if (!flow->ended && flow->from >= 0 && flow->held_bytes < kHeldMax) fds.push_back({flow->from, POLLIN, 0});
        if (flow->held.empty() || fault(flow->direction).black_hole) continue;
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(flow->held.front().release - now).count();
        if (wait > 0) {
          timeout_ms = timeout_ms < 0 ? static_cast<int>(wait) : std::min(timeout_ms, static_cast<int>(wait));
        } else if (flow->to >= 0) {
          fds.push_back({flow->to, POLLOUT, 0});
        }
      }
    }
    return timeout_ms;
  }

  void Accept() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (int client; (client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const sockaddr_in address = Loopback(server_port_);
      if (refuse_ || connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        close(client);
        close(server);
        continue;
      }
      SetUpSocket(client);
      SetUpSocket(server);
      Link& link = links_.emplace_back();
      link.up = {client, server, Direction::kToServer};
      link.down = {server, client, Direction::kToClient};
    }
  }

  void Receive(Link& link, Flow& flow) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (flow.ended || flow.from < 0 || flow.held_bytes >= kHeldMax) return;
    char buffer[65536];
    const ssize_t n = recv(flow.from, buffer, sizeof(buffer), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
      flow.ended = true;
      if (link.swallow || n < 0) Close(link);
      return;
    }
    if (link.swallow) return;
    std::string bytes(buffer, static_cast<size_t>(n));
    if (flow.direction == Direction::kToServer && !watch_.empty() && Watch(link, flow, bytes)) return;
    flow.held_bytes += bytes.size();
    const absl::Duration delay = fault(flow.direction).delay;
    flow.held.push_back({std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(delay), std::move(bytes)});
  }

  // True when the watched text has passed and the connection has been dealt with.
  bool Watch(Link& link, Flow& flow, const std::string& bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const std::string seen = flow.tail + bytes;
    flow.tail = seen.substr(seen.size() - std::min(seen.size(), watch_.size() - 1));
    if (seen.find(watch_) == std::string::npos) return false;
    tripped_ = true;
    watch_.clear();
    if (!watch_forward_) {
      Close(link);
      return true;
    }
    for (const Chunk& chunk : flow.held) WriteAll(flow.to, chunk.bytes);
    WriteAll(flow.to, bytes);
    shutdown(flow.to, SHUT_WR);
    close(flow.from);
    flow.from = link.down.to = -1;
    flow.ended = link.swallow = true;
    flow.held.clear();
    link.down.held.clear();
    link.down.held_bytes = 0;
    return true;
  }

  static void WriteAll(int fd, const std::string& bytes) {
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t n = send(fd, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if (n < 0 && errno != EAGAIN && errno != EINTR) return;
      if (n > 0) done += static_cast<size_t>(n);
    }
  }

  void Send(Link& link, Flow& flow) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Fault& fault = this->fault(flow.direction);
    const SteadyTime now = std::chrono::steady_clock::now();
    while (!flow.held.empty() && !fault.black_hole && flow.to >= 0 && flow.held.front().release <= now) {
      std::string& bytes = flow.held.front().bytes;
      size_t wanted = bytes.size();
      if (fault.cut_after >= 0) wanted = std::min(wanted, static_cast<size_t>(fault.cut_after));
      const ssize_t n = send(flow.to, bytes.data(), wanted, MSG_NOSIGNAL);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (n < 0) return Close(link);
      passed_[static_cast<int>(flow.direction)] += n;
      flow.held_bytes -= static_cast<size_t>(n);
      bytes.erase(0, static_cast<size_t>(n));
      if (fault.cut_after >= 0 && (fault.cut_after -= n) == 0) {
        fault.cut_after = -1;
        tripped_ = true;
        return Close(link);
      }
      if (bytes.empty()) flow.held.pop_front();
    }
    if (flow.ended && flow.held.empty() && flow.to >= 0) {
      shutdown(flow.to, SHUT_WR);
      if (link.up.ended && link.down.ended) Close(link);
    }
  }

  static constexpr int kStop = -2;
  const int server_port_;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  Fault faults_[2] ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

FaultGate::FaultGate(int server_port) : impl_(std::make_unique<Impl>(server_port)) {}
FaultGate::~FaultGate() = default;
int FaultGate::port() const { return impl_->port_; }

void FaultGate::Pass() {
  impl_->Change([this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    impl_->refuse_ = false;
    impl_->watch_.clear();
    for (Direction direction : {Direction::kToServer, Direction::kToClient}) impl_->fault(direction) = Fault();
  });
}

void FaultGate::Cut() {
  impl_->Change([this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    impl_->refuse_ = true;
    impl_->CloseAll();
  });
}

void FaultGate::CutOnce() {
  impl_->Change([this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { impl_->CloseAll(); });
}

void FaultGate::Delay(Direction direction, absl::Duration delay) {
  impl_->Change([=, this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { impl_->fault(direction).delay = delay; });
}

void FaultGate::BlackHole(Direction direction) {
  impl_->Change([=, this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { impl_->fault(direction).black_hole = true; });
}

void FaultGate::CutAfterBytes(Direction direction, int64_t bytes) {
  impl_->Change([=, this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    impl_->fault(direction).cut_after = bytes;
    impl_->tripped_ = false;
  });
}

void FaultGate::CutWhenSeen(absl::string_view text, bool forward) {
  impl_->Change([=, this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    impl_->watch_ = std::string(text);
    impl_->watch_forward_ = forward;
    impl_->tripped_ = false;
  });
}

int FaultGate::connections() const {
  return impl_->Look([this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return static_cast<int>(impl_->links_.size()); });
}

int64_t FaultGate::bytes(Direction direction) const {
  return impl_->Look([=, this]()
                         ABSL_NO_THREAD_SAFETY_ANALYSIS { return impl_->passed_[static_cast<int>(direction)]; });
}

bool FaultGate::tripped() const {
  return impl_->Look([this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return impl_->tripped_; });
}

}  // namespace kontor::testing
