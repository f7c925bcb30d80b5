#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/platform/opensearch/bulk.h"
#include "libs/platform/opensearch/client.h"
#include "libs/testing/certificate.h"
#include "libs/testing/private_opensearch.h"
#include "libs/testing/process.h"
#include "libs/testing/status_matchers.h"
#include "libs/testing/temporary_folder.h"
#include "libs/testing/tls_front.h"

namespace kontor::opensearch {
namespace {

using kontor::testing::IsOk;
using kontor::testing::PrivateOpenSearch;
using kontor::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::Time Soon() { return absl::Now() + absl::Seconds(20); }

std::unique_ptr<Client> Connect(int connections = 16) {
  ClientOptions options{PrivateOpenSearch::Shared().url() + "/"};
  options.max_connections = connections;
  auto client = Client::Create(options);
  EXPECT_TRUE(client.ok()) << client.status();
  return *std::move(client);
}

TEST(ClientTest, ANodeBehindTlsAndAPasswordIsTheSameNode) {
  const kontor::testing::TemporaryFolder folder("kontor-tls");
  const kontor::testing::Certificate certificate = kontor::testing::MakeCertificate(folder.path(), "node");
  const std::string url = PrivateOpenSearch::Shared().url();
  int port = 0;
  ASSERT_TRUE(absl::SimpleAtoi(url.substr(url.rfind(':') + 1), &port));
  const kontor::testing::TlsFront front(certificate, "kontor", "secret", kontor::testing::PassOn(port));
  ClientOptions options{absl::StrCat("https://127.0.0.1:", front.port()), "kontor", "secret",
                        certificate.certificate_file};
  const auto client = *Client::Create(options);
  EXPECT_THAT(client->Send("PUT", "/behind", R"({"aliases":{"behind-now":{}}})", Soon()), IsOk());
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto written, Bulk(*client, "behind-now", R"({"index":{"_id":"1"}}
{"title":"a drill"}
)",
                                                       Soon()));
  EXPECT_THAT(written, ElementsAre(IsOk()));
  EXPECT_THAT(client->Send("POST", "/behind/_refresh", "", Soon()), IsOk());
  KONTOR_ASSERT_OK_AND_ASSIGN(const std::string found,
                              Connect()->Send("POST", "/behind/_search", R"({"query":{"match_all":{}}})", Soon()));
  EXPECT_THAT(found, HasSubstr("a drill"));
  EXPECT_THAT(client->Send("POST", "/behind/_search", "{", Soon()), StatusIs(absl::StatusCode::kInvalidArgument));
  const auto secure = *Client::Create({absl::StrCat("https://127.0.0.1:", port)});
  const auto refused = secure->Send("GET", "/", "", Soon());
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(refused.status().message(), HasSubstr("is it an http:// address?"));
  options.password = "guessed";
  EXPECT_THAT((*Client::Create(options))->Send("DELETE", "/behind", "", Soon()),
              StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(client->Send("DELETE", "/behind", "", Soon()), IsOk());
}

TEST(ClientTest, RefusesWhatIsNoAddress) {
  for (const char* url : {"", "localhost:9200", "ftp://host", "http://", "https://"}) {
    EXPECT_THAT(Client::Create({url}), StatusIs(absl::StatusCode::kInvalidArgument)) << url;
  }
  ClientOptions none{"http://host"};
  none.max_connections = 0;
  EXPECT_THAT(Client::Create(none), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(ClientTest, MethodsAndErrorsAreThoseOfTheNode) {
  const auto client = Connect();
  EXPECT_THAT(client->Send("PUT", "/methods", R"({"mappings":{"dynamic":"strict","properties":{"n":{"type":"long"}}}})",
                           Soon()),
              IsOk());
  EXPECT_THAT(client->Send("PUT", "/methods/_doc/a%2Fb?refresh=true", R"({"n":7})", Soon()), IsOk());
  KONTOR_ASSERT_OK_AND_ASSIGN(const std::string found,
                              client->Send("GET", "/methods/_doc/" + EscapePath("a/b"), "", Soon()));
  EXPECT_THAT(found, HasSubstr(R"("_source":{"n":7})"));
  KONTOR_ASSERT_OK_AND_ASSIGN(const std::string counted,
                              client->Send("POST", "/methods/_count", R"({"query":{"term":{"n":7}}})", Soon()));
  EXPECT_THAT(counted, HasSubstr(R"("count":1)"));
  EXPECT_THAT(client->Send("POST", "/methods/_refresh", "", Soon()), IsOk());
  const auto missing = client->Send("GET", "/nowhere/_search", "", Soon());
  EXPECT_THAT(missing, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(std::string(missing.status().message()), HasSubstr("no such index [nowhere]"));
  EXPECT_THAT(client->Send("POST", "/methods/_search", R"({"query":{"nothing":{}}})", Soon()),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(client->Send("PUT", "/methods/_create/a%2Fb", R"({"n":8})", Soon()),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(client->Send("DELETE", "/methods", "", Soon()), IsOk());
  EXPECT_THAT(client->Send("GET", "/methods", "", Soon()), StatusIs(absl::StatusCode::kNotFound));
}

TEST(ClientTest, BulkSaysOfEachActionWhatBecameOfIt) {
  const auto client = Connect();
  ASSERT_THAT(client->Send("PUT", "/bulk-1",
                           R"({"aliases":{"bulk":{}},"mappings":{"properties":{"n":{"type":"long"}}}})", Soon()),
              IsOk());
  KONTOR_ASSERT_OK_AND_ASSIGN(const std::vector<absl::Status> statuses,
                              Bulk(*client, "bulk",
                                   "{\"index\":{\"_id\":\"1\"}}\n{\"n\":1}\n"
                                   "{\"index\":{\"_id\":\"2\"}}\n{\"n\":\"many\"}\n"
                                   "{\"update\":{\"_id\":\"3\"}}\n{\"doc\":{\"n\":1}}\n"
                                   "{\"create\":{\"_id\":\"1\"}}\n{\"n\":1}\n",
                                   Soon()));
  EXPECT_THAT(statuses, ElementsAre(IsOk(), StatusIs(absl::StatusCode::kInvalidArgument),
                                    StatusIs(absl::StatusCode::kNotFound), StatusIs(absl::StatusCode::kAborted)));
  EXPECT_THAT(std::string(statuses[1].message()), HasSubstr("many"));
  // What is no alias is not made.
  const std::string one = "{\"index\":{\"_id\":\"1\"}}\n{\"n\":1}\n";
  KONTOR_ASSERT_OK_AND_ASSIGN(const std::vector<absl::Status> refused, Bulk(*client, "unknown", one, Soon()));
  EXPECT_THAT(refused, ElementsAre(StatusIs(absl::StatusCode::kNotFound)));
  EXPECT_THAT(client->Send("GET", "/unknown", "", Soon()), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Bulk(*client, "bulk", "no json\n", Soon()), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(ClientTest, ManyCallersShareFewConnections) {
  const auto client = Connect(2);
  std::vector<std::thread> callers;
  std::atomic<int> answered{0};
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      for (int call = 0; call < 20; ++call) answered += client->Send("GET", "/", "", Soon()).ok() ? 1 : 0;
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(answered, 160);
}

TEST(ClientTest, NobodyThereIsUnavailableAtOnceAndSilenceEndsAtTheDeadline) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto nobody,
                              Client::Create({absl::StrCat("http://127.0.0.1:", kontor::testing::FreePort())}));
  EXPECT_THAT(nobody->Send("GET", "/", "", Soon()), StatusIs(absl::StatusCode::kUnavailable));
  const auto client = Connect(1);
  EXPECT_THAT(client->Send("GET", "/", "", absl::Now() - absl::Seconds(1)),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  PrivateOpenSearch::Shared().Freeze();
  const absl::Time begin = absl::Now();
  std::thread other([&] {
    EXPECT_THAT(client->Send("GET", "/", "", begin + absl::Milliseconds(300)),
                StatusIs(absl::StatusCode::kDeadlineExceeded));
  });
  EXPECT_THAT(client->Send("GET", "/", "", begin + absl::Milliseconds(300)),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  other.join();
  EXPECT_LT(absl::Now() - begin, absl::Seconds(2));
  PrivateOpenSearch::Shared().Thaw();
  EXPECT_THAT(client->Send("GET", "/", "", Soon()), IsOk());
}

}  // namespace
}  // namespace kontor::opensearch
