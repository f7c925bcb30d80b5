#include "services/recommendations/overlay.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "libs/base/hash.h"
#include "libs/domain/recommendations/visits.h"

namespace kontor::recommendations {
namespace {

// Forgets what arrived up to `number` of one subject.
template <typename Map>
void ForgetUpTo(uint64_t number, const std::string& subject, Map& of) {
  const auto found = of.find(subject);
  if (found == of.end()) return;
  auto& events = found->second;
  while (!events.empty() && events.front().number <= number) events.pop_front();
  if (events.empty()) of.erase(found);
}

}  // namespace

bool Overlay::Admit(absl::Time received_at, absl::Time now) {
  const absl::Time oldest = now - limits_.window;
  while (!arrivals_.empty() && (arrivals_.front().received_at < oldest || arrivals_.size() >= limits_.events)) {
    ForgetOldest();
  }
  return received_at >= oldest;
}

void Overlay::ForgetOldest() {
  const Arrival arrival = std::move(arrivals_.front());
  arrivals_.pop_front();
  switch (arrival.kind) {
    case Arrival::Kind::kOrder:
      return ForgetOrder(arrival);
    case Arrival::Kind::kStep:
      return ForgetUpTo(arrival.number, arrival.key, steps_of_);
    case Arrival::Kind::kList:
      return ForgetUpTo(arrival.number, arrival.key, lists_of_);
    case Arrival::Kind::kLink:
      return ForgetLink(arrival);
  }
}

void Overlay::ForgetOrder(const Arrival& arrival) {
  const auto found = orders_.find(arrival.key);
  if (found == orders_.end() || found->second.number != arrival.number) return;
  DetachOrder(found->second);
  orders_.erase(found);
}

void Overlay::DetachOrder(const LiveOrder& order) {
  if (order.snapshot == nullptr) return;
  const auto found = orders_of_.find(order.snapshot->subject);
  if (found == orders_of_.end()) return;
  std::vector<std::string>& ids = found->second;
  ids.erase(std::remove(ids.begin(), ids.end(), order.snapshot->order_id), ids.end());
  if (ids.empty()) orders_of_.erase(found);
}

void Overlay::AddOrder(OrderSnapshot order, absl::Time received_at, absl::Time now) {
  base::WriterLock lock(mutex_);
  if (!Admit(received_at, now)) return;
  if (IsErased({order.subject}, order.occurred_at)) order.subject.clear();
  const std::string id = order.order_id;
  LiveOrder& live = orders_[id];
  if (live.snapshot != nullptr && live.snapshot->revision >= order.revision) return;
  DetachOrder(live);
  live.number = next_number_++;
  if (!order.subject.empty()) orders_of_[order.subject].push_back(id);
  live.snapshot = std::make_shared<const OrderSnapshot>(std::move(order));
  arrivals_.push_back({received_at, live.number, Arrival::Kind::kOrder, id});
}

void Overlay::CancelOrder(const std::string& order_id, absl::Time received_at, absl::Time now) {
  base::WriterLock lock(mutex_);
  if (!Admit(received_at, now)) return;
  LiveOrder& live = orders_[order_id];
  live.cancelled = true;
  live.number = next_number_++;
  arrivals_.push_back({received_at, live.number, Arrival::Kind::kOrder, order_id});
}

void Overlay::AddStep(absl::Span<const std::string> subjects, const SessionStep& step, absl::Time occurred_at,
                      absl::Time received_at, absl::Time now) {
  base::WriterLock lock(mutex_);
  if (IsErased(subjects, occurred_at)) return;
  for (const std::string& subject : subjects) {
    if (subject.empty() || !Admit(received_at, now)) continue;
    std::deque<LiveStep>& steps = steps_of_[subject];
    steps.push_back({step, occurred_at, next_number_++});
    arrivals_.push_back({received_at, steps.back().number, Arrival::Kind::kStep, subject});
    if (steps.size() > limits_.steps_per_subject) steps.pop_front();
  }
}

void Overlay::AddShown(absl::Span<const std::string> subjects, std::vector<std::string> products,
                       absl::Time occurred_at, absl::Time received_at, absl::Time now) {
  if (products.size() > limits_.products_per_list) products.resize(limits_.products_per_list);
  const auto list = std::make_shared<const std::vector<std::string>>(std::move(products));
  base::WriterLock lock(mutex_);
  if (IsErased(subjects, occurred_at)) return;
  for (const std::string& subject : subjects) {
    if (subject.empty() || !Admit(received_at, now)) continue;
    std::deque<LiveList>& lists = lists_of_[subject];
    lists.push_back({list, occurred_at, next_number_++});
    arrivals_.push_back({received_at, lists.back().number, Arrival::Kind::kList, subject});
    if (lists.size() > limits_.lists_per_subject) lists.pop_front();
  }
}

KnownPerson Overlay::Lay(std::shared_ptr<const PurchaseHistory> stored, absl::string_view subject,
                         absl::Span<const std::string> session_subjects, absl::Time as_of) const {
  KnownPerson person;
  person.stored = std::move(stored);
  base::ReaderLock lock(mutex_);
  person.id = PersonOf(subject, *person.stored);
  const std::vector<std::string> visitors = LiveVisitors(subject, person.stored->visitors());
  LayOrders(subject, visitors, as_of, person);
  std::vector<std::string> everybody(session_subjects.begin(), session_subjects.end());
  for (const std::string& visitor : visitors) {
    if (std::find(everybody.begin(), everybody.end(), visitor) == everybody.end()) everybody.push_back(visitor);
  }
  LaySession(everybody, as_of, person);
  const int64_t erased = absl::ToUnixMicros(ErasedUntil(subject));
  if (person.stored->shown().until_micros() > erased) person.shown = person.stored->shown();
  LayShown(everybody, as_of, person);
  return person;
}

uint64_t Overlay::PersonOf(absl::string_view subject, const PurchaseHistory& stored) const {
  if (subject.empty()) return 0;
  uint64_t owner = stored.owner();
  if (const auto link = links_.find(subject); link != links_.end()) {
    const uint64_t customer = base::StableHash(link->second.customer);
    if (link->second.linked) {
      owner = customer;
    } else if (owner == customer) {
      owner = 0;
    }
  }
  return owner != 0 ? owner : base::StableHash(subject);
}

void Overlay::LayStored(absl::Time until, absl::Time as_of, absl::flat_hash_set<absl::string_view>& superseded,
                        KnownPerson& person) const {
  const PurchaseHistory& stored = *person.stored;
  for (const PurchaseHistory::Order& order : stored.orders()) {
    const absl::Time time = absl::FromUnixMicros(order.time_micros);
    if (time <= until) continue;
    if (&order == &stored.orders().front()) {
      person.country = stored.country();
      person.store = stored.store();
    }
    if (const auto live = orders_.find(order.order_id); live != orders_.end()) {
      if (live->second.cancelled || live->second.snapshot->revision >= order.revision) continue;
      superseded.insert(order.order_id);
    }
    if (time > as_of) continue;
    KnownBasket basket{order.time_micros, {}};
    for (const uint32_t row : stored.NumbersOf(order)) basket.products.push_back(stored.products()[row]);
    person.baskets.push_back(std::move(basket));
  }
}

void Overlay::LayOrders(absl::string_view subject, absl::Span<const std::string> visitors, absl::Time as_of,
                        KnownPerson& person) const {
  const PurchaseHistory& stored = *person.stored;
  absl::flat_hash_set<absl::string_view> superseded;  // live orders of which the store has a newer snapshot
  LayStored(ErasedUntil(subject), as_of, superseded, person);
  int64_t newest = stored.orders().empty() ? INT64_MIN : stored.orders().front().time_micros;
  const auto lay = [&](absl::string_view token) ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    const auto found = orders_of_.find(token);
    if (found == orders_of_.end()) return;
    for (const std::string& id : found->second) {
      const LiveOrder& live = orders_.find(id)->second;
      const OrderSnapshot& order = *live.snapshot;
      if (live.cancelled || order.occurred_at > as_of || order.products.empty() || superseded.contains(id)) continue;
      const int64_t time = absl::ToUnixMicros(order.occurred_at);
      if (time >= newest) {
        newest = time;
        person.country = order.country;
        person.store = order.store;
      }
      person.live.push_back(live.snapshot);
      person.baskets.push_back({time, {order.products.begin(), order.products.end()}});
    }
  };
  lay(subject);
  for (const std::string& visitor : visitors) lay(visitor);
  std::stable_sort(person.baskets.begin(), person.baskets.end(),
                   [](const KnownBasket& a, const KnownBasket& b) { return a.time_micros > b.time_micros; });
}

