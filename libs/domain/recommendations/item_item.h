#pragma once

#include <cstdint>

#include "libs/base/bytes.h"
#include "libs/domain/recommendations/baskets.h"
#include "libs/domain/recommendations/item_table.h"
#include "libs/domain/recommendations/source.h"

namespace kontor::recommendations {

struct ItemItemOptions {
  enum class Group : uint8_t { kBasket = 0, kCustomer = 1 };
  Group group = Group::kBasket;
  int neighbours = 100;       // seeds kept per candidate, the most similar ones
  int max_row = 300;          // candidates kept per seed
  double half_life_days = 0;  // a group's weight halves with this age; 0 never
  bool weigh_by_size = true;  // a group of n items weighs 1 / log2(2 + n)
  double shrink = 10;         // in groups of mean weight
  uint32_t max_group = 300;   // of a larger group a sample is taken, drawn with `seed`; of a customer the newest items
  int threads = 1;
  uint64_t seed = 1;
};

// What is bought together: item-item collaborative filtering on implicit data (Deshpande and Karypis 2004, "Item-based
// top-N recommendation algorithms", cosine) with the support shrinkage of Bell and Koren 2007 (n / (n + shrink)):
//   C(i,j) = sum of w(g) over groups g that hold both,  S(i,j) = C(i,j) / sqrt(C(i,i) C(j,j)) * C(i,j) / (C(i,j) +
//   shrink * mean w).
// A person is folded in by adding the rows of their seeds; nothing is trained for them. Training costs the sum of
// squared group sizes; the result does not depend on the number of threads. A request costs seeds times neighbours.
class ItemItem : public CandidateSource {
 public:
  static ItemItem Train(const Baskets& baskets, const ItemItemOptions& options);

  absl::string_view name() const override;
  // Together with what the person bought (1); for baskets also with what is in the session, or in the last basket (2).
  // Each is divided by its maximum over all items.
  absl::Span<const Signal> signals() const override;
  void Generate(const Profile& profile, int limit, size_t first, Candidates& out) const override;
  void Describe(const Profile& profile, size_t first, Candidates& out) const override;
  void Explain(const Profile& profile, ItemId item, Reason& reason) const override;

  const ItemTable& table() const { return table_; }  // S(a, b) of the neighbours kept for a

  void Save(base::ByteWriter& out) const override;
  static ItemItem Load(base::ByteReader& in, uint32_t item_count);

 private:
  void Accumulate(absl::Span<const Seed> seeds, ScoreVector& scores) const;

  ItemItemOptions::Group group_ = ItemItemOptions::Group::kBasket;
  ItemTable table_;
};

}  // namespace kontor::recommendations
