#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

// Two rankings compared by the clicks on one list that both made.
namespace kontor::search {

enum class Team : uint8_t { kA = 0, kB = 1 };

struct Interleaved {
  std::vector<uint32_t> documents;  // best first
  std::vector<Team> teams;          // who put each of them
};

// Team-draft interleaving (Radlinski, Kurup, Joachims 2008): the ranking with fewer documents, by lot when they have as
// many, adds its best that is not there yet, up to k. `seed`: of this one answer, for example a hash of its attribution
// token, so that the same answer can be made again. Documents within a ranking are distinct.
Interleaved TeamDraft(absl::Span<const uint32_t> a, absl::Span<const uint32_t> b, size_t k, uint64_t seed);

// The clicks of one answer by team. Places are counted from 0; places beyond the list and repeated ones count nothing.
struct Credit {
  int64_t a = 0, b = 0;
};
Credit CreditClicks(absl::Span<const Team> teams, absl::Span<const uint32_t> clicked_places);

// Sums over answers; an answer is won by the team with more clicks.
class TeamPreference {
 public:
  TeamPreference() = default;
  TeamPreference(int64_t a, int64_t b, int64_t ties)
      : a_(a), b_(b), ties_(ties) {}  // answers won, and those of neither

  void Add(const Credit& credit);

  int64_t answers() const { return a_ + b_ + ties_; }
  int64_t a() const { return a_; }
  int64_t b() const { return b_; }
  int64_t ties() const { return ties_; }
  // (wins of B + ties / 2) / answers - 1/2 (Chapelle et al. 2012): above 0 where B is preferred. 0 without answers.
  double Delta() const;
  // Of a sign test over the answers that a team won.
  double PValue() const;

 private:
  int64_t a_ = 0, b_ = 0, ties_ = 0;
};

}  // namespace kontor::search
