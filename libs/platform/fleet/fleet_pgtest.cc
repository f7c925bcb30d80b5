#include <chrono>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/fleet.h"
#include "libs/platform/runtime/client.h"
#include "libs/testing/certificate.h"
#include "libs/testing/private_postgres.h"
#include "libs/testing/status_matchers.h"
#include "libs/testing/temporary_folder.h"

// From a configuration file to a server that listens.
namespace kontor::fleet {
namespace {

using kontor::testing::Certificate;
using kontor::testing::IsOk;
using kontor::testing::MakeCertificate;

class FleetTest : public ::testing::Test {
 protected:
  FleetTest() {
    std::ofstream(folder_.File("keys.json")) << R"({"keys": []})";
    std::ofstream(folder_.File("secret")) << std::string(32, 's');
  }

  // With this content of the section `server` and these shops.
  absl::Status Start(const std::string& server, const std::string& shops = R"({"id": "default"})") {
    const std::string path = folder_.File("config.json");
    std::ofstream(path) << absl::StrCat(R"({"server": {)", server, R"(}, "postgres": ")",
                                        kontor::testing::PrivatePostgres::Shared().CreateDatabase(),
                                        R"(", "modelDir": ")", folder_.File("models"), R"(", "subjectSecretFile": ")",
                                        folder_.File("secret"), R"(", "shops": [)", shops, "]}");
    const char* words[] = {"test", "--config", path.c_str()};
    application_ = std::make_unique<runtime::Application>(3, words);
    ASSIGN_OR_RETURN(fleet_, Compose(*application_));
    return fleet_->server.Start();
  }
  std::string Key(const char* name, const std::string& path) { return absl::StrCat("\"", name, "\": \"", path, "\""); }
  bool Connects(const std::string& ca_file) {
    return runtime::NewChannel({absl::StrCat("127.0.0.1:", fleet_->server.port()), ca_file})
        ->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(ca_file.empty() ? 1 : 20));
  }

  const kontor::testing::TemporaryFolder folder_{"kontor-fleet"};
  std::unique_ptr<runtime::Application> application_;
  std::unique_ptr<Fleet> fleet_;
};

TEST_F(FleetTest, SpeaksTlsWithTheFilesOfItsConfiguration) {
  const Certificate files = MakeCertificate(folder_.path(), "server");
  ASSERT_THAT(Start(absl::StrCat(Key("keysFile", folder_.File("keys.json")), ", ",
                                 Key("tlsCertificateFile", files.certificate_file), ", ",
                                 Key("tlsPrivateKeyFile", files.private_key_file))),
              IsOk());
  EXPECT_TRUE(Connects(files.certificate_file));
  EXPECT_FALSE(Connects(""));
}

TEST_F(FleetTest, NamesTheKeysOfTheFileThatAreWrong) {
  std::vector<std::string> fields;
  for (const base::Violation& violation : base::ErrorViolations(Start(R"("workerThreads": -1)"))) {
    fields.push_back(violation.field);
  }
  EXPECT_THAT(fields, ::testing::UnorderedElementsAre("server.keysFile", "server.workerThreads"));
}

TEST_F(FleetTest, ACountryIsOneWhoseHolidaysAreKnown) {
  const std::string keys = Key("keysFile", folder_.File("keys.json"));
  const absl::Status status =
      Start(keys, R"({"id": "one", "country": "Germany", "timeZone": "Mars/Olympus"}, {"id": "two", "country": "FR"})");
  std::vector<std::string> fields;
  for (const base::Violation& violation : base::ErrorViolations(status)) {
    fields.push_back(violation.field);
    if (violation.field != "shops[0].country") continue;
    EXPECT_EQ(violation.reason, "COUNTRY_UNKNOWN");
    EXPECT_THAT(violation.description, ::testing::HasSubstr("DE-BY"));
  }
  EXPECT_THAT(fields, ::testing::UnorderedElementsAre("shops[0].timeZone", "shops[0].country"));
  ASSERT_THAT(Start(keys, R"({"id": "one", "country": "DE-BY"}, {"id": "two"})"), IsOk());
  ASSERT_EQ(fleet_->shops.size(), 2u);
  EXPECT_EQ(fleet_->shops[0].country, "DE-BY");
  EXPECT_EQ(fleet_->shops[1].country, "");
}

}  // namespace
}  // namespace kontor::fleet
