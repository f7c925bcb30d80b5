#include "gtest/gtest.h"
#include "kontor/config/v1/fleet_config.pb.h"
#include "libs/platform/runtime/config.h"
#include "libs/platform/runtime/server_options.h"
#include "libs/testing/status_matchers.h"

namespace kontor::fleet {
namespace {

TEST(ShippedConfigTest, OfTheContainersIsWhole) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const config::v1::FleetConfig config,
                              runtime::LoadConfig<config::v1::FleetConfig>("deploy/compose/kontor.json"));
  KONTOR_ASSERT_OK_AND_ASSIGN(const runtime::ServerOptions options, runtime::OptionsFromConfig(config.server()));
  EXPECT_EQ(options.public_address, "0.0.0.0:7700");
  EXPECT_NE(config.postgres(), "");
  EXPECT_NE(config.model_dir(), "");
  EXPECT_NE(config.subject_secret_file(), "");
  EXPECT_EQ(config.shops_size(), 1);
}

}  // namespace
}  // namespace kontor::fleet
