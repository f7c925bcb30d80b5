#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

struct redisContext;

namespace kontor::redis {

// Where a Redis listens.
struct Endpoint {
  std::string path;  // of a socket; empty for TCP
  std::string host;
  int port = 0;
};

absl::StatusOr<Endpoint> ParseUrl(absl::string_view url);

// One answer of Redis.
struct Reply {
  enum class Kind { kNil, kText, kInteger, kError, kArray };
  Kind kind = Kind::kNil;
  std::string text;  // of kText and kError
  std::vector<Reply> elements;
};

// One connection. Every call ends at its deadline (monotonic); after a failure the connection is of no more use.
// Not thread-safe.
class Connection {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  static absl::StatusOr<std::unique_ptr<Connection>> Open(const Endpoint& endpoint, TimePoint deadline);
  ~Connection();

  // Sends all commands at once and reads as many replies. Arguments are arbitrary bytes.
  absl::StatusOr<std::vector<Reply>> Run(absl::Span<const std::vector<absl::string_view>> commands, TimePoint deadline);

 private:
  explicit Connection(redisContext* context) : context_(context) {}
  absl::Status Send(TimePoint deadline);
  absl::StatusOr<Reply> Receive(TimePoint deadline);

  redisContext* context_;
};

}  // namespace kontor::redis
