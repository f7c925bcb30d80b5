#include "libs/platform/http/http_server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"

namespace kontor::http {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Client {
 public:
  explicit Client(int port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void Send(const std::string& bytes) { send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // Until the text was seen or the server closed.
  std::string Receive(const std::string& until) {
    std::string answer;
    char buffer[4096];
    while (answer.find(until) == std::string::npos || until.empty()) {
      const ssize_t got = recv(socket_, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      answer.append(buffer, static_cast<size_t>(got));
    }
    return answer;
  }
  std::string ReceiveAll() { return Receive(""); }
  bool connected() const { return connected_; }

 private:
  const int socket_;
  bool connected_ = false;
};

class HttpServerTest : public testing::Test {
 protected:
  void Start(ServerOptions options = {}) {
    std::map<std::string, Server::Handler> handlers;
    handlers["/page"] = [] { return Response{200, "text/plain", "hello"}; };
    handlers["/large"] = [] { return Response{200, "text/plain", std::string(3 << 20, 'x')}; };
    handlers["/throws"] = []() -> Response { throw std::runtime_error("broken"); };
    auto server = Server::Start(options, std::move(handlers));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  std::string Ask(const std::string& request) {
    Client client(server_->port());
    client.Send(request);
    return client.ReceiveAll();
  }

  std::unique_ptr<Server> server_;
};

TEST_F(HttpServerTest, AnswersGetAndHead) {
  Start();
  const std::string got = Ask("GET /page?x=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(got, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(absl::EndsWith(got, "\r\n\r\nhello"));
  const std::string head = Ask("HEAD /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_TRUE(absl::EndsWith(head, "\r\n\r\n"));
  EXPECT_EQ(Ask("GET /large HTTP/1.0\r\n\r\n").size() > (3 << 20), true);
}

TEST_F(HttpServerTest, RefusesWhatItDoesNotServe) {
  Start();
  EXPECT_THAT(Ask("GET /../page HTTP/1.0\r\n\r\n"), HasSubstr(" 404 "));
  EXPECT_THAT(Ask("DELETE /page HTTP/1.0\r\n\r\n"), HasSubstr(" 405 "));
  EXPECT_THAT(Ask("GET /throws HTTP/1.0\r\n\r\n"), HasSubstr(" 500 "));
  EXPECT_THAT(Ask("POST /page HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"), HasSubstr(" 400 "));
  EXPECT_THAT(Ask("nonsense\r\n\r\n"), HasSubstr(" 400 "));
  EXPECT_THAT(Ask(absl::StrCat("GET /page HTTP/1.1\r\nX: ", std::string(20'000, 'x'), "\r\n\r\n")), HasSubstr(" 400 "));
  EXPECT_THAT(Ask("GET /page HTTP/1.0\r\n\r\n"), HasSubstr(" 200 "));
}

TEST_F(HttpServerTest, KeepsConnections) {
  Start();
  Client client(server_->port());
  for (int i = 0; i < 3; ++i) {
    client.Send("GET /page HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.Receive("hello"), HasSubstr("200 OK"));
  }
}

TEST_F(HttpServerTest, SlowAndIdleCallersAreClosed) {
  ServerOptions options;
  options.request_timeout = absl::Milliseconds(100);
  options.idle_timeout = absl::Milliseconds(100);
  Start(options);
  Client half(server_->port());
  half.Send("GET /page HT");
  EXPECT_EQ(half.ReceiveAll(), "");
  Client idle(server_->port());
  idle.Send("GET /page HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(absl::EndsWith(idle.ReceiveAll(), "hello"));
}

TEST_F(HttpServerTest, BoundsItsConnectionsAndRecovers) {
  ServerOptions options;
  options.max_connections = 4;
  Start(options);
  {
    std::vector<std::unique_ptr<Client>> open;
    for (int i = 0; i < 4; ++i) {
      open.push_back(std::make_unique<Client>(server_->port()));
      open.back()->Send("GET /page HTTP/1.1\r\nHost: a\r\n\r\n");
      EXPECT_THAT(open.back()->Receive("hello"), HasSubstr("200"));
    }
    EXPECT_EQ(Ask("GET /page HTTP/1.0\r\n\r\n"), "");
  }
  const absl::Time until = absl::Now() + absl::Seconds(10);
  std::string answer;
  while (answer.empty() && absl::Now() < until) answer = Ask("GET /page HTTP/1.0\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr(" 200 "));
}

TEST_F(HttpServerTest, SaysWhyItCannotListen) {
  Start();
  ServerOptions options;
  options.address = absl::StrCat("127.0.0.1:", server_->port());
  EXPECT_EQ(base::ErrorReason(Server::Start(options, {}).status()), "PORT_IN_USE");
  for (const char* address : {"", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "a host:80"}) {
    options.address = address;
    EXPECT_EQ(Server::Start(options, {}).status().code(), absl::StatusCode::kInvalidArgument) << address;
  }
}

}  // namespace
}  // namespace kontor::http
