#include "libs/platform/fleet/fleet.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "kontor/config/v1/fleet_config.pb.h"
#include "libs/base/holidays.h"
#include "libs/base/resource_name.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/topics.h"
#include "libs/platform/log/kafka_event_log.h"
#include "libs/platform/log/postgres_event_log.h"
#include "libs/platform/runtime/log.h"

namespace kontor::fleet {
namespace {

using kontor::config::v1::FleetConfig;

constexpr size_t kMinSecretBytes = 32;
constexpr int kDefaultPartitions = 4;
constexpr absl::Duration kPatience = absl::Seconds(10);

absl::StatusOr<std::string> ReadSecret(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  std::string secret(absl::StripAsciiWhitespace(text.str()));
  if (!file.is_open() || secret.size() < kMinSecretBytes) {
    return base::Error(absl::StatusCode::kFailedPrecondition, "SECRET_MISSING",
                       absl::StrCat("subjectSecretFile \"", path,
                                    "\" must hold at least 32 bytes; create it once, e.g. "
                                    "openssl rand -hex 32, and never change it"));
  }
  return secret;
}

std::vector<Shop> ReadShops(const FleetConfig& config, base::Violations& violations) {
  const std::vector<std::string> countries = base::HolidayCountries();
  std::vector<Shop> shops;
  for (int i = 0; i < config.shops_size(); ++i) {
    const auto& shop = config.shops(i);
    const std::string at = absl::StrCat("shops[", i, "].");
    if (!base::IsShopId(shop.id())) {
      violations.Add(at + "id", "ID_INVALID", "use 1 to 63 of a-z, 0-9 and '-', first a letter");
    }
    absl::TimeZone zone = absl::UTCTimeZone();
    if (!shop.time_zone().empty() && !absl::LoadTimeZone(shop.time_zone(), &zone)) {
      violations.Add(at + "timeZone", "TIME_ZONE_UNKNOWN", "give an IANA name such as Europe/London");
    }
    if (!shop.country().empty() && std::count(countries.begin(), countries.end(), shop.country()) == 0) {
      violations.Add(
          at + "country", "COUNTRY_UNKNOWN",
          absl::StrCat("holidays are known of ", absl::StrJoin(countries, ", "), "; leave it empty for none"));
    }
    shops.push_back({shop.id(), zone, shop.language().empty() ? "en" : shop.language(), shop.country()});
  }
  if (shops.empty()) violations.Add("shops", "MISSING", "name at least one shop");
  return shops;
}

absl::StatusOr<runtime::ServerOptions> ReadServer(const FleetConfig& config, base::Violations& violations) {
  absl::StatusOr<runtime::ServerOptions> options = runtime::OptionsFromConfig(config.server());
  for (const base::Violation& wrong : base::ErrorViolations(options.status())) {
    violations.Add(wrong.field, wrong.reason, wrong.description);
  }
  return options;
}

// Asks again for a while: machines start in any order.
absl::Status WaitFor(absl::FunctionRef<absl::Status()> ask, absl::string_view advice) {
  const absl::Time give_up = absl::Now() + kPatience;
  for (;;) {
    const absl::Status status = ask();
    if (status.ok() || !postgres::IsTransient(status)) return status;
    if (absl::Now() > give_up) return base::Annotate(status, advice);
    absl::SleepFor(absl::Milliseconds(200));
  }
}

absl::StatusOr<redis::Client*> OpenRedis(runtime::Application& application, const std::string& url) {
  if (url.empty()) return nullptr;
  redis::RedisOptions options;
  options.url = url;
  ASSIGN_OR_RETURN(std::unique_ptr<redis::Client> client, redis::Client::Create(std::move(options)));
  return &application.Own(std::move(client));
}

absl::StatusOr<std::unique_ptr<log::EventLog>> OpenLog(const FleetConfig& config, postgres::Pool& pool,
                                                       const base::Clock& clock) {
  if (config.kafka().empty()) return log::OpenPostgresEventLog(pool, clock);
  log::KafkaEventLogOptions options;
  options.bootstrap_servers = config.kafka();
  if (config.kafka_replication() > 0) options.replication_factor = config.kafka_replication();
  return log::OpenKafkaEventLog(clock, std::move(options));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Fleet>> Compose(runtime::Application& application) {
  ASSIGN_OR_RETURN(const FleetConfig config, application.Load<FleetConfig>());
  base::Violations violations;
  std::vector<Shop> shops = ReadShops(config, violations);
  const absl::StatusOr<runtime::ServerOptions> server_options = ReadServer(config, violations);
  if (config.postgres().empty()) violations.Add("postgres", "MISSING", "give a libpq connection string");
  if (config.model_dir().empty()) violations.Add("modelDir", "MISSING", "name a folder");
  std::optional<OpenSearchConfig> opensearch;
  if (config.has_opensearch()) opensearch = ReadOpenSearch(config.opensearch(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  RETURN_IF_ERROR(server_options.status());
  ASSIGN_OR_RETURN(std::string secret, ReadSecret(config.subject_secret_file()));
  if (config.log().format() == "console") runtime::SetLogFormat(runtime::LogFormat::kConsole);
  const base::Clock& clock = base::SystemClock();

  postgres::PostgresOptions postgres_options;
  postgres_options.dsn = config.postgres();
  postgres_options.pool_size = 24;
  ASSIGN_OR_RETURN(std::unique_ptr<postgres::Pool> owned_pool, postgres::Pool::Create(postgres_options));
  postgres::Pool& pool = application.Own(std::move(owned_pool));
  RETURN_IF_ERROR(WaitFor([&] { return pool.Exec("SELECT 1").status(); },
                          "PostgreSQL did not answer for 10 seconds; check `postgres` in the configuration"));

  ASSIGN_OR_RETURN(std::unique_ptr<log::EventLog> owned_log, OpenLog(config, pool, clock));
  log::EventLog& log = application.Own(std::move(owned_log));
  const int partitions = config.topic_partitions() > 0 ? config.topic_partitions() : kDefaultPartitions;
  RETURN_IF_ERROR(WaitFor([&] { return log.CreateTopics(AllTopics(partitions)); },
                          "the event log did not answer for 10 seconds; check `kafka` in the configuration"));

  ASSIGN_OR_RETURN(redis::Client * redis, OpenRedis(application, config.redis()));
  ASSIGN_OR_RETURN(registry::Registry opened, registry::Registry::Open({config.model_dir()}, clock));
  registry::Registry& models = application.Own(std::make_unique<registry::Registry>(std::move(opened)));
  const Sealer& sealer = application.Own(std::make_unique<PlainSealer>());
  runtime::Server& server = application.MakeServer(*server_options);
  return std::make_unique<Fleet>(Fleet{application, server, pool, log, redis, models, clock, sealer, std::move(secret),
                                       std::move(shops), config.sentence_model_dir(), std::move(opensearch)});
}

}  // namespace kontor::fleet