void Overlay::LaySession(absl::Span<const std::string> subjects, absl::Time as_of, KnownPerson& person) const {
  std::vector<const LiveStep*> steps;
  for (const std::string& subject : subjects) {
    const auto found = steps_of_.find(subject);
    if (found == steps_of_.end()) continue;
    for (const LiveStep& step : found->second) {
      if (step.occurred_at <= as_of) steps.push_back(&step);
    }
  }
  std::stable_sort(steps.begin(), steps.end(), [](const LiveStep* a, const LiveStep* b) {
    return a->occurred_at != b->occurred_at ? a->occurred_at > b->occurred_at : a->number > b->number;
  });
  absl::flat_hash_set<absl::string_view> seen, judged;
  double view_weight = kViewedWeight;
  std::vector<KnownSeed> viewed;
  const LiveStep* before = nullptr;
  for (const LiveStep* live : steps) {
    const std::string& product = live->step.product;
    const bool again = before != nullptr && before->occurred_at == live->occurred_at &&
                       before->step.kind == live->step.kind && before->step.product == product;
    before = live;
    if (again) continue;  // it stands under each id that its event names
    const bool bought_since = std::any_of(person.baskets.begin(), person.baskets.end(), [&](const KnownBasket& basket) {
      return basket.time_micros >= absl::ToUnixMicros(live->occurred_at) &&
             std::find(basket.products.begin(), basket.products.end(), product) != basket.products.end();
    });
    if (bought_since) continue;
    if (live->step.kind == SessionStep::Kind::kViewed) {
      if (seen.insert(product).second) viewed.push_back({product, view_weight});
      view_weight *= kViewDecay;
    } else if (judged.insert(product).second && live->step.kind == SessionStep::Kind::kCarted) {
      person.session.push_back({product, kCartedWeight});
      person.in_cart.push_back(product);
    }
  }
  for (KnownSeed& seed : viewed) {
    const auto& carts = person.in_cart;
    if (std::find(carts.begin(), carts.end(), seed.product) == carts.end()) person.session.push_back(std::move(seed));
  }
}

