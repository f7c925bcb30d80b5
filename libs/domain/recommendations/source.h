#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "libs/base/bytes.h"
#include "libs/domain/recommendations/candidates.h"
#include "libs/domain/recommendations/profile.h"
#include "libs/domain/recommendations/types.h"

namespace kontor::recommendations {

// One number that a source states about a person and an item: 0 or more, 0 when it knows nothing. The ranker reads
// log(1 + value / scale), or the value itself where scale is 0.
struct Signal {
  absl::string_view name;  // unique in a model
  ReasonKind reason = ReasonKind::kPopular;
  float scale = 0;
  float neutral = 0;  // the value as the ranker reads it that speaks neither for nor against: counts 0 in reasons
  Effort effort = Effort::kLinear;  // its source's; filled by Model::Signals
  bool of_content = false;          // says as much about items that nobody has bought yet
};

// Where candidates come from; each later model is one more. A request asks every source for nominations, then for its
// signals about everybody's nominations, so that the ranker sees a full table. Immutable, thread-safe. Items of a
// request are numbers below profile.item_count(), which may be more than the source learned of.
class CandidateSource {
 public:
  virtual ~CandidateSource() = default;

  virtual absl::string_view name() const = 0;  // unique in a model, and what its file knows the source by
  virtual absl::Span<const Signal> signals() const = 0;
  virtual Effort effort() const { return Effort::kLinear; }  // the least that pays for it

  // Nominates about `limit` items, the best it knows. `first` is the column of the source's first signal;
  // what it accumulates in out.scores(first + i) it finds there again in Describe.
  virtual void Generate(const Profile& profile, int limit, size_t first, Candidates& out) const = 0;

  // Fills the columns first, first + 1, … for every row of the table.
  virtual void Describe(const Profile& profile, size_t first, Candidates& out) const = 0;

  // Fills what a reason of this source's kind tells beside its share.
  virtual void Explain(const Profile& profile, ItemId item, Reason& reason) const = 0;

  // The same without what it keeps of those persons (UserContext::person); null where it keeps nothing of them.
  virtual std::unique_ptr<const CandidateSource> Without(const absl::flat_hash_set<uint64_t>& persons) const {
    return nullptr;
  }

  // What the source needs to compare an item that came after the training with others, from its features (ascending,
  // in the training's numbers): found again in FreshItem::codes. Empty for sources that learn from behaviour alone.
  virtual std::vector<float> EncodeItem(absl::Span<const uint32_t>) const { return {}; }

  // How often it could not answer since it was made, or said what is no number: what it nominates and states is then
  // as if it knew nothing. More than 0 means that something is broken.
  virtual int64_t failures() const { return 0; }

  // The source as a part of a model's file; read by LoadSource (source_table.h).
  virtual void Save(base::ByteWriter& out) const = 0;
};

}  // namespace kontor::recommendations
