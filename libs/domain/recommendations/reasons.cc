#include "libs/domain/recommendations/reasons.h"

#include <algorithm>
#include <array>

namespace kontor::recommendations {
namespace {

struct Part {
  float sum = 0;
  float largest = 0;
  size_t signal = 0;  // of the largest contribution
};

std::array<Part, kReasonKinds> Parts(const Ranker& ranker, absl::Span<const float> contributions) {
  std::array<Part, kReasonKinds> parts;
  for (size_t i = 0; i < contributions.size(); ++i) {
    Part& part = parts[static_cast<size_t>(ranker.signals()[i].reason)];
    part.sum += contributions[i];
    if (contributions[i] > part.largest) {
      part.largest = contributions[i];
      part.signal = i;
    }
  }
  return parts;
}

}  // namespace

std::vector<Reason> ExplainItem(const Model& model, const Ranker& ranker, Task task, const Profile& profile,
                                const RankContext& context, const RankedRow& ranked) {
  std::vector<float> contributions;
  ranker.Contributions(task, ranked, context, contributions);
  const std::array<Part, kReasonKinds> parts = Parts(ranker, contributions);
  float total = 0, kept = 0;
  for (const Part& part : parts) total += part.sum;
  for (const Part& part : parts) {
    if (part.sum >= kSmallestShare * total) kept += part.sum;
  }
  std::vector<Reason> reasons;
  for (size_t kind = 0; kind < kReasonKinds; ++kind) {
    if (!(parts[kind].sum > 0) || parts[kind].sum < kSmallestShare * total) continue;
    Reason reason;
    reason.kind = static_cast<ReasonKind>(kind);
    reason.share = parts[kind].sum / kept;
    model.SourceOf(parts[kind].signal).Explain(profile, ranked.item, reason);
    reasons.push_back(reason);
  }
  std::stable_sort(reasons.begin(), reasons.end(), [](const Reason& a, const Reason& b) { return a.share > b.share; });
  return reasons;
}

}  // namespace kontor::recommendations
