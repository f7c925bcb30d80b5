#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace kontor::runtime {

// Reads a configuration: JSON in the proto3 mapping, `//` comment lines allowed. An unknown key is refused with its
// name (reason CONFIG_UNKNOWN_KEY), so is a value of the wrong type (CONFIG_INVALID). A string "${NAME}" stands for the
// environment variable NAME, which must be set (CONFIG_MISSING_VARIABLE): secrets need not stand in the file.
absl::Status LoadConfigInto(const std::string& path, google::protobuf::Message& config);

template <class Config>
absl::StatusOr<Config> LoadConfig(const std::string& path) {
  Config config;
  absl::Status status = LoadConfigInto(path, config);
  if (!status.ok()) return status;
  return config;
}

// One line of JSON with all fields, also those at their default; secrets (see NamesSecret, and passwords within URLs
// and "password=" in connection strings) are replaced by "***".
std::string PrintableConfig(const google::protobuf::Message& config);

}  // namespace kontor::runtime
