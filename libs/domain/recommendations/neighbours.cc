#include "libs/domain/recommendations/neighbours.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kontor::recommendations {
namespace {

// The newest users with a basket, the newest first.
std::vector<uint32_t> NewestUsers(const Baskets& baskets, size_t limit) {
  std::vector<uint32_t> users;
  for (uint32_t user = 0; user < baskets.users(); ++user) {
    if (baskets.OfUser(user).size() > 0) users.push_back(user);
  }
  std::stable_sort(users.begin(), users.end(), [&](uint32_t a, uint32_t b) {
    return baskets.At(baskets.OfUser(a).end - 1).time_seconds > baskets.At(baskets.OfUser(b).end - 1).time_seconds;
  });
  if (users.size() > limit) users.resize(limit);
  return users;
}

}  // namespace

Neighbours Neighbours::Train(const Baskets& baskets, absl::Span<const uint64_t> persons,
                             const NeighboursOptions& options) {
  Neighbours out;
  out.neighbours_ = options.neighbours;
  const std::vector<uint32_t> users = NewestUsers(baskets, options.max_users);
  for (uint32_t user : users) {
    out.persons_.push_back(persons[user]);
    out.AppendProfile(baskets, user, options);
  }
  out.Invert(baskets, users, options);
  return out;
}

void Neighbours::AppendProfile(const Baskets& baskets, uint32_t user, const NeighboursOptions& options) {
  const std::vector<PastBasket> past = baskets.PastOf(user, options.recent_baskets);
  UserContext context;
  context.baskets = past;
  const Profile profile(context, baskets.item_count());
  std::vector<ProfileItem> items(profile.items().begin(), profile.items().end());
  if (items.size() > options.max_profile) {
    std::nth_element(items.begin(), items.begin() + options.max_profile, items.end(),
                     [](const ProfileItem& a, const ProfileItem& b) {
                       return a.count != b.count ? a.count > b.count : a.item < b.item;
                     });
    items.resize(options.max_profile);
  }
  for (const ProfileItem& item : items) {
    profile_items_.push_back(item.item);
    profile_shares_.push_back(static_cast<float>(item.count) / static_cast<float>(past.size()));
  }
  profile_offsets_.push_back(profile_items_.size());
}

void Neighbours::Invert(const Baskets& baskets, absl::Span<const uint32_t> users, const NeighboursOptions& options) {
  std::vector<std::vector<std::pair<uint32_t, float>>> postings(baskets.item_count());
  for (uint32_t index = 0; index < users.size(); ++index) {
    const std::vector<PastBasket> past = baskets.PastOf(users[index]);
    UserContext context;
    context.baskets = past;
    const Profile profile(context, baskets.item_count());
    double squares = 0;
    for (const ProfileItem& item : profile.items()) squares += static_cast<double>(item.rate) * item.rate;
    for (const ProfileItem& item : profile.items()) {
      auto& list = postings[item.item];
      if (list.size() < options.max_postings) {
        list.emplace_back(index, static_cast<float>(item.rate / std::sqrt(squares)));
      }
    }
  }
  for (const auto& list : postings) {
    for (const auto& [user, weight] : list) {
      posting_users_.push_back(user);
      posting_weights_.push_back(weight);
    }
    posting_offsets_.push_back(posting_users_.size());
  }
}

absl::Span<const Signal> Neighbours::signals() const {
  static constexpr Signal kAll[] = {{"neighbours", ReasonKind::kSimilarCustomers, 0.01F}};
  return kAll;
}

void Neighbours::PrefetchProfile(uint32_t user) const {
  constexpr uint64_t kLine = 16;  // entries
  for (uint64_t i = profile_offsets_[user]; i < profile_offsets_[user + 1]; i += kLine) {
    __builtin_prefetch(profile_items_.data() + i);
    __builtin_prefetch(profile_shares_.data() + i);
  }
}

