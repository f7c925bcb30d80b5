#include "libs/testing/tls_front.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/mutex.h"
#include "libs/testing/process.h"

namespace kontor::testing {
namespace {

constexpr char kRefusal[] =
    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"OpenSearch Security\"\r\n"
    "Content-Type: text/plain\r\nContent-Length: 12\r\n\r\nUnauthorized";

sockaddr_in Local(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

std::string LowerHead(absl::string_view message) {
  return absl::AsciiStrToLower(message.substr(0, message.find("\r\n\r\n")));
}

// The bytes of a message whose head has come; 0 where it has not.
size_t SizeOf(absl::string_view message) {
  const size_t end = message.find("\r\n\r\n");
  if (end == absl::string_view::npos) return 0;
  const std::string name = "\r\ncontent-length:";
  const std::string head = LowerHead(message) + "\r\n";
  const size_t at = head.find(name);
  size_t body = 0;
  if (at != std::string::npos) {
    const size_t begin = at + name.size();
    if (!absl::SimpleAtoi(head.substr(begin, head.find('\r', begin) - begin), &body)) Die("a length is no number");
  }
  return end + 4 + body;
}

std::string ReadRequest(SSL* connection) {
  std::string request;
  char buffer[4096];
  for (size_t size = 0; size == 0 || request.size() < size; size = SizeOf(request)) {
    const int got = SSL_read(connection, buffer, sizeof(buffer));
    if (got <= 0) return "";
    request.append(buffer, static_cast<size_t>(got));
  }
  return request;
}

}  // namespace

class TlsFront::Impl {
 public:
  Impl(const Certificate& certificate, std::string credentials, Answer answer)
      : authorization_(absl::StrCat("\r\nAuthorization: Basic ", absl::Base64Escape(credentials), "\r\n")),
        answer_(std::move(answer)),
        context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
    if (SSL_CTX_use_certificate_file(context_.get(), certificate.certificate_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(context_.get(), certificate.private_key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
      Die("the front's certificate cannot be used");
    }
    sockaddr_in address = Local(0);
    socklen_t length = sizeof(address);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(listener_, 8) != 0) {
      Die("the front cannot listen");
    }
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port = ntohs(address.sin_port);
    accepting_ = std::thread([this] { Accept(); });
  }
  ~Impl() {
    shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    {
      base::MutexLock lock(mutex_);
      for (const int fd : open_) shutdown(fd, SHUT_RDWR);
    }
    for (std::thread& thread : serving_) thread.join();
    close(listener_);
  }

  int port = 0;
  std::atomic<int> handshakes{0}, refused{0};

 private:
  void Accept() {
    for (int fd; (fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      {
        base::MutexLock lock(mutex_);
        open_.insert(fd);
      }
      serving_.emplace_back([this, fd] {
        sigset_t broken_pipe;  // what is written to who has gone is an error here, not the end of the process
        sigemptyset(&broken_pipe);
        sigaddset(&broken_pipe, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
        Serve(fd);
        base::MutexLock lock(mutex_);
        open_.erase(fd);
        close(fd);
      });
    }
  }
  void Serve(int fd) {
    const std::unique_ptr<SSL, decltype(&SSL_free)> connection(SSL_new(context_.get()), SSL_free);
    SSL_set_fd(connection.get(), fd);
    if (SSL_accept(connection.get()) != 1) return;
    ++handshakes;
    for (std::string request; !(request = ReadRequest(connection.get())).empty();) {
      const bool known = absl::StrContains(request, authorization_);
      if (!known) ++refused;
      const std::string answer = known ? answer_(request) : kRefusal;
      if (SSL_write(connection.get(), answer.data(), static_cast<int>(answer.size())) <= 0) return;
      if (absl::StrContains(LowerHead(answer), "\r\nconnection: close")) break;
    }
    SSL_shutdown(connection.get());
  }

  const std::string authorization_;
  const Answer answer_;
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  const int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::thread accepting_;
  std::vector<std::thread> serving_;  // of the thread above, until it has ended
  base::Mutex mutex_;
  std::set<int> open_ ABSL_GUARDED_BY(mutex_);
};

TlsFront::TlsFront(const Certificate& certificate, absl::string_view user, absl::string_view password, Answer answer)
    : impl_(std::make_unique<Impl>(certificate, absl::StrCat(user, ":", password), std::move(answer))) {}
TlsFront::~TlsFront() = default;

int TlsFront::port() const { return impl_->port; }
int TlsFront::handshakes() const { return impl_->handshakes; }
int TlsFront::refused() const { return impl_->refused; }

TlsFront::Answer PassOn(int server_port) {
  return [server_port](const std::string& request) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = Local(server_port);
    std::string answer;
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
      std::string passed = request;
      passed.insert(passed.find("\r\n") + 2, "Connection: close\r\n");
      size_t sent = 0;
      while (sent < passed.size()) {
        const ssize_t now = send(fd, passed.data() + sent, passed.size() - sent, MSG_NOSIGNAL);
        if (now <= 0) break;
        sent += static_cast<size_t>(now);
      }
      char buffer[4096];
      for (ssize_t got; (got = recv(fd, buffer, sizeof(buffer), 0)) > 0;) {
        answer.append(buffer, static_cast<size_t>(got));
      }
    }
    close(fd);
    return answer.empty() ? "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n" : answer;
  };
}

}  // namespace kontor::testing
