#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "libs/platform/fleet/opensearch_config.h"
#include "libs/platform/fleet/sealer.h"
#include "libs/platform/log/event_log.h"
#include "libs/platform/postgres/pool.h"
#include "libs/platform/redis/client.h"
#include "libs/platform/registry/registry.h"
#include "libs/platform/runtime/application.h"
#include "libs/platform/runtime/server.h"

namespace kontor::fleet {

// A shop that the fleet serves.
struct Shop {
  std::string id;
  absl::TimeZone time_zone;
  std::string language = "en";  // ISO 639-1, of the catalogue's texts
  std::string country;          // one of base::HolidayCountries(); empty: not known
};

// What every service is made of. References live until the application has stopped; what a service starts (consumers,
// followers, timers) it hands to application.Own, so that it stops before the parts below it.
struct Fleet {
  runtime::Application& application;
  runtime::Server& server;
  postgres::Pool& postgres;
  log::EventLog& log;
  redis::Client* redis;  // null when the fleet runs without
  registry::Registry& models;
  const base::Clock& clock;
  const Sealer& sealer;
  std::string subject_secret;
  std::vector<Shop> shops;
  std::string sentence_model_dir;              // of the sentence encoder; empty: none
  std::optional<OpenSearchConfig> opensearch;  // nothing: search answers from its own index
};

// Configuration → parts, the same for every process: reads FleetConfig from --config, opens PostgreSQL and the event
// log (waits up to 10 seconds for each), Redis and the registry, and makes the server.
absl::StatusOr<std::unique_ptr<Fleet>> Compose(runtime::Application& application);

}  // namespace kontor::fleet
