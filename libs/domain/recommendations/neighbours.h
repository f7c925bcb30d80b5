#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/domain/recommendations/baskets.h"
#include "libs/domain/recommendations/source.h"

namespace kontor::recommendations {

struct NeighboursOptions {
  uint32_t max_users = 50'000;    // the newest
  uint32_t max_postings = 2'048;  // customers listed per item, the newest
  uint32_t max_profile = 200;     // items told of a neighbour
  uint32_t recent_baskets = 5;    // that make a neighbour's profile
  uint32_t neighbours = 300;
};

// Customers like this one: user-based nearest neighbours over decayed personal frequencies, the parts of TIFU-KNN (Hu
// et al. 2020) and UP-CF (Faggioli et al. 2020, "Recency aware collaborative filtering for next basket recommendation")
// that held up on validation: cosine of the vectors of Profile's rates, the third power as weight, and the neighbours'
// shares of their last baskets as what they tell:
//   signal(i) = sum over k neighbours of cos^3 * share(neighbour, i) / sum of cos^3.
// A person is folded in through an inverted index. Cost of a request: seeds times postings, then neighbours times
// profile.
class Neighbours : public CandidateSource {
 public:
  // `persons[u]` names user u as UserContext::person does.
  static Neighbours Train(const Baskets& baskets, absl::Span<const uint64_t> persons, const NeighboursOptions& options);

  absl::string_view name() const override { return "neighbours"; }
  absl::Span<const Signal> signals() const override;
  void Generate(const Profile& profile, int limit, size_t first, Candidates& out) const override;
  void Describe(const Profile& profile, size_t first, Candidates& out) const override;
  void Explain(const Profile&, ItemId, Reason&) const override {}  // nobody is named

  std::unique_ptr<const CandidateSource> Without(const absl::flat_hash_set<uint64_t>& persons) const override;

  uint32_t users() const { return static_cast<uint32_t>(persons_.size()); }

  void Save(base::ByteWriter& out) const override;
  static Neighbours Load(base::ByteReader& in, uint32_t item_count);

 private:
  void AppendProfile(const Baskets& baskets, uint32_t user, const NeighboursOptions& options);
  void PrefetchProfile(uint32_t user) const;  // they lie anywhere
  void Invert(const Baskets& baskets, absl::Span<const uint32_t> users, const NeighboursOptions& options);

  uint32_t neighbours_ = 0;
  std::vector<uint64_t> persons_;
  std::vector<uint64_t> posting_offsets_ = {0};  // by item
  std::vector<uint32_t> posting_users_;
  std::vector<float> posting_weights_;           // the user's rate of the item over the length of their vector
  std::vector<uint64_t> profile_offsets_ = {0};  // by user
  std::vector<ItemId> profile_items_;
  std::vector<float> profile_shares_;
};

}  // namespace kontor::recommendations
