#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "libs/domain/recommendations/baskets.h"
#include "libs/domain/recommendations/source.h"

namespace kontor::recommendations {

// What sells at this time: how much more of a product's baskets than of all baskets fall into the month, the weekday
// and the part of the day (three hours, UTC) of now,
//   lift(i, slot) = (n(i, slot) + m * p(slot)) / (n(i) + m) / p(slot),
// with p the slot's share of all baskets and m = kShrink baskets; 1 says nothing. Products with fewer than kLeast
// baskets are not told apart. Nominates nothing. Answers need UserContext::now_seconds. 27 bytes a product told apart.
class Calendar : public CandidateSource {
 public:
  enum SignalIndex { kSeason, kWeekday, kDayPart, kSignals };
  static constexpr double kShrink = 50;
  static constexpr uint32_t kLeast = 20;

  static Calendar Train(const Baskets& baskets);

  absl::string_view name() const override { return "calendar"; }
  absl::Span<const Signal> signals() const override;
  void Generate(const Profile&, int, size_t, Candidates&) const override {}
  void Describe(const Profile& profile, size_t first, Candidates& out) const override;
  void Explain(const Profile&, ItemId, Reason&) const override {}

  float Lift(ItemId item, SignalIndex signal, int64_t now_seconds) const;  // within 0 and 4, to 1/32 exact

  void Save(base::ByteWriter& out) const override;
  static Calendar Load(base::ByteReader& in, uint32_t item_count);

 private:
  static constexpr std::array<uint32_t, kSignals> kFirstSlot = {0, 12, 19};
  static constexpr uint32_t kSlots = 27;
  static std::array<uint32_t, kSignals> SlotsOf(int64_t seconds);
  float LiftAt(ItemId item, uint32_t slot) const;

  std::vector<uint32_t> rows_;  // by item, kNone where it is not told apart
  std::vector<uint8_t> lifts_;  // rows × kSlots, in 1/32, rounded
};

}  // namespace kontor::recommendations
