#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "libs/domain/analytics/query.h"

namespace kontor::analytics {

// Local civil hours (since 1970-01-01T00) as dense bucket codes that rise with time. Immutable after construction.
class TimeBuckets {
 public:
  // For hours from `first_hour` to `last_hour`, both included; `grain` is not kNone. O(days between).
  TimeBuckets(Grain grain, int32_t first_hour, int32_t last_hour);

  uint32_t Code(int32_t hour) const {
    return hourly_ ? static_cast<uint32_t>(hour - first_hour_) : code_by_day_[DayOf(hour) - first_day_];
  }
  uint32_t size() const { return size_; }
  // The bucket's first day, "2011-09-05", by the hour "2011-09-05T14".
  std::string Label(uint32_t code) const;

 private:
  static int32_t DayOf(int32_t hour) { return hour >= 0 ? hour / 24 : (hour - 23) / 24; }

  bool hourly_;
  int32_t first_hour_, first_day_;
  uint32_t size_ = 0;
  std::vector<uint32_t> code_by_day_;
  std::vector<absl::CivilDay> starts_;  // by code
};

}  // namespace kontor::analytics
