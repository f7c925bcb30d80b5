#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace kontor::redis {

struct RedisOptions {
  std::string
      url;  // "unix:///run/kontor/redis.sock" or "tcp://127.0.0.1:6379" (an address, so that no name is resolved)
  int pool_size = 4;
  absl::Duration call_timeout = absl::Milliseconds(10);   // everything: waiting for a connection, connecting, the reply
  int breaker_failures = 5;                               // in a row
  absl::Duration breaker_open = absl::Milliseconds(250);  // then one call tries again
};

struct RedisStats {
  int64_t calls = 0, failures = 0, timeouts = 0, refused_by_breaker = 0, breaker_opened = 0;
  int64_t hits = 0, misses = 0;
  bool breaker_is_open = false;
};

struct SetCommand {
  std::string key;
  std::string value;
  absl::Duration ttl;  // rounded up to milliseconds, at least 1 ms
};

// A cache that may be away at any time: a call returns within call_timeout, whatever Redis does, and after a few
// failures the circuit breaker refuses at once until a trial succeeds. Every failure is UNAVAILABLE: the caller goes
// on without. Keys and values are arbitrary bytes. Thread-safe; connects at the first call.
class Client {
 public:
  // INVALID_ARGUMENT for a URL that is none of the two forms.
  static absl::StatusOr<std::unique_ptr<Client>> Create(RedisOptions options);
  virtual ~Client() = default;

  virtual absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) = 0;
  // In the order of the keys; one round trip.
  virtual absl::StatusOr<std::vector<std::optional<std::string>>> MGet(absl::Span<const std::string> keys) = 0;
  virtual absl::Status SetEx(absl::string_view key, absl::string_view value, absl::Duration ttl) = 0;
  // Pipelined: one round trip. RESOURCE_EXHAUSTED (REDIS_FULL) when Redis has no memory left for one of them.
  virtual absl::Status SetAll(absl::Span<const SetCommand> commands) = 0;
  virtual absl::Status Del(absl::Span<const std::string> keys) = 0;
  virtual absl::Status Ping() = 0;

  virtual RedisStats Stats() const = 0;
};

}  // namespace kontor::redis
