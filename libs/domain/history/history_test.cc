#include "libs/domain/history/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"

namespace kontor::history {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(HistoryTest, EmptyHasNoUsers) {
  const History history = HistoryBuilder().Build();
  EXPECT_EQ(history.users(), 0u);
  EXPECT_EQ(history.rows(), 0u);
  EXPECT_EQ(history.baskets(), 0u);
  EXPECT_EQ(history.item_count(), 0u);
}

TEST(HistoryTest, OrdersByUserBasketAndTime) {
  HistoryBuilder builder;
  builder.Add({.user = 2, .item = 7, .basket = 5, .time_seconds = 300, .weight = 2, .context = 9});
  builder.Add({.user = 0, .item = 1, .basket = 4, .time_seconds = 200});
  builder.Add({.user = 2, .item = 8, .basket = 6, .time_seconds = 100, .kind = Kind::kView});
  builder.Add({.user = 2, .item = 9, .basket = 5, .time_seconds = 250, .context = 3});
  const History history = std::move(builder).Build();

  ASSERT_EQ(history.users(), 3u);
  EXPECT_EQ(history.item_count(), 10u);
  EXPECT_THAT(Slice(history.items(), history.RowsOf(0)), ElementsAre(1));
  EXPECT_THAT(Slice(history.items(), history.RowsOf(1)), IsEmpty());
  EXPECT_THAT(Slice(history.items(), history.RowsOf(2)), ElementsAre(8, 9, 7));
  EXPECT_THAT(Slice(history.times(), history.RowsOf(2)), ElementsAre(100, 250, 300));
  EXPECT_THAT(Slice(history.weights(), history.RowsOf(2)), ElementsAre(1, 1, 2));
  EXPECT_THAT(Slice(history.kinds(), history.RowsOf(2)), ElementsAre(Kind::kView, Kind::kPurchase, Kind::kPurchase));
  const Range baskets = history.BasketsOf(2);
  ASSERT_EQ(baskets.size(), 2u);
  EXPECT_EQ(history.BasketId(baskets.begin), 6u);
  EXPECT_EQ(history.BasketContext(baskets.begin), kNone);
  EXPECT_EQ(history.BasketTime(baskets.begin + 1), 250);
  EXPECT_EQ(history.BasketContext(baskets.begin + 1), 3u) << "of the first row in time";
  EXPECT_THAT(Slice(history.items(), history.RowsOfBasket(baskets.begin + 1)), ElementsAre(9, 7));
}

TEST(HistoryTest, EqualTimesKeepTheOrderOfBasketNumberAndOfAdding) {
  HistoryBuilder builder;
  for (uint32_t item : {3, 1, 2}) builder.Add({.user = 0, .item = item, .basket = 8, .time_seconds = 5});
  builder.Add({.user = 0, .item = 0, .basket = 7, .time_seconds = 5});
  const History history = std::move(builder).Build();
  EXPECT_THAT(history.items(), ElementsAre(0, 3, 1, 2));
}

TEST(HistoryTest, AgreesWithAFullSort) {
  const uint64_t seed = 77;
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  base::Random random(seed);
  std::vector<Row> rows;
  for (int i = 0; i < 5'000; ++i) {
    rows.push_back({.user = static_cast<uint32_t>(random.Below(50)),
                    .item = static_cast<uint32_t>(i),
                    .basket = static_cast<uint32_t>(random.Below(20)),
                    .time_seconds = static_cast<int64_t>(random.Below(100)) - 50});
  }
  HistoryBuilder builder;
  std::map<std::pair<uint32_t, uint32_t>, int64_t> first;
  for (const Row& row : rows) {
    builder.Add(row);
    auto [it, added] = first.emplace(std::make_pair(row.user, row.basket), row.time_seconds);
    if (!added) it->second = std::min(it->second, row.time_seconds);
  }
  const History history = std::move(builder).Build();
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    return std::make_tuple(a.user, first[{a.user, a.basket}], a.basket, a.time_seconds) <
           std::make_tuple(b.user, first[{b.user, b.basket}], b.basket, b.time_seconds);
  });
  ASSERT_EQ(history.rows(), rows.size());
  for (size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(history.items()[i], rows[i].item) << "row " << i;
  EXPECT_EQ(history.baskets(), first.size());
}

}  // namespace
}  // namespace kontor::history