void Overlay::LayShown(absl::Span<const std::string> subjects, absl::Time as_of, KnownPerson& person) const {
  struct Event {
    absl::Time at;
    const std::vector<std::string>* shown;  // null: a look at
    const std::string* product;
  };
  const absl::Time stored_until = absl::FromUnixMicros(person.shown.until_micros());
  std::vector<Event> events;
  const auto counts = [&](absl::Time at) { return at > stored_until && at <= as_of; };
  for (const std::string& subject : subjects) {
    if (const auto lists = lists_of_.find(subject); lists != lists_of_.end()) {
      for (const LiveList& list : lists->second) {
        const auto known = [&](const Event& event) { return event.shown == list.products.get(); };
        if (!counts(list.occurred_at) || std::any_of(events.begin(), events.end(), known)) continue;
        events.push_back({list.occurred_at, list.products.get(), nullptr});
      }
    }
    if (const auto steps = steps_of_.find(subject); steps != steps_of_.end()) {
      for (const LiveStep& live : steps->second) {
        if (live.step.kind == SessionStep::Kind::kUncarted || !counts(live.occurred_at)) continue;
        events.push_back({live.occurred_at, nullptr, &live.step.product});
      }
    }
  }
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.at < b.at; });
  for (const Event& event : events) {
    if (event.shown != nullptr) {
      person.shown.Show(*event.shown, absl::ToUnixMicros(event.at));
    } else {
      person.shown.LookAt(*event.product, absl::ToUnixMicros(event.at));
    }
  }
}

size_t Overlay::events() const {
  base::ReaderLock lock(mutex_);
  return arrivals_.size();
}

}  // namespace kontor::recommendations
