#include "libs/platform/runtime/config.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kontor/config/v1/server_config.pb.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/server_options.h"

namespace kontor::runtime {
namespace {

using config::v1::ServerConfig;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class ConfigTest : public ::testing::Test {
 protected:
  absl::StatusOr<ServerConfig> LoadText(const std::string& text) {
    const std::string path = (std::filesystem::path(::testing::TempDir()) / absl::StrCat("config-", getpid())).string();
    std::ofstream(path) << text;
    auto config = LoadConfig<ServerConfig>(path);
    std::filesystem::remove(path);
    return config;
  }
};

TEST_F(ConfigTest, ReadsJsonWithComments) {
  const auto config = LoadText(
      "{\n  // where callers come in\n  \"publicAddress\": \"0.0.0.0:7000\",\n"
      "  \"queueLength\": 10, \"quotaBurst\": 2.5\n}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->public_address(), "0.0.0.0:7000");
  EXPECT_EQ(config->queue_length(), 10);
  EXPECT_EQ(config->quota_burst(), 2.5);
}

TEST_F(ConfigTest, NamesAnUnknownKey) {
  const absl::Status status = LoadText("{\"quueLength\": 10}").status();
  EXPECT_EQ(base::ErrorReason(status), "CONFIG_UNKNOWN_KEY");
  EXPECT_THAT(std::string(status.message()), HasSubstr("quueLength"));
}

TEST_F(ConfigTest, RefusesWrongTypesAndBrokenJson) {
  for (const char* text : {"{\"queueLength\": \"many\"}", "{\"queueLength\": 1", "", "{\"queueLength\": 1e99}"}) {
    EXPECT_EQ(base::ErrorReason(LoadText(text).status()), "CONFIG_INVALID") << text;
  }
  EXPECT_EQ(base::ErrorReason(LoadConfig<ServerConfig>("/nowhere.json").status()), "CONFIG_MISSING");
}

TEST_F(ConfigTest, TakesValuesFromTheEnvironment) {
  setenv("KONTOR_CONFIG_TEST", "keys.json", 1);
  EXPECT_EQ(LoadText("{\"keysFile\": \"${KONTOR_CONFIG_TEST}\"}")->keys_file(), "keys.json");
  unsetenv("KONTOR_CONFIG_TEST");
  const absl::Status status = LoadText("{\"keysFile\": \"${KONTOR_CONFIG_TEST}\"}").status();
  EXPECT_EQ(base::ErrorReason(status), "CONFIG_MISSING_VARIABLE");
  EXPECT_THAT(std::string(status.message()), HasSubstr("keysFile needs the environment variable KONTOR_CONFIG_TEST"));
}

TEST_F(ConfigTest, PrintsDefaultsAndHidesPasswords) {
  ServerConfig config;
  for (const char* connection : {"postgresql://kontor:hunter2@db:5432/shop", "host=db password=hunter2 user=kontor",
                                 "host=db password='hunter2 and more' user=kontor", "host=db PASSWORD=hunter2"}) {
    config.set_keys_file(connection);
    const std::string printed = PrintableConfig(config);
    EXPECT_THAT(printed, Not(HasSubstr("hunter2")));
    EXPECT_THAT(printed, Not(HasSubstr("and more")));
    EXPECT_THAT(printed, HasSubstr("db"));
    EXPECT_THAT(printed, HasSubstr("\"queueLength\":0"));
  }
}

TEST_F(ConfigTest, ServerOptionsKeepTheirDefaultsAndAreChecked) {
  ServerConfig config;
  config.set_keys_file("keys.json");
  config.set_queue_length(7);
  config.set_unary_deadline_ms(1500);
  const auto options = OptionsFromConfig(config);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->queue_length, 7);
  EXPECT_EQ(options->unary_deadline, absl::Milliseconds(1500));
  EXPECT_EQ(options->max_message_bytes, ServerOptions().max_message_bytes);
  config.set_keys_file("");
  config.set_queue_length(-1);
  config.set_tls_certificate_file("cert.pem");
  std::vector<std::string> fields;
  for (const base::Violation& violation : base::ErrorViolations(OptionsFromConfig(config).status())) {
    fields.push_back(violation.field);
  }
  EXPECT_THAT(fields, UnorderedElementsAre("server.keysFile", "server.queueLength", "server.tlsCertificateFile"));
}

}  // namespace
}  // namespace kontor::runtime
