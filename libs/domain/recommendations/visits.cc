#include "libs/domain/recommendations/visits.h"

#include <algorithm>
#include <numeric>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace kontor::recommendations {
namespace {

constexpr size_t kMaxSteps = 50;

absl::flat_hash_map<uint32_t, size_t> ByUser(absl::Span<const Example> examples) {
  absl::flat_hash_map<uint32_t, size_t> by_user;
  for (size_t i = 0; i < examples.size(); ++i) by_user[examples[i].user] = i;
  return by_user;
}

// Steps of before `time`, when the last of them is not long ago.
absl::Span<const VisitStep> LeadingTo(absl::Span<const VisitStep> steps, int64_t time) {
  while (!steps.empty() && steps.back().time_seconds >= time) steps.remove_suffix(1);
  if (!steps.empty() && steps.back().time_seconds < time - Visits::kSilenceSeconds) return {};
  return steps;
}

}  // namespace

void Visits::Add(uint32_t user, absl::Span<const VisitStep> steps) {
  for (size_t i = 0; i < steps.size(); ++i) {
    if (i > 0 && steps[i].time_seconds - steps[i - 1].time_seconds > kSilenceSeconds) {
      ends_.push_back(steps_.size());
      users_.push_back(user);
    }
    steps_.push_back(steps[i]);
  }
  if (steps.empty()) return;
  ends_.push_back(steps_.size());
  users_.push_back(user);
}

Sessions SessionsOf(const Visits& visits, uint32_t items) {
  std::vector<uint32_t> order(visits.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return visits.Of(a).back().time_seconds < visits.Of(b).back().time_seconds;
  });
  Sessions sessions(items);
  std::vector<ItemId> met;
  for (const uint32_t visit : order) {
    met.clear();
    for (const VisitStep& step : visits.Of(visit)) {
      if (step.item >= items || step.kind == StepKind::kUncarted) continue;
      if (met.empty() || met.back() != step.item) met.push_back(step.item);
    }
    if (met.size() >= 2) sessions.Add(met);
  }
  return sessions;
}

Visits WithoutHeldOut(const Visits& visits, absl::Span<const Example> examples) {
  const auto by_user = ByUser(examples);
  Visits kept;
  for (uint32_t visit = 0; visit < visits.size(); ++visit) {
    const auto held_out = by_user.find(visits.UserOf(visit));
    if (held_out != by_user.end() &&
        visits.Of(visit).back().time_seconds >= examples[held_out->second].time_seconds - Visits::kSilenceSeconds) {
      continue;
    }
    kept.Add(visits.UserOf(visit), visits.Of(visit));
  }
  return kept;
}

void GiveSessions(const Visits& visits, absl::Span<Example> examples) {
  const auto by_user = ByUser(examples);
  std::vector<std::vector<VisitStep>> steps(examples.size());
  for (uint32_t visit = 0; visit < visits.size(); ++visit) {
    const auto found = by_user.find(visits.UserOf(visit));
    if (found == by_user.end()) continue;
    const auto led = LeadingTo(visits.Of(visit), examples[found->second].time_seconds);
    steps[found->second].insert(steps[found->second].end(), led.begin(), led.end());
  }
  for (size_t i = 0; i < examples.size(); ++i) {
    std::stable_sort(steps[i].begin(), steps[i].end(),
                     [](const VisitStep& a, const VisitStep& b) { return a.time_seconds < b.time_seconds; });
    const std::vector<ItemId>& basket = examples[i].target;
    const auto taken = std::find_if(steps[i].begin(), steps[i].end(), [&](const VisitStep& step) {
      return step.kind == StepKind::kCarted && std::binary_search(basket.begin(), basket.end(), step.item);
    });
    steps[i].erase(taken, steps[i].end());
    examples[i].session = SeedsOf(steps[i]);
  }
}

std::vector<Seed> SeedsOf(absl::Span<const VisitStep> steps) {
  if (steps.size() > kMaxSteps) steps.remove_prefix(steps.size() - kMaxSteps);
  std::vector<Seed> seeds, viewed;
  absl::flat_hash_set<ItemId> judged, in_cart, seen;
  double weight = kViewedWeight;
  for (size_t i = steps.size(); i-- > 0;) {
    const VisitStep& step = steps[i];
    if (step.kind == StepKind::kViewed) {
      if (seen.insert(step.item).second) viewed.push_back({step.item, static_cast<float>(weight)});
      weight *= kViewDecay;
    } else if (judged.insert(step.item).second && step.kind == StepKind::kCarted) {
      in_cart.insert(step.item);
      seeds.push_back({step.item, static_cast<float>(kCartedWeight)});
    }
  }
  for (const Seed& seed : viewed) {
    if (!in_cart.contains(seed.item)) seeds.push_back(seed);
  }
  return seeds;
}

}  // namespace kontor::recommendations
