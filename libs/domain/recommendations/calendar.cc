#include "libs/domain/recommendations/calendar.h"

#include <algorithm>
#include <cmath>

namespace kontor::recommendations {
namespace {

constexpr float kUnit = 1.0F / 32;
constexpr double kMostLift = 4;

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// 0 to 11, in the Gregorian calendar (Hinnant 2013, "chrono-compatible low-level date algorithms").
uint32_t MonthOf(int64_t day) {
  const int64_t shifted = day + 719'468;
  const int64_t of_era = shifted - FloorDivide(shifted, 146'097) * 146'097;
  const int64_t year_of_era = (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
  const int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  return static_cast<uint32_t>(((5 * of_year + 2) / 153 + 2) % 12);
}

}  // namespace

std::array<uint32_t, Calendar::kSignals> Calendar::SlotsOf(int64_t seconds) {
  const int64_t day = FloorDivide(seconds, static_cast<int64_t>(kSecondsPerDay));
  const int64_t second = seconds - day * static_cast<int64_t>(kSecondsPerDay);
  const int64_t weekday = (day % 7 + 7 + 4) % 7;  // 1970-01-01 was a Thursday
  return {kFirstSlot[kSeason] + MonthOf(day), kFirstSlot[kWeekday] + static_cast<uint32_t>(weekday),
          kFirstSlot[kDayPart] + static_cast<uint32_t>(second / (3 * 3600))};
}

Calendar Calendar::Train(const Baskets& baskets) {
  std::vector<uint32_t> totals(baskets.item_count(), 0);
  for (uint32_t b = 0; b < baskets.size(); ++b) {
    for (const ItemId item : baskets.At(b).items) ++totals[item];
  }
  Calendar out;
  uint32_t rows = 0;
  for (const uint32_t total : totals) out.rows_.push_back(total >= kLeast ? rows++ : kNone);
  std::vector<uint32_t> counts(size_t{rows} * kSlots, 0);
  std::array<double, kSlots> shares{};
  for (uint32_t b = 0; b < baskets.size(); ++b) {
    const Basket basket = baskets.At(b);
    for (const uint32_t slot : SlotsOf(basket.time_seconds)) {
      shares[slot] += 1.0 / baskets.size();
      for (const ItemId item : basket.items) {
        if (out.rows_[item] != kNone) ++counts[size_t{out.rows_[item]} * kSlots + slot];
      }
    }
  }
  out.lifts_.resize(counts.size());
  for (ItemId item = 0; item < totals.size(); ++item) {
    if (out.rows_[item] == kNone) continue;
    for (uint32_t slot = 0; slot < kSlots; ++slot) {
      const size_t at = size_t{out.rows_[item]} * kSlots + slot;
      const double expected = kShrink * shares[slot];
      const double lift = shares[slot] > 0 ? (counts[at] + expected) / (totals[item] + kShrink) / shares[slot] : 1;
      out.lifts_[at] = static_cast<uint8_t>(std::lround(std::min(lift, kMostLift) / kUnit));
    }
  }
  return out;
}

absl::Span<const Signal> Calendar::signals() const {
  static constexpr Signal kAll[kSignals] = {{"season", ReasonKind::kPopular, 0, 1},
                                            {"weekday", ReasonKind::kPopular, 0, 1},
                                            {"day_part", ReasonKind::kPopular, 0, 1}};
  return kAll;
}

float Calendar::Lift(ItemId item, SignalIndex signal, int64_t now_seconds) const {
  return now_seconds == 0 ? 1 : LiftAt(item, SlotsOf(now_seconds)[signal]);
}

float Calendar::LiftAt(ItemId item, uint32_t slot) const {
  if (item >= rows_.size() || rows_[item] == kNone) return 1;
  return kUnit * static_cast<float>(lifts_[size_t{rows_[item]} * kSlots + slot]);
}

void Calendar::Describe(const Profile& profile, size_t first, Candidates& out) const {
  const int64_t now = profile.context().now_seconds;
  const std::array<uint32_t, kSignals> slots = SlotsOf(now);
  for (size_t row = 0; row < out.items().size(); ++row) {
    for (const SignalIndex signal : {kSeason, kWeekday, kDayPart}) {
      out.value(row, first + signal) = now == 0 ? 1 : LiftAt(out.items()[row], slots[signal]);
    }
  }
}

void Calendar::Save(base::ByteWriter& out) const {
  out.Array(rows_);
  out.Array(lifts_);
}

Calendar Calendar::Load(base::ByteReader& in, uint32_t item_count) {
  Calendar out;
  out.rows_ = in.Array<uint32_t>();
  out.lifts_ = in.Array<uint8_t>();
  in.Require(out.rows_.size() == item_count && out.lifts_.size() % kSlots == 0,
             "the calendar has columns of unequal length");
  for (const uint32_t row : out.rows_) {
    in.Require(row == kNone || row < out.lifts_.size() / kSlots, "the calendar names a row that it does not have");
  }
  return out;
}

}  // namespace kontor::recommendations
