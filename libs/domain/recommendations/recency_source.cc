#include "libs/domain/recommendations/recency_source.h"

#include <array>
#include <cmath>

namespace kontor::recommendations {
namespace {

constexpr size_t kDecays = 2;
constexpr size_t kKinds = 2;

struct Shape {
  absl::string_view name;
  std::array<Signal, kDecays> signals;
  std::array<float, kDecays> decays;
};

constexpr std::array<Shape, kKinds> kShapes = {{
    {"ease",
     {{{"ease", ReasonKind::kBoughtTogether, 0.02F}, {"ease_now", ReasonKind::kBoughtTogether, 0.02F}}},
     {0.8F, 0.3F}},
    {"sequential_rules",
     {{{"next", ReasonKind::kNextInSequence, 0.02F}, {"next_now", ReasonKind::kNextInSequence, 0.02F}}},
     {0.6F, 0.1F}},
}};

// Items that the smallest weight that matters is reached after.
constexpr float kSmallestWeight = 1e-3F;

const Shape& ShapeOf(RecencySource::Kind kind) { return kShapes[static_cast<size_t>(kind)]; }

}  // namespace

absl::string_view RecencySource::name() const { return ShapeOf(kind_).name; }

absl::Span<const Signal> RecencySource::signals() const { return ShapeOf(kind_).signals; }

void RecencySource::Generate(const Profile& profile, int limit, size_t first, Candidates& out) const {
  const absl::Span<const RecentItem> recents = profile.recent();
  for (size_t i = 0; i < kDecays; ++i) {
    ScoreVector& scores = out.scores(first + i);
    for (size_t r = 0; r < recents.size(); ++r) {
      const float weight = std::pow(ShapeOf(kind_).decays[i], static_cast<float>(recents[r].age));
      if (weight < kSmallestWeight) break;
      if (r + 1 < recents.size()) table_.Prefetch(recents[r + 1].item);
      table_.AddRow(recents[r].item, weight, scores);
    }
    out.NominateBest(first + i, limit);
  }
}

void RecencySource::Describe(const Profile&, size_t first, Candidates& out) const {
  for (size_t i = 0; i < kDecays; ++i) {
    const ScoreVector& scores = out.scores(first + i);
    for (size_t row = 0; row < out.items().size(); ++row) out.value(row, first + i) = scores[out.items()[row]];
  }
}

void RecencySource::Explain(const Profile& profile, ItemId item, Reason& reason) const {
  float best = 0;
  for (const RecentItem& recent : profile.recent()) {
    const float part =
        std::pow(ShapeOf(kind_).decays.front(), static_cast<float>(recent.age)) * table_.At(recent.item, item);
    if (part > best) {
      best = part;
      reason.evidence = recent.item;
    }
  }
}

void RecencySource::Save(base::ByteWriter& out) const {
  out.Value(static_cast<uint8_t>(kind_));
  table_.Save(out);
}

RecencySource RecencySource::Load(base::ByteReader& in, uint32_t item_count) {
  const auto kind = in.Value<uint8_t>();
  in.Require(kind < kKinds, "a table of items is of an unknown kind");
  return RecencySource(in.status().ok() ? static_cast<Kind>(kind) : Kind::kEase, ItemTable::Load(in, item_count));
}

}  // namespace kontor::recommendations
