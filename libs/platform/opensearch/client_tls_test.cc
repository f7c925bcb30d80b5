#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/platform/opensearch/client.h"
#include "libs/testing/certificate.h"
#include "libs/testing/status_matchers.h"
#include "libs/testing/temporary_folder.h"
#include "libs/testing/tls_front.h"

// HTTPS and a user's password, before a server of the test's own.
namespace kontor::opensearch {
namespace {

using kontor::testing::Certificate;
using kontor::testing::IsOkAndHolds;
using kontor::testing::MakeCertificate;
using kontor::testing::StatusIs;
using kontor::testing::TlsFront;
using ::testing::AllOf;

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPassword[] = "s3cret:w\xC3\xB6rd", kWrongPassword[] = "gue55ed";

class ClientTlsTest : public ::testing::Test {
 protected:
  ClientOptions Options() const {
    return {absl::StrCat("https://127.0.0.1:", front_.port()), "kontor", kPassword, certificate_.certificate_file};
  }
  // What one request over a client of its own comes to. No error tells a password.
  static absl::StatusOr<std::string> Ask(const ClientOptions& options) {
    const auto client = Client::Create(options);
    const auto answer =
        client.ok() ? (*client)->Send("GET", "/", "", absl::Now() + absl::Seconds(10)) : client.status();
    for (const char* password : {kPassword, kWrongPassword}) {
      EXPECT_THAT(
          answer.status().ToString(),
          AllOf(Not(HasSubstr(password)), Not(HasSubstr(absl::Base64Escape(absl::StrCat("kontor:", password))))));
    }
    return answer;
  }

  const kontor::testing::TemporaryFolder folder_{"kontor-tls"};
  const Certificate certificate_ = MakeCertificate(folder_.path(), "node");
  TlsFront front_{certificate_, "kontor", kPassword, [](const std::string& request) {
                    const bool closes = request.find("/last ") != std::string::npos;
                    return absl::StrCat("HTTP/1.1 200 OK\r\n", closes ? "Connection: close\r\n" : "",
                                        "Content-Length: 2\r\n\r\n{}");
                  }};
};

TEST_F(ClientTlsTest, WhoIsTrustedAndKnownIsAnsweredOverAConnectionThatIsKept) {
  const auto client = *Client::Create(Options());
  for (const char* path : {"/", "/a/_search", "/last", "/"}) {
    EXPECT_THAT(client->Send("POST", path, "{}", absl::Now() + absl::Seconds(10)), IsOkAndHolds("{}")) << path;
  }
  EXPECT_EQ(front_.handshakes(), 2) << "again only where the server has closed the connection";
  EXPECT_EQ(front_.refused(), 0) << "credentials come with the first request";
}

TEST_F(ClientTlsTest, ACertificateOfAnotherAuthorityIsRefusedBeforeAnythingIsSent) {
  ClientOptions other = Options();
  other.ca_file = MakeCertificate(folder_.path(), "other").certificate_file;
  const auto refused = Ask(other);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(refused.status().message(), AllOf(HasSubstr("certificate of https://127.0.0.1:"),
                                                HasSubstr("self-signed"), HasSubstr(other.ca_file)));
  other.ca_file.clear();
  const auto system = Ask(other);
  EXPECT_THAT(system, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(system.status().message(), HasSubstr("(trusted: the system's authorities)"));
  EXPECT_EQ(front_.handshakes(), 0);
}

TEST_F(ClientTlsTest, ACertificateOfAnotherHostIsRefused) {
  ClientOptions named = Options();
  named.url = absl::StrCat("https://localhost:", front_.port());
  const auto refused = Ask(named);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(refused.status().message(),
              AllOf(HasSubstr("certificate of https://localhost:"), HasSubstr("'localhost'")));
}

TEST_F(ClientTlsTest, WhoIsUnknownIsUnauthenticated) {
  ClientOptions guessing = Options();
  guessing.password = kWrongPassword;
  const auto refused = Ask(guessing);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_EQ(refused.status().message(), "OpenSearch answers 401: Unauthorized");
  guessing.user.clear();
  EXPECT_THAT(Ask(guessing), StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_EQ(front_.refused(), 2) << "each was asked once";
}

TEST_F(ClientTlsTest, TheOtherSchemeIsNamed) {
  ClientOptions plain = Options();
  plain.url = absl::StrCat("http://127.0.0.1:", front_.port());
  const auto refused = Ask(plain);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(refused.status().message(), HasSubstr("is it an https:// address?"));
  EXPECT_EQ(front_.handshakes(), 0);
}

TEST_F(ClientTlsTest, AHandshakeThatIsNotAnsweredIsNoConnection) {
  const int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  ASSERT_EQ(bind(silent, reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(listen(silent, 8), 0);
  getsockname(silent, reinterpret_cast<sockaddr*>(&address), &length);
  const auto client = *Client::Create({absl::StrCat("https://127.0.0.1:", ntohs(address.sin_port))});
  EXPECT_THAT(client->Send("GET", "/", "", absl::Now() + absl::Seconds(60)), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(client->Send("GET", "/", "", absl::Now() + absl::Milliseconds(50)),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  close(silent);
}

TEST_F(ClientTlsTest, WhatCannotBeRightIsRefusedAtOnce) {
  ClientOptions options = Options();
  options.ca_file = folder_.File("none.pem");
  EXPECT_THAT(Ask(options), StatusIs(absl::StatusCode::kInvalidArgument));
  std::ofstream(options.ca_file) << "no certificate";
  EXPECT_THAT(Ask(options), StatusIs(absl::StatusCode::kInvalidArgument));
  options.ca_file.clear();
  for (const char* scheme : {"https", "ftp"}) {
    options.url = absl::StrCat(scheme, "://kontor:", kPassword, "@127.0.0.1");
    EXPECT_THAT(Ask(options), StatusIs(absl::StatusCode::kInvalidArgument)) << scheme;
  }
}

}  // namespace
}  // namespace kontor::opensearch