void Neighbours::Generate(const Profile& profile, int limit, size_t first, Candidates& out) const {
  double squares = 0;
  for (const Seed& seed : profile.seeds()) squares += static_cast<double>(seed.weight) * seed.weight;
  if (squares == 0) return;
  ScoreVector& cosines = out.workspace();
  cosines.Clear();
  cosines.Resize(users());
  for (const Seed& seed : profile.seeds()) {
    if (seed.item + size_t{1} >= posting_offsets_.size()) continue;
    const float weight = static_cast<float>(seed.weight / std::sqrt(squares));
    const uint64_t begin = posting_offsets_[seed.item], size = posting_offsets_[seed.item + 1] - begin;
    cosines.AddAll(absl::MakeConstSpan(posting_users_).subspan(begin, size),
                   absl::MakeConstSpan(posting_weights_).subspan(begin, size), weight);
  }
  std::vector<uint32_t>& best = out.order();
  const uint64_t person = profile.context().person;
  cosines.Best(
      neighbours_, [&](uint32_t user) { return person == 0 || persons_[user] != person; }, best);
  std::sort(best.begin(), best.end());  // sums do not depend on how the best were found
  const auto cubed = [&](uint32_t user) { return cosines[user] * cosines[user] * cosines[user]; };
  float total = 0;
  for (uint32_t user : best) total += cubed(user);
  ScoreVector& scores = out.scores(first);
  for (size_t n = 0; n < best.size(); ++n) {
    if (n + 1 < best.size()) PrefetchProfile(best[n + 1]);
    const uint32_t user = best[n];
    const float weight = cubed(user) / total;
    const uint64_t begin = profile_offsets_[user], size = profile_offsets_[user + 1] - begin;
    scores.AddAll(absl::MakeConstSpan(profile_items_).subspan(begin, size),
                  absl::MakeConstSpan(profile_shares_).subspan(begin, size), weight);
  }
  out.NominateBest(first, limit);
}

void Neighbours::Describe(const Profile&, size_t first, Candidates& out) const {
  const ScoreVector& scores = out.scores(first);
  for (size_t row = 0; row < out.items().size(); ++row) out.value(row, first) = scores[out.items()[row]];
}

std::unique_ptr<const CandidateSource> Neighbours::Without(const absl::flat_hash_set<uint64_t>& persons) const {
  std::vector<bool> gone(users());
  for (uint32_t user = 0; user < users(); ++user) gone[user] = persons.contains(persons_[user]);
  if (std::find(gone.begin(), gone.end(), true) == gone.end()) return nullptr;
  auto out = std::make_unique<Neighbours>();
  out->neighbours_ = neighbours_;
  for (uint32_t user = 0; user < users(); ++user) {  // who is gone leaves an empty row that nothing leads to
    out->persons_.push_back(gone[user] ? 0 : persons_[user]);
    for (uint64_t i = profile_offsets_[user]; i < profile_offsets_[user + 1] && !gone[user]; ++i) {
      out->profile_items_.push_back(profile_items_[i]);
      out->profile_shares_.push_back(profile_shares_[i]);
    }
    out->profile_offsets_.push_back(out->profile_items_.size());
  }
  for (size_t item = 0; item + 1 < posting_offsets_.size(); ++item) {
    for (uint64_t i = posting_offsets_[item]; i < posting_offsets_[item + 1]; ++i) {
      if (gone[posting_users_[i]]) continue;
      out->posting_users_.push_back(posting_users_[i]);
      out->posting_weights_.push_back(posting_weights_[i]);
    }
    out->posting_offsets_.push_back(out->posting_users_.size());
  }
  return out;
}

void Neighbours::Save(base::ByteWriter& out) const {
  out.Value(neighbours_);
  out.Array(persons_);
  out.Array(posting_offsets_);
  out.Array(posting_users_);
  out.Array(posting_weights_);
  out.Array(profile_offsets_);
  out.Array(profile_items_);
  out.Array(profile_shares_);
}

Neighbours Neighbours::Load(base::ByteReader& in, uint32_t item_count) {
  Neighbours out;
  out.neighbours_ = in.Value<uint32_t>();
  out.persons_ = in.Array<uint64_t>();
  out.posting_offsets_ = in.Array<uint64_t>();
  out.posting_users_ = in.Array<uint32_t>();
  out.posting_weights_ = in.Array<float>();
  out.profile_offsets_ = in.Array<uint64_t>();
  out.profile_items_ = in.Array<ItemId>();
  out.profile_shares_ = in.Array<float>();
  in.Require(out.posting_users_.size() == out.posting_weights_.size() &&
                 out.profile_items_.size() == out.profile_shares_.size(),
             "neighbours has columns of unequal length");
  in.RequireOffsets(out.posting_offsets_, item_count, out.posting_users_.size());
  in.RequireOffsets(out.profile_offsets_, out.persons_.size(), out.profile_items_.size());
  in.RequireBelow(out.posting_users_, out.persons_.size());
  in.RequireBelow(out.profile_items_, item_count);
  in.RequireWeights(out.posting_weights_);
  in.RequireWeights(out.profile_shares_);
  return out;
}

}  // namespace kontor::recommendations
