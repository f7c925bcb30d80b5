#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "libs/testing/certificate.h"

namespace kontor::testing {

// An HTTPS server on a free port of 127.0.0.1 that lets in whom it knows by HTTP basic authentication and answers
// others with 401, as OpenSearch's security plugin does. Connections are kept. Thread-safe; a thread a connection.
class TlsFront {
 public:
  // From a request to its answer, both as bytes of HTTP/1.1; called from several threads. The connection ends behind an
  // answer with "Connection: close".
  using Answer = std::function<std::string(const std::string& request)>;

  TlsFront(const Certificate& certificate, absl::string_view user, absl::string_view password, Answer answer);
  ~TlsFront();
  int port() const;
  int handshakes() const;  // that succeeded
  int refused() const;     // requests

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Passes requests on to a server that speaks plain HTTP on a port of 127.0.0.1.
TlsFront::Answer PassOn(int server_port);

}  // namespace kontor::testing
