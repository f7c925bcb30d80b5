#pragma once

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "libs/domain/recommendations/baskets.h"

namespace kontor::recommendations {

// Means over answers, each answer equally.
struct RankingMetrics {
  double recall = 0;     // |top k and relevant| / |relevant|
  double ndcg = 0;       // gain 1 per hit, discount 1 / log2(place + 1), ideal: min(k, |relevant|) hits
  double hit = 0;        // share of answers with a hit
  double precision = 0;  // |top k and relevant| / k
  int64_t answers = 0;
};

class MetricsMean {
 public:
  explicit MetricsMean(int k) : k_(k) {}
  // `top` is best first, at most k count; `relevant` is ascending and not empty.
  void Add(absl::Span<const ItemId> top, absl::Span<const ItemId> relevant);
  RankingMetrics Mean() const;

 private:
  int k_;
  RankingMetrics sum_;
};

struct NextBasketMetrics {
  RankingMetrics all;           // the whole held-out basket, everything may be answered
  RankingMetrics new_products;  // its products new to the customer, bought ones excluded; customers with at least one
};

// Answers an example from its context: at least the k best, best first, kInclude or kExclude.
using Recommender =
    absl::FunctionRef<std::vector<ItemId>(const Example& example, const UserContext& context, BoughtItems bought)>;

// The next-basket protocol: every held-out basket is relevant as a whole, candidates are all items. persons[u] names
// user u (UserContext::person). `examples` is all or some of hold_out.examples.
NextBasketMetrics EvaluateNextBasket(const HoldOut& hold_out, absl::Span<const Example> examples,
                                     absl::Span<const uint64_t> persons, int k, Recommender recommend);

// The context that an example's customer had before the held-out basket. Borrows from this object and the example.
class ExampleContext {
 public:
  ExampleContext(const HoldOut& hold_out, const Example& example, absl::Span<const uint64_t> persons);
  ExampleContext(const ExampleContext&) = delete;
  ExampleContext& operator=(const ExampleContext&) = delete;

  const UserContext& context() const { return context_; }
  const std::vector<ItemId>& bought() const { return bought_; }  // distinct, ascending

 private:
  std::vector<PastBasket> past_;
  std::vector<ItemId> bought_;
  UserContext context_;
};

// The plain peers of the protocol: how often a product was bought.
class FrequencyPeer {
 public:
  enum class By { kPopularity, kOwn, kOwnThenPopularity };  // kOwn: equal ones by item

  explicit FrequencyPeer(const Baskets& train);
  std::vector<ItemId> Top(By by, const UserContext& context, BoughtItems bought, int k) const;

 private:
  std::vector<uint32_t> counts_;  // baskets with the item
};

}  // namespace kontor::recommendations
