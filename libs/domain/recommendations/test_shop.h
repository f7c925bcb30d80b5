#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"
#include "libs/domain/recommendations/baskets.h"
#include "libs/domain/recommendations/train.h"

// Small shops for tests.
namespace kontor::recommendations {

// users[u][b] is a basket; basket b of every user is bought on day b, in context contexts[u] (kNone where absent).
inline Baskets MakeBaskets(uint32_t items, const std::vector<std::vector<std::vector<ItemId>>>& users,
                           const std::vector<ContextId>& contexts = {}) {
  Baskets out(items);
  for (size_t user = 0; user < users.size(); ++user) {
    int64_t day = 0;
    for (const auto& basket : users[user]) {
      out.AddBasket(86400 * day++, user < contexts.size() ? contexts[user] : kNone, basket);
    }
    out.EndUser();
  }
  return out;
}

// A context over baskets that it owns, newest first.
struct OwnedContext {
  explicit OwnedContext(std::vector<std::vector<ItemId>> newest_first, std::vector<Seed> in_session = {})
      : items(std::move(newest_first)), session(std::move(in_session)) {
    int64_t day = static_cast<int64_t>(items.size());
    for (const auto& basket : items) past.push_back({86400 * day--, basket});
    context.baskets = past;
    context.session = session;
  }
  OwnedContext(const OwnedContext&) = delete;
  OwnedContext& operator=(const OwnedContext&) = delete;

  std::vector<std::vector<ItemId>> items;
  std::vector<PastBasket> past;
  std::vector<Seed> session;
  UserContext context;
};

struct TestShop {
  history::History history;
  Catalogue catalogue;
  std::vector<uint64_t> persons;
};

// A shop with structure to find: products come in groups of ten (their category), a customer favours two groups, buys
// some products again and again, and shops in one of three stores (contexts 1 to 3 below context 0).
inline TestShop MakeShop(uint32_t customers, uint32_t products, uint64_t seed) {
  base::Random random(seed);
  TestShop shop;
  for (uint32_t item = 0; item < products; ++item) {
    shop.catalogue.products.Intern(absl::StrCat("p", item));
    shop.catalogue.product_categories.push_back(shop.catalogue.categories.Intern(absl::StrCat("group", item / 10)));
  }
  for (const char* context : {"country/GB", "store/1", "store/2", "store/3"}) {
    shop.catalogue.contexts.Intern(context);
    shop.catalogue.context_parents.push_back(shop.catalogue.context_parents.empty() ? kNone : 0);
  }
  history::HistoryBuilder builder;
  uint32_t basket = 0;
  for (uint32_t user = 0; user < customers; ++user) {
    shop.persons.push_back(user + 1);
    const uint64_t groups[] = {random.Below(products / 10), random.Below(products / 10)};
    const auto visits = static_cast<int64_t>(1 + random.Below(6));
    std::vector<ItemId> bought;
    for (int64_t visit = 0; visit < visits; ++visit, ++basket) {
      for (uint64_t line = 0, lines = 2 + random.Below(5); line < lines; ++line) {
        auto item = static_cast<ItemId>(10 * groups[random.Below(2)] + random.Below(10));
        if (random.Chance(0.2)) item = static_cast<ItemId>(std::pow(random.Uniform(), 3) * products);
        if (!bought.empty() && random.Chance(0.3)) item = bought[random.Below(bought.size())];
        bought.push_back(item);
        builder.Add({.user = user,
                     .item = item,
                     .basket = basket,
                     .time_seconds = 86400 * (7 * visit + user % 7),
                     .context = 1 + user % 3});
      }
    }
  }
  shop.history = std::move(builder).Build();
  return shop;
}

}  // namespace kontor::recommendations
