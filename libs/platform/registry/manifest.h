#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/platform/registry/registry.h"

namespace kontor::registry {

// True for names of models, stages and metrics: 1 to 64 of a-z, 0-9, '-', '_', '.', first a letter or digit.
bool IsName(absl::string_view name);

// The manifest of a version: lines of text, the last of which is a SHA-256 of those before it.
std::string FormatManifest(const ModelInfo& info);

// DATA_LOSS (MODEL_CORRUPT) for anything that FormatManifest did not write, one flipped bit included.
absl::StatusOr<ModelInfo> ParseManifest(absl::string_view text);

}  // namespace kontor::registry
