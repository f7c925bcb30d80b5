#pragma once

#include <cstdint>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/domain/recommendations/sessions.h"
#include "libs/domain/recommendations/source.h"

namespace kontor::recommendations {

// Decays were chosen on 30,000 questions of the last tenth of the training sessions of diginetica (CIKM Cup 2016); they
// are in steps, 0 for none: no weight is lost with age or distance.
struct SessionKnnOptions {
  uint32_t neighbours = 1'000;        // the most similar, of
  uint32_t sample = 2'500;            // the newest sessions that share an item
  uint32_t max_postings = 5'000;      // sessions listed an item, the newest
  uint32_t max_sessions = 5'000'000;  // the newest
  uint32_t max_length = 100;          // items told of a session, its last; at most 255
  uint32_t max_recent = 50;           // items of a person that are looked up
  float age_decay = 1.5F;             // an item of theirs weighs exp(-age / age_decay)
  float session_decay = 1;            // a session weighs exp(-(sessions since / sessions) / session_decay)
  float distance_decay = 2.5F;        // its items weigh exp(-steps from the shared item / distance_decay)
  float before = 0.75F;               // and so much of it where they stand before the shared item
  float idf = 3;                      // what is told weighs 1 + idf * ln(sessions / sessions with the item)
};

// Sessions like this one: vector-multiplication session kNN (Ludewig and Jannach 2018, "Evaluation of session-based
// recommendation algorithms") with the decays of STAN (Garg et al. 2019, "Sequence and time aware neighborhood for
// session-based recommendations"):
//   similarity(s) = sum of exp(-age / age_decay) over the shared items, times the session's recency
//   score(i)      = (1 + idf ln(N / n_i)) * sum over the nearest s of similarity(s) * exp(-steps / distance_decay)
// where steps leads from the newest shared item to i in s. Training is an inverted index. Memory: about 9 bytes a line
// of a session. Cost of a request: postings of the recent items, then neighbours times their length; see
// `bench_recommendations`.
class SessionKnn : public CandidateSource {
 public:
  // Of one thread, to use again: 5 bytes a session.
  struct Workspace {
    ScoreVector similarities;
    std::vector<uint8_t> shared;  // by session: where the newest shared item stands
    std::vector<uint32_t> neighbours;
  };

  static SessionKnn Train(const Sessions& sessions, const SessionKnnOptions& options);

  absl::string_view name() const override { return "session_knn"; }
  // The score, divided by its maximum over all items.
  absl::Span<const Signal> signals() const override;
  Effort effort() const override { return Effort::kSession; }
  void Generate(const Profile& profile, int limit, size_t first, Candidates& out) const override;
  void Describe(const Profile& profile, size_t first, Candidates& out) const override;
  // Names the recent item that meets `item` in the most similar sessions.
  void Explain(const Profile& profile, ItemId item, Reason& reason) const override;

  // The scores of all items by the formula above, 0 for most. `recent` holds distinct items, newest first. Thread-safe
  // with a workspace a thread; `out` holds at least item_count() numbers and is empty.
  void Score(absl::Span<const RecentItem> recent, Workspace& workspace, ScoreVector& out) const;

  uint32_t sessions() const { return static_cast<uint32_t>(session_ends_.size() - 1); }
  uint32_t item_count() const { return static_cast<uint32_t>(posting_ends_.size() - 1); }

  void Save(base::ByteWriter& out) const override;
  static SessionKnn Load(base::ByteReader& in, uint32_t item_count);

 private:
  void Prepare();  // what follows from the saved columns
  void FindNeighbours(absl::Span<const RecentItem> recent, Workspace& workspace) const;
  float AgeWeight(uint32_t age) const;
  absl::Span<const uint32_t> PostingsOf(ItemId item) const {
    return absl::MakeConstSpan(postings_).subspan(posting_ends_[item], posting_ends_[item + 1] - posting_ends_[item]);
  }

  SessionKnnOptions options_;
  std::vector<uint64_t> session_ends_ = {0};
  std::vector<ItemId> items_;                 // of the sessions, oldest first
  std::vector<uint64_t> posting_ends_ = {0};  // by item
  std::vector<uint32_t> postings_;            // sessions, newest first
  std::vector<uint8_t> positions_;            // where the item stands last in that session
  std::vector<float> idf_;                    // 1 + idf * ln(…), by item

  std::vector<float> recency_;    // by session
  std::vector<float> distances_;  // the weight of a step of -255 … 255
};

}  // namespace kontor::recommendations
