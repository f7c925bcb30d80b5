#pragma once

#include <cstdint>
#include <vector>

#include "libs/domain/recommendations/item_features.h"
#include "libs/domain/recommendations/source.h"

namespace kontor::recommendations {

// Items like those that the person met last, by what the catalogue says of them (item_features.h): the cosine of the
// person's features and an item's, each feature weighed by its idf, log(1 + n / df),
//   person = sum over their items i of decay^age(i) * unit(i),   signal(j) = person · unit(j).
// Nothing is learned from what people do, so that an item has candidates and is one from its first moment. Cost of a
// request: the items that share a feature with the person's, rarest features first, at most kMaxPostings, and the
// features of what came after the training, the newest first, as many at most.
class Content : public CandidateSource {
 public:
  static constexpr float kDecay = 0.5F;  // chosen on Beauty: hidden items, the first half of their events
  static constexpr size_t kMaxPostings = 50'000;

  explicit Content(ItemFeatures features);

  absl::string_view name() const override { return "content"; }
  absl::Span<const Signal> signals() const override;
  void Generate(const Profile& profile, int limit, size_t first, Candidates& out) const override;
  void Describe(const Profile& profile, size_t first, Candidates& out) const override;
  void Explain(const Profile& profile, ItemId item, Reason& reason) const override;
  std::vector<float> EncodeItem(absl::Span<const uint32_t> features) const override;  // {length}

  const ItemFeatures& features() const { return features_; }
  float Similarity(ItemId a, ItemId b) const;  // the cosine of two items learned of; 0 where either has no features

  void Save(base::ByteWriter& out) const override;
  static Content Load(base::ByteReader& in, uint32_t item_count);

 private:
  // An item as the catalogue describes it.
  struct Described {
    absl::Span<const uint32_t> features;
    float length = 0;
  };
  Described DescribeItem(const UserContext& context, ItemId item) const;
  float Cosine(const Described& a, const Described& b) const;
  void ScoreFresh(const LiveCatalogue& live, const ScoreVector& person, size_t first, Candidates& out) const;

  ItemFeatures features_;
  std::vector<float> idf_;               // by feature
  std::vector<float> lengths_;           // by item, of its weighed features
  std::vector<uint64_t> offsets_ = {0};  // by feature
  std::vector<ItemId> postings_;
  std::vector<float> parts_;  // by posting: the feature's idf over the item's length
};

}  // namespace kontor::recommendations
