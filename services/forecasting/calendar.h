#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "google/type/date.pb.h"
#include "kontor/forecasting/v1/forecasting_service.pb.h"

// Days and the steps that they belong to.
namespace kontor::forecasting {

namespace v1 = kontor::forecasting::v1;

inline constexpr absl::CivilDay kEpoch(1970, 1, 1);

// The number of a step, from the one that holds kEpoch on: days, weeks that start on Monday, or months.
int64_t StepOf(absl::CivilDay day, v1::Grain grain);
absl::CivilDay FirstDay(int64_t step, v1::Grain grain);
inline absl::CivilDay LastDay(int64_t step, v1::Grain grain) { return FirstDay(step + 1, grain) - 1; }
// The newest step that ends on `day` or before.
int64_t LastWholeStep(absl::CivilDay day, v1::Grain grain);

// GRAIN_DAY for GRAIN_UNSPECIFIED.
v1::Grain GrainOr(v1::Grain grain);
int DefaultHorizon(v1::Grain grain);          // 28 days, 13 weeks, 12 months
std::vector<int> SeasonsOf(v1::Grain grain);  // in steps: 7 and 365; 52; 12

google::type::Date DateFrom(absl::CivilDay day);
// False for what is no day of the calendar.
bool ReadDate(const google::type::Date& date, absl::CivilDay& day);
std::string FormatDay(absl::CivilDay day);  // 2011-12-09

}  // namespace kontor::forecasting
