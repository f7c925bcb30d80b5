#pragma once

#include <chrono>
#include <string>

#include "services/kontorctl/import_client.h"

namespace kontor::ctl {

// Draws an import's standing on standard error: a bar that moves on a terminal, a line every two seconds elsewhere.
class ProgressBar {
 public:
  ProgressBar();
  void Show(const ImportStanding& standing);
  void End();  // leaves the last state standing

  // One line: bar, rows, rows a second, remaining time, refused rows.
  static std::string Line(const ImportStanding& standing, double seconds);

 private:
  using Clock = std::chrono::steady_clock;
  bool terminal_;
  std::string what_;
  Clock::time_point start_, shown_;
};

}  // namespace kontor::ctl
