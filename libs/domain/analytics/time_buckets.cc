#include "libs/domain/analytics/time_buckets.h"

#include "absl/strings/str_cat.h"

namespace kontor::analytics {
namespace {

absl::CivilDay BucketStart(Grain grain, absl::CivilDay day) {
  switch (grain) {
    case Grain::kWeek:
      return absl::PrevWeekday(day + 1, absl::Weekday::monday);
    case Grain::kMonth:
      return absl::CivilDay(absl::CivilMonth(day));
    case Grain::kQuarter:
      return absl::CivilDay(day.year(), (day.month() - 1) / 3 * 3 + 1, 1);
    case Grain::kYear:
      return absl::CivilDay(absl::CivilYear(day));
    case Grain::kNone:
    case Grain::kHour:
    case Grain::kDay:
      break;
  }
  return day;
}

}  // namespace

TimeBuckets::TimeBuckets(Grain grain, int32_t first_hour, int32_t last_hour)
    : hourly_(grain == Grain::kHour), first_hour_(first_hour), first_day_(DayOf(first_hour)) {
  if (hourly_) {
    size_ = static_cast<uint32_t>(last_hour - first_hour + 1);
    return;
  }
  for (int32_t day = first_day_; day <= DayOf(last_hour); ++day) {
    const absl::CivilDay start = BucketStart(grain, absl::CivilDay() + day);
    if (starts_.empty() || starts_.back() != start) starts_.push_back(start);
    code_by_day_.push_back(static_cast<uint32_t>(starts_.size()) - 1);
  }
  size_ = static_cast<uint32_t>(starts_.size());
}

std::string TimeBuckets::Label(uint32_t code) const {
  if (!hourly_) return absl::FormatCivilTime(starts_[code]);
  return absl::FormatCivilTime(absl::CivilHour() + first_hour_ + code);
}

}  // namespace kontor::analytics
