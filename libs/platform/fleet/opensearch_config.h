#pragma once

#include "kontor/config/v1/fleet_config.pb.h"
#include "libs/base/status.h"
#include "libs/platform/opensearch/client.h"

namespace kontor::fleet {

// As FleetConfig.opensearch says, with its defaults.
struct OpenSearchConfig {
  opensearch::ClientOptions client;
  double reading_share = 1;
  int shards = 1, replicas = 0;
};

// Reads the password file. Adds what is wrong under "opensearch.".
OpenSearchConfig ReadOpenSearch(const config::v1::OpenSearch& config, base::Violations& violations);

}  // namespace kontor::fleet
