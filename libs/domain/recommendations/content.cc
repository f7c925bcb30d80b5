#include "libs/domain/recommendations/content.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace kontor::recommendations {
namespace {

constexpr float kSmallestWeight = 1e-3F;

struct Wanted {
  float weight = 0;
  uint32_t feature = 0;
};

}  // namespace

Content::Content(ItemFeatures features) : features_(std::move(features)) {
  std::vector<uint64_t> counts(features_.features(), 0);
  for (ItemId item = 0; item < features_.items(); ++item) {
    for (const uint32_t feature : features_.Of(item)) ++counts[feature];
  }
  for (const uint64_t count : counts) {
    idf_.push_back(count == 0 ? 0 : std::log1p(static_cast<float>(features_.items()) / static_cast<float>(count)));
    offsets_.push_back(offsets_.back() + count);
  }
  postings_.resize(features_.size());
  std::vector<uint64_t> next(offsets_.begin(), offsets_.end() - 1);
  for (ItemId item = 0; item < features_.items(); ++item) {
    float squares = 0;
    for (const uint32_t feature : features_.Of(item)) {
      postings_[next[feature]++] = item;
      squares += idf_[feature] * idf_[feature];
    }
    lengths_.push_back(std::sqrt(squares));
  }
}

absl::Span<const Signal> Content::signals() const {
  static constexpr Signal kAll[] = {{"content", ReasonKind::kSimilarContent, 0.1F}};
  return kAll;
}

void Content::Generate(const Profile& profile, int limit, size_t first, Candidates& out) const {
  ScoreVector& person = out.workspace();
  person.Clear();
  person.Resize(idf_.size());
  for (const RecentItem& recent : profile.recent()) {
    const float weight = std::pow(kDecay, static_cast<float>(recent.age));
    if (weight < kSmallestWeight) break;
    for (const uint32_t feature : features_.Of(recent.item)) {
      person.Add(feature, weight * idf_[feature] / lengths_[recent.item]);
    }
  }
  std::vector<Wanted> wanted;
  for (const uint32_t feature : person.touched()) wanted.push_back({person[feature], feature});
  std::sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.feature < b.feature;
  });
  ScoreVector& scores = out.scores(first);
  size_t left = kMaxPostings;
  for (const Wanted& one : wanted) {
    const uint64_t begin = offsets_[one.feature], end = offsets_[one.feature + 1];
    if (end - begin > left) continue;
    left -= end - begin;
    for (uint64_t i = begin; i < end; ++i) {
      scores.Add(postings_[i], one.weight * idf_[one.feature] / lengths_[postings_[i]]);
    }
  }
  out.NominateBest(first, limit);
}

void Content::Describe(const Profile&, size_t first, Candidates& out) const {
  const ScoreVector& scores = out.scores(first);
  for (size_t row = 0; row < out.items().size(); ++row) out.value(row, first) = scores[out.items()[row]];
}

float Content::Similarity(ItemId a, ItemId b) const {
  const absl::Span<const uint32_t> left = features_.Of(a), right = features_.Of(b);
  float sum = 0;
  for (size_t i = 0, j = 0; i < left.size() && j < right.size();) {
    if (left[i] == right[j]) sum += idf_[left[i]] * idf_[left[i]];
    const bool next_left = left[i] <= right[j], next_right = right[j] <= left[i];
    i += next_left ? 1 : 0;
    j += next_right ? 1 : 0;
  }
  return sum > 0 ? sum / (lengths_[a] * lengths_[b]) : 0;
}

void Content::Explain(const Profile& profile, ItemId item, Reason& reason) const {
  float best = 0;
  for (const RecentItem& recent : profile.recent()) {
    const float part = std::pow(kDecay, static_cast<float>(recent.age)) * Similarity(recent.item, item);
    if (part > best) {
      best = part;
      reason.evidence = recent.item;
    }
  }
}

void Content::Save(base::ByteWriter& out) const { features_.Save(out); }

Content Content::Load(base::ByteReader& in, uint32_t item_count) { return Content(ItemFeatures::Load(in, item_count)); }

}  // namespace kontor::recommendations
