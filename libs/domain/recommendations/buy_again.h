#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "libs/base/bytes.h"
#include "libs/domain/recommendations/baskets.h"
#include "libs/domain/recommendations/source.h"

namespace kontor::recommendations {

// What the person bought before, by how often and how lately, and by how apt a product is to be bought again by
// anybody. Personal frequency is the strongest single signal of the next basket (Hu, He et al. 2020, SIGIR, "Modeling
// personalized item frequency information for next-basket recommendation"). Cost: one pass over the person's items.
class BuyAgain : public CandidateSource {
 public:
  enum SignalIndex { kBought, kLoyalty, kCount, kRate, kInLast, kRepeat, kSignals };

  // Repeat share of a product = (customers with it in two or more baskets + 2 * prior) / (customers with it + 2), where
  // the prior is the share over all products.
  static BuyAgain Train(const Baskets& baskets);

  absl::string_view name() const override { return "buy_again"; }
  absl::Span<const Signal> signals() const override;
  Effort effort() const override { return Effort::kSession; }
  void Generate(const Profile& profile, int limit, size_t first, Candidates& out) const override;
  void Describe(const Profile& profile, size_t first, Candidates& out) const override;
  void Explain(const Profile& profile, ItemId item, Reason& reason) const override;

  float RepeatShare(ItemId item) const { return repeat_share_[item]; }

  void Save(base::ByteWriter& out) const override { out.Array(repeat_share_); }
  static BuyAgain Load(base::ByteReader& in, uint32_t item_count);

 private:
  std::vector<float> repeat_share_;  // by item
};

}  // namespace kontor::recommendations
