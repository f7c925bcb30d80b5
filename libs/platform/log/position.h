#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kontor::log {

// A place on the log.
struct Position {
  std::string topic;
  int partition = 0;
  int64_t offset = 0;

  friend bool operator==(const Position& a, const Position& b) {
    return a.offset == b.offset && a.partition == b.partition && a.topic == b.topic;
  }
};

// "orders/3@1234"
std::string FormatPosition(const Position& position);
// INVALID_ARGUMENT unless it is what FormatPosition prints.
absl::StatusOr<Position> ParsePosition(absl::string_view text);

// 1 to 100 of a-z, 0-9, '.', '-' and '_'.
bool IsTopicName(absl::string_view name);

}  // namespace kontor::log
