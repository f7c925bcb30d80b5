#include "libs/platform/fleet/opensearch_config.h"

#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/temporary_folder.h"

namespace kontor::fleet {
namespace {

TEST(OpenSearchConfigTest, WhatIsNotGivenHasItsDefault) {
  config::v1::OpenSearch config;
  config.set_url("http://search:9200");
  base::Violations violations;
  const OpenSearchConfig read = ReadOpenSearch(config, violations);
  EXPECT_TRUE(violations.empty());
  EXPECT_EQ(read.client.url, "http://search:9200");
  EXPECT_EQ(read.client.user, "");
  EXPECT_EQ(read.reading_share, 1);
  EXPECT_EQ(read.shards, 1);
  EXPECT_EQ(read.replicas, 0);
}

TEST(OpenSearchConfigTest, ThePasswordStandsInAFile) {
  const kontor::testing::TemporaryFolder folder("kontor-config");
  std::ofstream(folder.File("password")) << "secret\n";
  config::v1::OpenSearch config;
  config.set_url("https://search:9200");
  config.set_user("kontor");
  config.set_password_file(folder.File("password"));
  config.set_reading_share(.25);
  config.set_shards(12);
  config.set_replicas(2);
  base::Violations violations;
  const OpenSearchConfig read = ReadOpenSearch(config, violations);
  EXPECT_TRUE(violations.empty());
  EXPECT_EQ(read.client.user, "kontor");
  EXPECT_EQ(read.client.password, "secret");
  EXPECT_EQ(read.reading_share, .25);
  EXPECT_EQ(read.shards, 12);
  EXPECT_EQ(read.replicas, 2);
}

TEST(OpenSearchConfigTest, AuthoritiesThatAreNotThereAreSaidAtOnce) {
  config::v1::OpenSearch config;
  config.set_url("https://search:9200");
  config.set_ca_file("/nowhere.pem");
  base::Violations violations;
  ReadOpenSearch(config, violations);
  ASSERT_EQ(violations.list().size(), 1u);
  EXPECT_EQ(violations.list()[0].field, "opensearch.caFile");
  EXPECT_THAT(violations.list()[0].description, ::testing::HasSubstr("/nowhere.pem"));
}

TEST(OpenSearchConfigTest, AllThatIsWrongIsSaidAtOnce) {
  config::v1::OpenSearch config;
  config.set_url("search:9200");
  config.set_user("kontor");
  config.set_password_file("/nowhere");
  config.set_reading_share(1.5);
  config.set_shards(-1);
  config.set_replicas(-1);
  base::Violations violations;
  ReadOpenSearch(config, violations);
  std::vector<std::string> fields;
  for (const base::Violation& violation : violations.list()) fields.push_back(violation.field);
  EXPECT_THAT(fields,
              ::testing::UnorderedElementsAre("opensearch.passwordFile", "opensearch.url", "opensearch.readingShare",
                                              "opensearch.shards", "opensearch.replicas"));
}

}  // namespace
}  // namespace kontor::fleet
