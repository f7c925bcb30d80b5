#include "libs/domain/search/interleave.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "libs/base/random.h"
#include "libs/domain/search/evaluation.h"

namespace kontor::search {

Interleaved TeamDraft(absl::Span<const uint32_t> a, absl::Span<const uint32_t> b, size_t k, uint64_t seed) {
  base::Random random(seed);
  Interleaved out;
  absl::flat_hash_set<uint32_t> taken;
  size_t next[2] = {0, 0}, picked[2] = {0, 0};
  const absl::Span<const uint32_t> rankings[2] = {a, b};
  while (out.documents.size() < k) {
    for (const size_t team : {0, 1}) {
      while (next[team] < rankings[team].size() && taken.contains(rankings[team][next[team]])) ++next[team];
    }
    const bool left[2] = {next[0] < a.size(), next[1] < b.size()};
    if (!left[0] && !left[1]) break;
    size_t team = picked[0] == picked[1] ? random.Below(2) : picked[0] > picked[1];
    if (!left[team]) team = 1 - team;
    const uint32_t document = rankings[team][next[team]];
    taken.insert(document);
    out.documents.push_back(document);
    out.teams.push_back(static_cast<Team>(team));
    ++picked[team];
  }
  return out;
}

Credit CreditClicks(absl::Span<const Team> teams, absl::Span<const uint32_t> clicked_places) {
  Credit out;
  std::vector<bool> seen(teams.size(), false);
  for (const uint32_t place : clicked_places) {
    if (place >= teams.size() || seen[place]) continue;
    seen[place] = true;
    ++(teams[place] == Team::kA ? out.a : out.b);
  }
  return out;
}

void TeamPreference::Add(const Credit& credit) { ++(credit.a > credit.b ? a_ : credit.b > credit.a ? b_ : ties_); }

double TeamPreference::Delta() const {
  if (answers() == 0) return 0;
  return (static_cast<double>(b_) + static_cast<double>(ties_) / 2) / static_cast<double>(answers()) - 0.5;
}

double TeamPreference::PValue() const { return SignTest(a_, b_); }

}  // namespace kontor::search
