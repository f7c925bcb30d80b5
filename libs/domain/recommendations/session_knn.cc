#include "libs/domain/recommendations/session_knn.h"

#include <algorithm>
#include <cmath>

namespace kontor::recommendations {
namespace {

constexpr uint32_t kMaxLength = 255;

// exp(-x / decay), 1 where there is no decay.
float Decayed(double x, float decay) { return decay > 0 ? static_cast<float>(std::exp(-x / decay)) : 1.0F; }

}  // namespace

SessionKnn SessionKnn::Train(const Sessions& sessions, const SessionKnnOptions& options) {
  SessionKnn out;
  out.options_ = options;
  out.options_.max_length = std::min(options.max_length, kMaxLength);
  const uint32_t first = sessions.size() - std::min(sessions.size(), options.max_sessions);
  for (uint32_t session = first; session < sessions.size(); ++session) {
    absl::Span<const ItemId> items = sessions.Of(session);
    items.remove_prefix(items.size() - std::min<size_t>(items.size(), out.options_.max_length));
    out.items_.insert(out.items_.end(), items.begin(), items.end());
    out.session_ends_.push_back(out.items_.size());
  }
  std::vector<std::vector<std::pair<uint32_t, uint8_t>>> lists(sessions.item_count());
  std::vector<uint32_t> counts(sessions.item_count(), 0), last_in(sessions.item_count(), kNone);
  for (uint32_t session = out.sessions(); session-- > 0;) {
    for (uint64_t i = out.session_ends_[session + 1]; i-- > out.session_ends_[session];) {
      const ItemId item = out.items_[i];
      if (last_in[item] == session) continue;
      last_in[item] = session;
      ++counts[item];
      if (lists[item].size() < options.max_postings) {
        lists[item].emplace_back(session, static_cast<uint8_t>(i - out.session_ends_[session]));
      }
    }
  }
  for (ItemId item = 0; item < sessions.item_count(); ++item) {
    for (const auto& [session, position] : lists[item]) {
      out.postings_.push_back(session);
      out.positions_.push_back(position);
    }
    out.posting_ends_.push_back(out.postings_.size());
    const double rarity = std::log(std::max<double>(1, out.sessions()) / std::max<uint32_t>(counts[item], 1));
    out.idf_.push_back(static_cast<float>(1 + options.idf * rarity));
  }
  out.Prepare();
  return out;
}

void SessionKnn::Prepare() {
  for (uint32_t session = 0; session < sessions(); ++session) {
    recency_.push_back(
        Decayed(static_cast<double>(sessions() - session) / static_cast<double>(sessions()), options_.session_decay));
  }
  for (int step = -static_cast<int>(kMaxLength); step <= static_cast<int>(kMaxLength); ++step) {
    distances_.push_back((step < 0 ? options_.before : 1) * Decayed(std::abs(step), options_.distance_decay));
  }
}

float SessionKnn::AgeWeight(uint32_t age) const { return Decayed(age, options_.age_decay); }

void SessionKnn::FindNeighbours(absl::Span<const RecentItem> recent, Workspace& workspace) const {
  ScoreVector& similarities = workspace.similarities;
  similarities.Clear();
  similarities.Resize(sessions());
  if (workspace.shared.size() < sessions()) workspace.shared.resize(sessions());
  for (size_t r = std::min<size_t>(recent.size(), options_.max_recent); r-- > 0;) {  // the newest writes last
    const float weight = AgeWeight(recent[r].age);
    if (recent[r].item >= item_count() || weight <= 0) continue;
    const uint64_t begin = posting_ends_[recent[r].item];
    const uint64_t end = std::min(posting_ends_[recent[r].item + 1], begin + options_.sample);
    for (uint64_t i = begin; i < end; ++i) {
      similarities.Add(postings_[i], weight);
      workspace.shared[postings_[i]] = positions_[i];
    }
  }
  std::vector<uint32_t>& neighbours = workspace.neighbours;
  neighbours.assign(similarities.touched().begin(), similarities.touched().end());
  if (neighbours.size() > options_.sample) {
    std::nth_element(neighbours.begin(), neighbours.begin() + options_.sample, neighbours.end(), std::greater<>());
    neighbours.resize(options_.sample);
  }
  similarities.Transform([&](uint32_t session, float sum) { return sum * recency_[session]; });
  if (neighbours.size() > options_.neighbours) {
    std::nth_element(neighbours.begin(), neighbours.begin() + options_.neighbours, neighbours.end(),
                     [&](uint32_t a, uint32_t b) {
                       return similarities[a] != similarities[b] ? similarities[a] > similarities[b] : a > b;
                     });
    neighbours.resize(options_.neighbours);
  }
}

void SessionKnn::Score(absl::Span<const RecentItem> recent, Workspace& workspace, ScoreVector& out) const {
  FindNeighbours(recent, workspace);
  for (uint32_t session : workspace.neighbours) {
    const float similarity = workspace.similarities[session];
    const uint64_t begin = session_ends_[session], end = session_ends_[session + 1];
    const float* weights = distances_.data() + kMaxLength - workspace.shared[session];
    for (uint64_t i = begin; i < end; ++i) out.Add(items_[i], similarity * weights[i - begin]);
  }
  out.Transform([&](uint32_t item, float sum) { return sum * idf_[item]; });
}

absl::Span<const Signal> SessionKnn::signals() const {
  static constexpr Signal kAll[] = {{"session_knn", ReasonKind::kSameSession, 0.05F}};
  return kAll;
}

void SessionKnn::Generate(const Profile& profile, int limit, size_t first, Candidates& out) const {
  static thread_local Workspace workspace;
  ScoreVector& scores = out.scores(first);
  Score(profile.recent(), workspace, scores);
  const float max = scores.Max();
  if (max > 0) scores.set_unit(max);
  out.NominateBest(first, limit);
}

void SessionKnn::Describe(const Profile&, size_t first, Candidates& out) const {
  const ScoreVector& scores = out.scores(first);
  for (size_t row = 0; row < out.items().size(); ++row) out.value(row, first) = scores[out.items()[row]];
}

void SessionKnn::Explain(const Profile& profile, ItemId item, Reason& reason) const {
  if (item >= item_count()) return;
  float best = 0;
  const absl::Span<const uint32_t> wanted = PostingsOf(item);
  for (const RecentItem& recent : profile.recent().subspan(0, options_.max_recent)) {
    if (recent.item == item || recent.item >= item_count()) continue;
    float sum = 0;
    const absl::Span<const uint32_t> given = PostingsOf(recent.item);
    for (size_t a = 0, b = 0; a < wanted.size() && b < given.size();) {
      if (wanted[a] == given[b]) sum += recency_[wanted[a]];
      const bool advance_a = wanted[a] >= given[b], advance_b = given[b] >= wanted[a];
      a += advance_a;
      b += advance_b;
    }
    sum *= AgeWeight(recent.age);
    if (sum > best) {
      best = sum;
      reason.evidence = recent.item;
    }
  }
}

void SessionKnn::Save(base::ByteWriter& out) const {
  for (uint32_t value : {options_.neighbours, options_.sample, options_.max_recent}) out.Value(value);
  for (float value : {options_.age_decay, options_.session_decay, options_.distance_decay, options_.before}) {
    out.Value(value);
  }
  out.Array(session_ends_);
  out.Array(items_);
  out.Array(posting_ends_);
  out.Array(postings_);
  out.Array(positions_);
  out.Array(idf_);
}

SessionKnn SessionKnn::Load(base::ByteReader& in, uint32_t item_count) {
  SessionKnn out;
  for (uint32_t* value : {&out.options_.neighbours, &out.options_.sample, &out.options_.max_recent}) {
    *value = in.Value<uint32_t>();
  }
  for (float* value :
       {&out.options_.age_decay, &out.options_.session_decay, &out.options_.distance_decay, &out.options_.before}) {
    *value = in.Value<float>();
    in.Require(*value >= 0 && *value <= base::ByteReader::kMaxWeight, "session_knn has a decay out of range");
  }
  out.session_ends_ = in.Array<uint64_t>();
  out.items_ = in.Array<ItemId>();
  out.posting_ends_ = in.Array<uint64_t>();
  out.postings_ = in.Array<uint32_t>();
  out.positions_ = in.Array<uint8_t>();
  out.idf_ = in.Array<float>();
  in.Require(!out.session_ends_.empty(), "session_knn has no sessions");
  in.Require(out.postings_.size() == out.positions_.size() && out.idf_.size() == item_count,
             "session_knn has columns of unequal length");
  if (!in.status().ok()) return SessionKnn();
  in.RequireOffsets(out.session_ends_, out.session_ends_.size() - 1, out.items_.size());
  in.RequireOffsets(out.posting_ends_, item_count, out.postings_.size());
  in.RequireBelow(out.items_, item_count);
  in.RequireBelow(out.postings_, out.sessions());
  in.RequireWeights(out.idf_);
  for (uint32_t session = 0; session < out.sessions() && in.status().ok(); ++session) {
    in.Require(out.session_ends_[session + 1] - out.session_ends_[session] <= kMaxLength, "a session is too long");
  }
  if (!in.status().ok()) return SessionKnn();
  out.Prepare();
  return out;
}

}  // namespace kontor::recommendations
