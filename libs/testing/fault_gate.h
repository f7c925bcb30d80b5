#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace kontor::testing {

// A TCP proxy on a free port of 127.0.0.1 that spoils what passes through it, each direction by itself, while a test
// runs. Faults apply to existing and new connections. Thread-safe; one thread of its own.
class FaultGate {
 public:
  enum class Direction { kToServer, kToClient };

  explicit FaultGate(int server_port);
  ~FaultGate();
  int port() const;

  void Pass();                                             // no faults (again); held-back bytes go on
  void Cut();                                              // closes all connections now and refuses new ones
  void CutOnce();                                          // closes all connections now; new ones pass
  void Delay(Direction direction, absl::Duration delay);   // each chunk of bytes so much later
  void BlackHole(Direction direction);                     // takes the bytes and lets none through, until Pass
  void CutAfterBytes(Direction direction, int64_t bytes);  // so many more bytes pass, then the connection that sent
                                                           // them is closed; once
  // When `text` passes towards the server, that connection is closed: before the server sees it (forward = false), or
  // after it has been sent on and the answer is swallowed (forward = true). Once. For a COMMIT of unknown outcome.
  void CutWhenSeen(absl::string_view text, bool forward);

  int connections() const;
  int64_t bytes(Direction direction) const;  // passed so far
  bool tripped() const;                      // CutAfterBytes or CutWhenSeen has happened

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kontor::testing
