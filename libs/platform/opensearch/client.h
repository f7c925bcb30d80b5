#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/base/mutex.h"

namespace kontor::opensearch {

struct ClientOptions {
  std::string url;             // "http://host:9200" or "https://…", of a node or of what stands before several
  std::string user, password;  // HTTP basic; empty: none
  std::string ca_file;         // PEM, whom alone to trust for https; empty: the system's
  int max_connections = 16;    // calls at a time; further ones wait within their deadline
};

// HTTP/1.1 to OpenSearch, over connections that are kept. Thread-safe.
class Client {
 public:
  // Does not connect. INVALID_ARGUMENT: a URL that is neither http nor https, or holds a user; a ca_file without
  // certificates; no connections.
  static absl::StatusOr<std::unique_ptr<Client>> Create(const ClientOptions& options);
  ~Client();

  // Sends one request; `path` starts with '/' and is written as it goes over the wire; `body` is JSON, or NDJSON for
  // paths that end with _bulk or _msearch (before '?'), empty for none. The body of a 2xx answer, at most 256 MiB.
  //   UNAVAILABLE         no connection within two seconds, or it broke; a certificate that is not trusted, or of
  //                       another host; the node answers 429, 502, 503, 504
  //   DEADLINE_EXCEEDED   the deadline has passed, also while waiting for a connection
  //   NOT_FOUND 404, INVALID_ARGUMENT 400, ABORTED 409, UNAUTHENTICATED 401, PERMISSION_DENIED 403, else INTERNAL
  // The message has the node's own reason, at most 500 bytes of it, and never the password. Nothing is sent a second
  // time: a request that ended with UNAVAILABLE or DEADLINE_EXCEEDED may have taken effect.
  absl::StatusOr<std::string> Send(absl::string_view method, absl::string_view path, absl::string_view body,
                                   absl::Time deadline) const;

 private:
  class Handle;
  explicit Client(ClientOptions options);
  absl::StatusOr<std::unique_ptr<Handle>> Take(absl::Time deadline) const;
  void GiveBack(std::unique_ptr<Handle> handle) const;

  const ClientOptions options_;
  mutable base::Mutex mutex_;
  mutable base::CondVar returned_;
  mutable std::vector<std::unique_ptr<Handle>> idle_ ABSL_GUARDED_BY(mutex_);
  mutable int taken_ ABSL_GUARDED_BY(mutex_) = 0;
};

// A part of a path: all bytes but letters, digits, '-', '_', '.' and '~' as %XX.
std::string EscapePath(absl::string_view part);

}  // namespace kontor::opensearch
