#pragma once

#include <array>
#include <vector>

#include "libs/domain/search/index_top.h"

namespace kontor::search {

// Keeps the best k of what it is offered.
class BestHits {
 public:
  BestHits(size_t k, const std::optional<RankPosition>& after) : k_(k), after_(after) {}

  void Offer(const Hit& hit);
  bool full() const { return hits_.size() == k_; }
  // What a hit must reach to get in; below any score while there is room.
  float floor() const { return full() && k_ > 0 ? hits_.front().score : -1; }
  std::vector<Hit> Take() &&;  // best first

 private:
  size_t k_;
  std::optional<RankPosition> after_;
  std::vector<Hit> hits_;  // a heap, the worst in front
};

// Ranks the documents of one segment after another. Slots are added up in one order everywhere, so that a score is the
// same to the bit however it came about.
class Ranker {
 public:
  Ranker(const PreparedQuery& query, const TopOptions& options);

  // Offers the documents of `set` (null: living ones that match a slot) of a segment.
  void Rank(uint32_t part, const Bits* set, BestHits& best);

  // Slots by their greatest possible contribution, greatest first.
  const std::vector<size_t>& order() const { return order_; }
  const Bm25fTable& table() const { return table_; }

 private:
  static constexpr uint32_t kWindow = 4096;  // documents
  static constexpr size_t kWords = kWindow / 64;
  static constexpr float kSlack = 1.00001F;  // bounds are summed in another order than scores

  struct Term {
    PostingList list;
    float factor = 0;
    size_t begin = 0, end = 0;  // of the window
  };
  struct Slot {
    std::vector<Term> terms;
    float bound = 0;
  };

  void Open(uint32_t part);
  void SetFloor(const BestHits& best);
  bool PlaceTerms(uint32_t first, size_t slots);
  void RankWindow(uint32_t first, BitSpan within, bool listed, BestHits& best);
  void AccumulateEssential(uint32_t first);
  void AccumulateTerm(const Term& term, double others, uint32_t first, bool only);
  void TakeTouched(uint32_t first, BitSpan within);
  void TakeAll(uint32_t first, BitSpan within);
  void AddSlot(const Slot& slot);
  void AddTerm(const Term& term);
  void Prune(float rest);

  const PreparedQuery& query_;
  const TopOptions& options_;
  const Bm25fTable table_;
  const float largest_boost_;
  const float base_;  // what every document of a set has: 1 without slots, so that boosts order it
  std::vector<size_t> order_;

  const Segment* segment_ = nullptr;
  uint32_t part_ = 0;
  std::vector<Slot> slots_;     // those of the segment, in order
  std::vector<float> rest_;     // rest_[i]: bound of slots i and behind
  std::vector<double> others_;  // others_[i]: bound of all slots but i
  size_t essential_ = 0;        // documents without one of these slots cannot get in
  float floor_ = -1;            // of the score before boosts

  // A window: sums by place, then candidates.
  std::array<float, kWindow> sums_{};
  std::array<float, kWindow> best_of_slot_{};
  std::array<uint64_t, kWords> touched_{};
  std::array<float, kBlockPostings> scores_;
  std::vector<uint32_t> docs_;
  std::vector<float> totals_, parts_;
  std::vector<uint32_t> found_, found_docs_;
  std::vector<Frequencies> found_frequencies_;
  std::vector<float> found_scores_;
};

}  // namespace kontor::search
