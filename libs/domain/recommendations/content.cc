#include "libs/domain/recommendations/content.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "libs/domain/recommendations/live_catalogue.h"

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
  parts_.resize(features_.size());
  std::vector<uint64_t> next(offsets_.begin(), offsets_.end() - 1);
  for (ItemId item = 0; item < features_.items(); ++item) {
    lengths_.push_back(EncodeItem(features_.Of(item)).front());
    for (const uint32_t feature : features_.Of(item)) {
      parts_[next[feature]] = idf_[feature] / lengths_.back();
      postings_[next[feature]++] = item;
    }
  }
}

std::vector<float> Content::EncodeItem(absl::Span<const uint32_t> features) const {
  float squares = 0;
  for (const uint32_t feature : features) {
    if (feature < idf_.size()) squares += idf_[feature] * idf_[feature];
  }
  return {std::sqrt(squares)};
}

Content::Described Content::DescribeItem(const UserContext& context, ItemId item) const {
  if (item < features_.items()) return {features_.Of(item), lengths_[item]};
  const FreshItem* fresh = context.live == nullptr ? nullptr : context.live->Fresh(item);
  return fresh == nullptr ? Described() : Described{fresh->features, EncodeItem(fresh->features).front()};
}

absl::Span<const Signal> Content::signals() const {
  static constexpr Signal kAll[] = {{"content", ReasonKind::kSimilarContent, 0.1F, 0, Effort::kLinear, true}};
  return kAll;
}

void Content::Generate(const Profile& profile, int limit, size_t first, Candidates& out) const {
  ScoreVector& person = out.workspace();
  person.Clear();
  person.Resize(idf_.size());
  for (const RecentItem& recent : profile.recent()) {
    const float weight = std::pow(kDecay, static_cast<float>(recent.age));
    if (weight < kSmallestWeight) break;
    const Described item = DescribeItem(profile.context(), recent.item);
    for (const uint32_t feature : item.features) {
      if (feature < idf_.size()) person.Add(feature, weight * idf_[feature] / item.length);
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
    for (uint64_t i = begin; i < end; ++i) scores.Add(postings_[i], one.weight * parts_[i]);
  }
  if (profile.context().live != nullptr) ScoreFresh(*profile.context().live, person, first, out);
  out.NominateBest(first, limit);
}

void Content::ScoreFresh(const LiveCatalogue& live, const ScoreVector& person, size_t first, Candidates& out) const {
  ScoreVector& scores = out.scores(first);
  size_t left = kMaxPostings;
  for (ItemId item = live.items(); item-- > live.learned() && left > 0;) {
    const FreshItem& fresh = *live.Fresh(item);
    left -= std::min(left, fresh.features.size());
    float sum = 0;
    for (const uint32_t feature : fresh.features) {
      if (feature < idf_.size()) sum += person[feature] * idf_[feature];
    }
    if (sum > 0) scores.Add(item, sum / fresh.codes[first].front());
  }
}

void Content::Describe(const Profile&, size_t first, Candidates& out) const {
  const ScoreVector& scores = out.scores(first);
  for (size_t row = 0; row < out.items().size(); ++row) out.value(row, first) = scores[out.items()[row]];
}

float Content::Cosine(const Described& a, const Described& b) const {
  float sum = 0;
  for (size_t i = 0, j = 0; i < a.features.size() && j < b.features.size();) {
    const uint32_t left = a.features[i], right = b.features[j];
    if (left == right && left < idf_.size()) sum += idf_[left] * idf_[left];
    i += left <= right ? 1 : 0;
    j += right <= left ? 1 : 0;
  }
  return sum > 0 ? sum / (a.length * b.length) : 0;
}

float Content::Similarity(ItemId a, ItemId b) const {
  const UserContext nobody;
  return Cosine(DescribeItem(nobody, a), DescribeItem(nobody, b));
}

void Content::Explain(const Profile& profile, ItemId item, Reason& reason) const {
  const Described shown = DescribeItem(profile.context(), item);
  float best = 0;
  for (const RecentItem& recent : profile.recent()) {
    const float part =
        std::pow(kDecay, static_cast<float>(recent.age)) * Cosine(DescribeItem(profile.context(), recent.item), shown);
    if (part > best) {
      best = part;
      reason.evidence = recent.item;
    }
  }
}

void Content::Save(base::ByteWriter& out) const { features_.Save(out); }

Content Content::Load(base::ByteReader& in, uint32_t item_count) { return Content(ItemFeatures::Load(in, item_count)); }

}  // namespace kontor::recommendations
