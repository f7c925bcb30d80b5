#pragma once

#include <cstdint>
#include <vector>

#include "libs/domain/recommendations/baskets.h"
#include "libs/domain/recommendations/source.h"

namespace kontor::recommendations {

struct ClockOptions {
  double shrink = 5;  // intervals that the level above (person, product, category, shop) counts for
};

// When what was bought will be bought again. The days between two purchases of a product by one person are log-normal;
// their mean log is learned for the shop, each category and each product, every level drawn to the one above as if that
// had shown `shrink` intervals, and last for the person and the product from the person's own purchases. One deviation,
// of the shop's intervals around their product's mean. With t days since the last purchase, z = (log t - mu) / sigma,
//   signal = 30 * phi(z) / (sigma t Phi(-z)),
// the purchases that the hazard at t makes expect within 30 days, at most 10 (the conditional intensity of Bhagat et
// al. 2018, "Buy it again", with log-normal instead of gamma intervals). Answers need UserContext::now_seconds.
class RepurchaseClock : public CandidateSource {
 public:
  // `categories` by item (kNone where unknown).
  static RepurchaseClock Train(const Baskets& baskets, absl::Span<const uint32_t> categories,
                               const ClockOptions& options);

  absl::string_view name() const override { return "repurchase_clock"; }
  absl::Span<const Signal> signals() const override;
  void Generate(const Profile& profile, int limit, size_t first, Candidates& out) const override;
  void Describe(const Profile& profile, size_t first, Candidates& out) const override;
  // kDueAgain from half the expected interval on, else kBoughtBefore.
  void Explain(const Profile& profile, ItemId item, Reason& reason) const override;

  double ExpectedDays(const ProfileItem& item) const;  // the median interval of the person and the product
  float Due(const ProfileItem& item, int64_t now_seconds) const;

  void Save(base::ByteWriter& out) const override;
  static RepurchaseClock Load(base::ByteReader& in, uint32_t item_count);

 private:
  float shrink_ = 0;
  float sigma_ = 1;              // of log days
  std::vector<float> log_days_;  // by item, the mean log interval
};

}  // namespace kontor::recommendations
