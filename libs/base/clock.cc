#include "libs/base/clock.h"

#include "absl/time/clock.h"

namespace kontor::base {
namespace {

class MachineClock : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixMicros(absl::ToUnixMicros(absl::Now())); }
};

}  // namespace

const Clock& SystemClock() {
  static const auto* const clock = new MachineClock;
  return *clock;
}

}  // namespace kontor::base
