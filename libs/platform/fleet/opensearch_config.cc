#include "libs/platform/fleet/opensearch_config.h"

#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace kontor::fleet {
namespace {

constexpr int kShardsMax = 1024, kReplicasMax = 32;

void ReadPassword(const std::string& path, OpenSearchConfig& read, base::Violations& violations) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  read.client.password = std::string(absl::StripAsciiWhitespace(text.str()));
  if (!file.is_open() || read.client.password.empty()) {
    violations.Add("opensearch.passwordFile", "MISSING",
                   absl::StrCat("\"", path, "\" must hold the password of opensearch.user"));
  }
}

}  // namespace

OpenSearchConfig ReadOpenSearch(const config::v1::OpenSearch& config, base::Violations& violations) {
  OpenSearchConfig read;
  read.client.url = config.url();
  read.client.user = config.user();
  read.client.ca_file = config.ca_file();
  if (!config.user().empty()) ReadPassword(config.password_file(), read, violations);
  const absl::Status usable = opensearch::Client::Create({config.url()}).status();
  if (!usable.ok()) violations.Add("opensearch.url", "URL_INVALID", usable.message());
  const absl::Status trusting = opensearch::Client::Create(read.client).status();
  if (usable.ok() && !trusting.ok()) violations.Add("opensearch.caFile", "MISSING", trusting.message());
  if (config.reading_share() != 0) read.reading_share = config.reading_share();
  if (!(read.reading_share > 0 && read.reading_share <= 1)) {
    violations.Add("opensearch.readingShare", "OUT_OF_RANGE", "give a share above 0, at most 1");
  }
  if (config.shards() != 0) read.shards = config.shards();
  if (read.shards < 1 || read.shards > kShardsMax) {
    violations.Add("opensearch.shards", "OUT_OF_RANGE", absl::StrCat("give 1 to ", kShardsMax));
  }
  read.replicas = config.replicas();
  if (read.replicas < 0 || read.replicas > kReplicasMax) {
    violations.Add("opensearch.replicas", "OUT_OF_RANGE", absl::StrCat("give 0 to ", kReplicasMax));
  }
  return read;
}

}  // namespace kontor::fleet
