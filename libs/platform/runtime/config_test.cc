#include "libs/platform/runtime/config.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/server_config.pb.h"
#include "libs/platform/runtime/server_options.h"

namespace kontor::runtime {
namespace {

using testing::HasSubstr;
using testing::Not;

class ConfigTest : public testing::Test {
 protected:
  absl::StatusOr<ServerConfig> LoadText(const std::string& text) {
    const std::string path = (std::filesystem::path(testing::TempDir()) / absl::StrCat("config-", getpid())).string();
    std::ofstream(path) << text;
    auto config = LoadConfig<ServerConfig>(path);
    std::filesystem::remove(path);
    return config;
  }
};

TEST_F(ConfigTest, ReadsJsonWithComments) {
  const auto config = LoadText(
      "{\n  // where callers come in\n  \"public_address\": \"0.0.0.0:7000\",\n"
      "  \"queue_length\": 10, \"quota_burst\": 2.5\n}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->public_address(), "0.0.0.0:7000");
  EXPECT_EQ(config->queue_length(), 10);
  EXPECT_EQ(config->quota_burst(), 2.5);
}

TEST_F(ConfigTest, NamesAnUnknownKey) {
  const absl::Status status = LoadText("{\"quue_length\": 10}").status();
  EXPECT_EQ(base::ErrorReason(status), "CONFIG_UNKNOWN_KEY");
  EXPECT_THAT(std::string(status.message()), HasSubstr("quue_length"));
}

TEST_F(ConfigTest, RefusesWrongTypesAndBrokenJson) {
  for (const char* text : {"{\"queue_length\": \"many\"}", "{\"queue_length\": 1", "", "{\"queue_length\": 1e99}"}) {
    EXPECT_EQ(base::ErrorReason(LoadText(text).status()), "CONFIG_INVALID") << text;
  }
  EXPECT_EQ(base::ErrorReason(LoadConfig<ServerConfig>("/nowhere.json").status()), "CONFIG_MISSING");
}

TEST_F(ConfigTest, TakesValuesFromTheEnvironment) {
  setenv("KONTOR_CONFIG_TEST", "keys.json", 1);
  EXPECT_EQ(LoadText("{\"keys_file\": \"${KONTOR_CONFIG_TEST}\"}")->keys_file(), "keys.json");
  unsetenv("KONTOR_CONFIG_TEST");
  const absl::Status status = LoadText("{\"keys_file\": \"${KONTOR_CONFIG_TEST}\"}").status();
  EXPECT_EQ(base::ErrorReason(status), "CONFIG_MISSING_VARIABLE");
  EXPECT_THAT(std::string(status.message()), HasSubstr("keys_file needs the environment variable KONTOR_CONFIG_TEST"));
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
    EXPECT_THAT(printed, HasSubstr("\"queue_length\":0"));
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
  EXPECT_EQ(base::ErrorViolations(OptionsFromConfig(config).status()).size(), 3u);
}

}  // namespace
}  // namespace kontor::runtime
