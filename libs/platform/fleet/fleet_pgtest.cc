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

  // With this content of the section `server`.
  absl::Status Start(const std::string& server) {
    const std::string path = folder_.File("config.json");
    std::ofstream(path) << absl::StrCat(R"({"server": {)", server, R"(}, "postgres": ")",
                                        kontor::testing::PrivatePostgres::Shared().CreateDatabase(),
                                        R"(", "modelDir": ")", folder_.File("models"), R"(", "subjectSecretFile": ")",
                                        folder_.File("secret"), R"(", "shops": [{"id": "default"}]})");
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

}  // namespace
}  // namespace kontor::fleet
