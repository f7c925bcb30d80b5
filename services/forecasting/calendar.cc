#include "services/forecasting/calendar.h"

#include "absl/strings/str_format.h"

namespace kontor::forecasting {
namespace {

constexpr absl::CivilDay kFirstMonday(1969, 12, 29);  // of the week that holds kEpoch

int64_t FloorDivide(int64_t value, int64_t by) { return value >= 0 ? value / by : -((-value + by - 1) / by); }

}  // namespace

int64_t StepOf(absl::CivilDay day, v1::Grain grain) {
  switch (grain) {
    case v1::GRAIN_WEEK:
      return FloorDivide(day - kFirstMonday, 7);
    case v1::GRAIN_MONTH:
      return absl::CivilMonth(day) - absl::CivilMonth(kEpoch);
    default:
      return day - kEpoch;
  }
}

absl::CivilDay FirstDay(int64_t step, v1::Grain grain) {
  switch (grain) {
    case v1::GRAIN_WEEK:
      return kFirstMonday + 7 * step;
    case v1::GRAIN_MONTH:
      return absl::CivilDay(absl::CivilMonth(kEpoch) + step);
    default:
      return kEpoch + step;
  }
}

int64_t LastWholeStep(absl::CivilDay day, v1::Grain grain) {
  const int64_t step = StepOf(day, grain);
  return LastDay(step, grain) <= day ? step : step - 1;
}

v1::Grain GrainOr(v1::Grain grain) { return grain == v1::GRAIN_UNSPECIFIED ? v1::GRAIN_DAY : grain; }

int DefaultHorizon(v1::Grain grain) { return grain == v1::GRAIN_MONTH ? 12 : grain == v1::GRAIN_WEEK ? 13 : 28; }

std::vector<int> SeasonsOf(v1::Grain grain) {
  if (grain == v1::GRAIN_MONTH) return {12};
  if (grain == v1::GRAIN_WEEK) return {52};
  return {7, 365};
}

google::type::Date DateFrom(absl::CivilDay day) {
  google::type::Date date;
  date.set_year(static_cast<int32_t>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

bool ReadDate(const google::type::Date& date, absl::CivilDay& day) {
  if (date.year() < 1990 || date.year() > 2200) return false;
  day = absl::CivilDay(date.year(), date.month(), date.day());
  return day.year() == date.year() && day.month() == date.month() && day.day() == date.day();
}

std::string FormatDay(absl::CivilDay day) {
  return absl::StrFormat("%04d-%02d-%02d", day.year(), day.month(), day.day());
}

}  // namespace kontor::forecasting
