#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace kontor::http {

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

struct ServerOptions {
  std::string address = "127.0.0.1:0";  // "host:port", the host a literal address; port 0 takes a free one
  absl::Duration request_timeout = absl::Seconds(5);  // for a whole request to arrive, and for the answer to be taken
  absl::Duration idle_timeout = absl::Seconds(30);    // between requests of one connection
  int max_header_bytes = 8 << 10;
  int max_connections = 64;  // more are closed at once
};

// A small HTTP/1.1 server for probes and metrics: GET and HEAD on exact paths, no request bodies. One thread runs the
// network and the handlers, so a handler must be quick. It shares nothing with the gRPC server: a probe is answered
// while that one is overloaded.
class Server {
 public:
  using Handler = std::function<Response()>;

  // Listens from the start. FAILED_PRECONDITION (reason PORT_IN_USE) when the port is taken, INVALID_ARGUMENT for a bad
  // address.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       std::map<std::string, Handler> handlers);
  ~Server();  // closes every connection, joins the thread
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kontor::http
