#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "libs/base/mutex.h"
#include "services/recommendations/decode.h"
#include "services/recommendations/purchase_history.h"

namespace kontor::recommendations {

// A basket of a person, of whatever source. Borrows from what its KnownPerson holds.
struct KnownBasket {
  int64_t time_micros = 0;
  std::vector<absl::string_view> products;  // distinct
};

struct KnownSeed {
  std::string product;
  double weight = 0;  // (0, 1]
};

// A person as an answer sees them.
struct KnownPerson {
  // UserContext::person: StableHash of the token, of a visitor's customer where they belong to one; 0 for nobody.
  uint64_t id = 0;
  std::vector<KnownBasket> baskets;  // newest first
  std::vector<KnownSeed> session;    // distinct, the heaviest first: carted 0.9, viewed 0.5 and less the longer ago
  std::vector<std::string> in_cart;  // of the session's products
  std::string country, store;        // of the newest basket
  Impressions shown;                 // without a look since

  // What baskets borrow from.
  std::shared_ptr<const PurchaseHistory> stored;
  std::vector<std::shared_ptr<const OrderSnapshot>> live;
};

// The newest events of one shop, laid over what the store says, so that an event changes the next answer whatever
// caches hold: orders, cancellations, session steps, lists seen, links of the last `window`. Bounded in time, in events
// of a person and in all; what falls out is in the store by then (orders, links) or forgotten (sessions). Erasures stay
// as long as the process lives: 16 bytes a person. Thread-safe.
class Overlay {
 public:
  struct Limits {
    absl::Duration window = absl::Minutes(15);  // longer than any cache keeps a history
    size_t steps_per_subject = 50;
    size_t lists_per_subject = 20, products_per_list = 50;  // of those that were seen
    size_t events = 100'000;
  };
  Overlay() : Overlay(Limits()) {}
  explicit Overlay(Limits limits) : limits_(limits) {}

  // `received_at` of any order; events that are older than the window before `now` are passed over.
  void AddOrder(OrderSnapshot order, absl::Time received_at, absl::Time now);
  void CancelOrder(const std::string& order_id, absl::Time received_at, absl::Time now);
  void AddStep(absl::Span<const std::string> subjects, const SessionStep& step, absl::Time occurred_at,
               absl::Time received_at, absl::Time now);

  void AddShown(absl::Span<const std::string> subjects, std::vector<std::string> products, absl::Time occurred_at,
                absl::Time received_at, absl::Time now);

  void AddLink(const IdentityLink& link, absl::Time occurred_at, absl::Time received_at, absl::Time now);

  // Until when each person (StableHash of the token) is to be forgotten: what they did up to then goes, is not taken
  // when it comes later, and is not laid when a cache still holds it. Milliseconds.
  void Erase(const absl::flat_hash_map<uint64_t, absl::Time>& persons);

  // The visitors of a customer of whom the store knows `stored` (ascending), ascending.
  std::vector<std::string> VisitorsOf(absl::string_view customer, absl::Span<const std::string> stored) const;

  // What is known at `as_of` of the person whose purchases stand under `subject`, or a visitor that belongs to them,
  // and whose session under any of those and `session_subjects` (tokens; empty ones are nobody).
  KnownPerson Lay(std::shared_ptr<const PurchaseHistory> stored, absl::string_view subject,
                  absl::Span<const std::string> session_subjects, absl::Time as_of) const;

  size_t events() const;

 private:
  struct LiveOrder {
    std::shared_ptr<const OrderSnapshot> snapshot;  // null: only its cancellation has come
    bool cancelled = false;
    uint64_t number = 0;  // of the event that touched it last
  };
  struct LiveStep {
    SessionStep step;
    absl::Time occurred_at;
    uint64_t number = 0;
  };
  struct LiveLink {  // the newest that a visitor is in
    std::string customer;
    bool linked = true;
    absl::Time occurred_at;
    uint64_t number = 0;
  };
  struct LiveList {
    std::shared_ptr<const std::vector<std::string>> products;
    absl::Time occurred_at;
    uint64_t number = 0;
  };
  // What to forget, in the order of arrival.
  struct Arrival {
    absl::Time received_at;
    uint64_t number;
    enum class Kind : uint8_t { kOrder, kStep, kList, kLink } kind;
    std::string key;  // order, subject or visitor
  };

  bool Admit(absl::Time received_at, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetOrder(const Arrival& arrival) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DetachOrder(const LiveOrder& order) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetLink(const Arrival& arrival) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DetachLink(const std::string& visitor, const LiveLink& link) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EraseOrders(absl::Span<const std::string> subjects) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Time ErasedUntil(absl::string_view token) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  bool IsErased(absl::Span<const std::string> tokens, absl::Time occurred_at) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  std::vector<std::string> LiveVisitors(absl::string_view customer, absl::Span<const std::string> stored) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  uint64_t PersonOf(absl::string_view subject, const PurchaseHistory& stored) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  void LayStored(absl::Time until, absl::Time as_of, absl::flat_hash_set<absl::string_view>& superseded,
                 KnownPerson& person) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  void LayOrders(absl::string_view subject, absl::Span<const std::string> visitors, absl::Time as_of,
                 KnownPerson& person) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  void LayShown(absl::Span<const std::string> subjects, absl::Time as_of, KnownPerson& person) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  void LaySession(absl::Span<const std::string> subjects, absl::Time as_of, KnownPerson& person) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  const Limits limits_;
  mutable base::SharedMutex mutex_;
  uint64_t next_number_ ABSL_GUARDED_BY(mutex_) = 1;
  std::deque<Arrival> arrivals_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, LiveOrder> orders_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::vector<std::string>> orders_of_ ABSL_GUARDED_BY(mutex_);  // subject → orders
  absl::flat_hash_map<std::string, std::deque<LiveStep>> steps_of_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::deque<LiveList>> lists_of_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, LiveLink> links_ ABSL_GUARDED_BY(mutex_);                        // by visitor
  absl::flat_hash_map<std::string, std::vector<std::string>> visitors_of_ ABSL_GUARDED_BY(mutex_);  // by customer
  absl::flat_hash_map<uint64_t, absl::Time> erased_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kontor::recommendations
