#pragma once

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace kontor::fleet {

// Between protobuf's Timestamp and absl::Time, truncated to microseconds.
inline absl::Time TimeOf(const google::protobuf::Timestamp& stamp) {
  return absl::FromUnixMicros(stamp.seconds() * 1'000'000 + stamp.nanos() / 1000);
}

inline void SetTime(absl::Time time, google::protobuf::Timestamp& out) {
  const int64_t micros = absl::ToUnixMicros(time);
  const int64_t seconds = micros >= 0 ? micros / 1'000'000 : -((-micros + 999'999) / 1'000'000);
  out.set_seconds(seconds);
  out.set_nanos(static_cast<int32_t>((micros - seconds * 1'000'000) * 1000));
}

}  // namespace kontor::fleet
