#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace kontor::base {

// A stable 64-bit hash (FNV-1a with MurmurHash3's finaliser): the same on every machine and version, for partitions
// and samples. Not against an adversary.
uint64_t StableHash(absl::string_view bytes);

// The partition of a log key: StableHash(key) mod partitions, on every engine. partitions > 0.
int PartitionOf(absl::string_view key, int partitions);

std::string Sha256(absl::string_view bytes);     // 32 raw bytes
std::string Sha256Hex(absl::string_view bytes);  // 64 lower-case hex digits
// HMAC-SHA-256, 32 raw bytes.
std::string HmacSha256(absl::string_view secret, absl::string_view bytes);

}  // namespace kontor::base
