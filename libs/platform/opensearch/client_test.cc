#include "libs/platform/opensearch/client.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/platform/opensearch/bulk.h"
#include "libs/platform/opensearch/error.h"
#include "libs/testing/status_matchers.h"

namespace kontor::opensearch {
namespace {

using kontor::testing::IsOkAndHolds;
using kontor::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::SizeIs;

absl::Time Soon() { return absl::Now() + absl::Seconds(10); }

// Takes connections one after the other on a free port, and answers each request on them with what is given, in turn;
// an empty answer closes the connection. Ends after the last one.
class CannedNode {
 public:
  explicit CannedNode(std::vector<std::string> answers) : answers_(std::move(answers)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~CannedNode() { Join(); }

  std::string url() const { return absl::StrCat("http://127.0.0.1:", port_); }
  // What came, once all answers are given.
  const std::vector<std::string>& Requests() {
    Join();
    return requests_;
  }
  int connections() const { return connections_; }

 private:
  void Join() {
    if (thread_.joinable()) thread_.join();
    if (listener_ >= 0) close(std::exchange(listener_, -1));
  }
  void Serve() {
    while (requests_.size() < answers_.size()) {
      const int fd = accept(listener_, nullptr, nullptr);
      ++connections_;
      while (requests_.size() < answers_.size()) {
        std::string request;
        char buffer[4096];
        for (ssize_t got = 0;
             !absl::StrContains(request, "\r\n\r\n") && (got = recv(fd, buffer, sizeof(buffer), 0)) > 0;) {
          request.append(buffer, static_cast<size_t>(got));
        }
        if (request.empty()) break;
        requests_.push_back(request);
        const std::string& answer = answers_[requests_.size() - 1];
        if (answer.empty()) break;
        send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
      }
      close(fd);
    }
  }

  const std::vector<std::string> answers_;
  int listener_ = -1, port_ = 0, connections_ = 0;
  std::vector<std::string> requests_;
  std::thread thread_;
};

std::string Answer(int status, const std::string& body) {
  return absl::StrCat("HTTP/1.1 ", status, " X\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
}

std::unique_ptr<Client> Connect(ClientOptions options) { return *Client::Create(options); }

TEST(ClientTest, SaysWhoAsksAndWhatOverAConnectionThatIsKept) {
  CannedNode node({Answer(200, "one"), Answer(200, R"({"items":[]})"), Answer(204, "")});
  const auto client = Connect({node.url(), "kontor", "p:w"});
  EXPECT_THAT(client->Send("POST", "/i/_search", "{}", Soon()), IsOkAndHolds("one"));
  EXPECT_THAT(Bulk(*client, "a b", "{}\n", Soon()), IsOkAndHolds(SizeIs(0)));
  EXPECT_THAT(client->Send("DELETE", "/i", "", Soon()), IsOkAndHolds(""));
  const std::vector<std::string>& requests = node.Requests();
  ASSERT_EQ(requests.size(), 3);
  EXPECT_THAT(requests[0], HasSubstr("POST /i/_search HTTP/1.1\r\n"));
  EXPECT_THAT(requests[0], HasSubstr("Authorization: Basic a29udG9yOnA6dw==\r\n"));
  EXPECT_THAT(requests[0], HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(requests[1], HasSubstr("POST /a%20b/_bulk?"));
  EXPECT_THAT(requests[1], HasSubstr("Content-Type: application/x-ndjson\r\n"));
  EXPECT_THAT(requests[2], HasSubstr("DELETE /i HTTP/1.1\r\n"));
  EXPECT_EQ(node.connections(), 1);
}

TEST(ClientTest, WhatBreaksIsUnavailableAndTheNextCallConnectsAgain) {
  CannedNode node({"", Answer(503, ""), Answer(200, "well")});
  const auto client = Connect({node.url()});
  EXPECT_THAT(client->Send("GET", "/", "", Soon()), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(client->Send("GET", "/", "", Soon()), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(client->Send("GET", "/", "", Soon()), IsOkAndHolds("well"));
}

TEST(ClientTest, AnswersThatAreNoneAreErrors) {
  CannedNode node({Answer(200, "no json"), Answer(200, "[]"), Answer(200, R"({"items":[{"index":7}]})"),
                   Answer(200, R"({"items":[{"index":{"status":"x"}}]})")});
  const auto client = Connect({node.url()});
  for (int i = 0; i < 4; ++i) EXPECT_THAT(Bulk(*client, "a", "{}\n", Soon()), StatusIs(absl::StatusCode::kInternal));
}

TEST(StatusOfAnswerTest, HasTheCodeAndTheReasonsDownToTheCause) {
  const std::pair<long, absl::StatusCode> codes[] = {
      {400, absl::StatusCode::kInvalidArgument},  {401, absl::StatusCode::kUnauthenticated},
      {403, absl::StatusCode::kPermissionDenied}, {404, absl::StatusCode::kNotFound},
      {409, absl::StatusCode::kAborted},          {429, absl::StatusCode::kUnavailable},
      {500, absl::StatusCode::kInternal},         {502, absl::StatusCode::kUnavailable},
      {503, absl::StatusCode::kUnavailable},      {504, absl::StatusCode::kUnavailable},
      {302, absl::StatusCode::kInternal}};
  for (const auto& [http, code] : codes) EXPECT_EQ(StatusOfAnswer(http, "").code(), code) << http;
  EXPECT_EQ(StatusOfAnswer(400, R"({"error":{"reason":"a","caused_by":{"reason":"b","caused_by":{"reason":"c"}}}})")
                .message(),
            "OpenSearch answers 400: a: b: c");
  EXPECT_EQ(StatusOfAnswer(400, R"({"error":{"reason":"all failed","root_cause":[{"reason":"this"}]}})").message(),
            "OpenSearch answers 400: all failed: this");
  EXPECT_EQ(StatusOfAnswer(404, R"({"error":"no script"})").message(), "OpenSearch answers 404: no script");
  for (const char* body :
       {"{}", "[1]", R"({"error":7})", R"({"error":{"reason":7,"root_cause":[3],"caused_by":[]}})", "plain"}) {
    EXPECT_EQ(StatusOfAnswer(500, body).message(), absl::StrCat("OpenSearch answers 500: ", body));
  }
  EXPECT_EQ(StatusOfAnswer(500, std::string(10'000, 'x')).message().size(),
            500 + std::string("OpenSearch answers 500: ").size());
}

TEST(EscapePathTest, LeavesOnlyWhatAPathMayHold) { EXPECT_EQ(EscapePath("a/b?c d~é"), "a%2Fb%3Fc%20d~%C3%A9"); }

}  // namespace
}  // namespace kontor::opensearch
