#include <algorithm>
#include <utility>

#include "libs/base/hash.h"
#include "services/recommendations/overlay.h"

// What an overlay knows of who is who, and of who is forgotten.
namespace kontor::recommendations {
namespace {

// Forgets what happened up to then to people of `persons`.
template <typename Map>
void EraseEvents(const absl::flat_hash_map<uint64_t, absl::Time>& persons, Map& of) {
  for (auto it = of.begin(); it != of.end();) {
    const auto person = persons.find(base::StableHash(it->first));
    auto& events = it->second;
    if (person != persons.end()) {
      events.erase(std::remove_if(events.begin(), events.end(),
                                  [&](const auto& event) { return event.occurred_at <= person->second; }),
                   events.end());
    }
    events.empty() ? of.erase(it++) : void(++it);
  }
}

}  // namespace

void Overlay::AddLink(const IdentityLink& link, absl::Time occurred_at, absl::Time received_at, absl::Time now) {
  base::WriterLock lock(mutex_);
  if (IsErased({link.visitor, link.customer}, occurred_at) || !Admit(received_at, now)) return;
  const auto [found, inserted] = links_.try_emplace(link.visitor);
  LiveLink& live = found->second;
  if (!inserted) {
    if (live.occurred_at > occurred_at) return;
    live.occurred_at = occurred_at;
    if (live.customer == link.customer && live.linked == link.linked) return;
    DetachLink(link.visitor, live);
  }
  live = {link.customer, link.linked, occurred_at, next_number_++};
  if (link.linked) visitors_of_[link.customer].push_back(link.visitor);
  arrivals_.push_back({received_at, live.number, Arrival::Kind::kLink, link.visitor});
}

void Overlay::DetachLink(const std::string& visitor, const LiveLink& link) {
  const auto found = visitors_of_.find(link.customer);
  if (!link.linked || found == visitors_of_.end()) return;
  std::vector<std::string>& visitors = found->second;
  visitors.erase(std::remove(visitors.begin(), visitors.end(), visitor), visitors.end());
  if (visitors.empty()) visitors_of_.erase(found);
}

void Overlay::ForgetLink(const Arrival& arrival) {
  const auto found = links_.find(arrival.key);
  if (found == links_.end() || found->second.number != arrival.number) return;
  DetachLink(found->first, found->second);
  links_.erase(found);
}

void Overlay::Erase(const absl::flat_hash_map<uint64_t, absl::Time>& persons) {
  base::WriterLock lock(mutex_);
  for (const auto& [person, until] : persons) {
    const auto [known, inserted] = erased_.try_emplace(person, until);
    if (!inserted) known->second = std::max(known->second, until);
  }
  EraseEvents(persons, steps_of_);
  EraseEvents(persons, lists_of_);
  std::vector<std::string> buyers;
  for (const auto& [subject, orders] : orders_of_) {
    if (persons.contains(base::StableHash(subject))) buyers.push_back(subject);
  }
  EraseOrders(buyers);
  for (auto it = links_.begin(); it != links_.end();) {
    const auto gone = it++;
    const LiveLink& link = gone->second;
    if (!IsErased({gone->first, link.customer}, link.occurred_at)) continue;
    DetachLink(gone->first, link);
    links_.erase(gone);
  }
}

void Overlay::EraseOrders(absl::Span<const std::string> subjects) {
  for (const std::string& subject : subjects) {
    const std::vector<std::string> ids = orders_of_[subject];
    for (const std::string& id : ids) {
      LiveOrder& live = orders_[id];
      if (!IsErased({subject}, live.snapshot->occurred_at)) continue;
      DetachOrder(live);
      OrderSnapshot nobodys = *live.snapshot;
      nobodys.subject.clear();
      live.snapshot = std::make_shared<const OrderSnapshot>(std::move(nobodys));
    }
  }
}

absl::Time Overlay::ErasedUntil(absl::string_view token) const {
  if (erased_.empty() || token.empty()) return absl::InfinitePast();
  const auto found = erased_.find(base::StableHash(token));
  return found == erased_.end() ? absl::InfinitePast() : found->second;
}

bool Overlay::IsErased(absl::Span<const std::string> tokens, absl::Time occurred_at) const {
  return std::any_of(tokens.begin(), tokens.end(), [&](const std::string& token) ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return occurred_at <= ErasedUntil(token);
  });
}

std::vector<std::string> Overlay::VisitorsOf(absl::string_view customer, absl::Span<const std::string> stored) const {
  base::ReaderLock lock(mutex_);
  return LiveVisitors(customer, stored);
}

std::vector<std::string> Overlay::LiveVisitors(absl::string_view customer, absl::Span<const std::string> stored) const {
  std::vector<std::string> visitors;
  for (const std::string& visitor : stored) {
    const auto link = links_.find(visitor);
    // A link with another customer, or one undone with this one.
    if (link != links_.end() && (link->second.customer == customer) != link->second.linked) continue;
    visitors.push_back(visitor);
  }
  const auto live = visitors_of_.find(customer);
  if (live == visitors_of_.end()) return visitors;
  visitors.insert(visitors.end(), live->second.begin(), live->second.end());
  std::sort(visitors.begin(), visitors.end());
  visitors.erase(std::unique(visitors.begin(), visitors.end()), visitors.end());
  return visitors;
}

}  // namespace kontor::recommendations
