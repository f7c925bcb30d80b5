#include "libs/platform/catalogue/stock.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kontor::catalogue {
namespace {

using ::testing::Eq;
using ::testing::Optional;

StockLevel Level(const std::string& location, int64_t revision, int64_t pieces, int64_t at) {
  return {"P", location, revision, 0, {pieces}, absl::FromUnixSeconds(at)};
}

StockChange Change(const std::string& location, const std::string& id, int64_t revision, int64_t pieces, int64_t at) {
  return {"P", location, id, revision, 0, {pieces}, absl::FromUnixSeconds(at)};
}

TEST(StockTest, IsUnknownUntilALevelIs) {
  Stock stock;
  EXPECT_EQ(stock.Free(), std::nullopt);
  EXPECT_TRUE(stock.Apply(Change("A", "c", 0, -3, 20)));
  EXPECT_EQ(stock.Free(), std::nullopt);
  EXPECT_TRUE(stock.Apply(Level("A", 0, 10, 10)));
  EXPECT_THAT(stock.Free(), Optional(Eq(7)));
  EXPECT_TRUE(stock.Apply(Change("B", "other place", 0, -1, 20)));
  EXPECT_THAT(stock.Free(), Optional(Eq(7)));
  EXPECT_TRUE(stock.Apply(Level("B", 0, 5, 10)));
  EXPECT_THAT(stock.Free(), Optional(Eq(11)));
}

TEST(StockTest, ACorrectionCountsWhenItWasMadeAfterTheLevelWasCounted) {
  Stock stock;
  EXPECT_TRUE(stock.Apply(Level("A", 0, 10, 30)));
  EXPECT_FALSE(stock.Apply(Change("A", "before", 0, -1, 30)));
  EXPECT_TRUE(stock.Apply(Change("A", "after", 0, -2, 31)));
  EXPECT_THAT(stock.Free(), Optional(Eq(8)));
  EXPECT_TRUE(stock.Apply(Level("A", 1, 20, 40)));
  EXPECT_THAT(stock.Free(), Optional(Eq(20)));
  EXPECT_FALSE(stock.Apply(Level("A", 1, 99, 50)));
  EXPECT_FALSE(stock.Apply(Change("A", "after", 0, -2, 31)));
  EXPECT_THAT(stock.Free(), Optional(Eq(20)));
}

TEST(StockTest, ARevisionTakesTheCorrectionItRevisesAway) {
  Stock stock;
  stock.Apply(Level("A", 0, 10, 30));
  stock.Apply(Level("B", 0, 100, 30));
  EXPECT_TRUE(stock.Apply(Change("A", "c", 0, -1, 31)));
  EXPECT_FALSE(stock.Apply(Change("A", "c", 0, -9, 31)));
  EXPECT_TRUE(stock.Apply(Change("B", "c", 1, -2, 32)));  // it was made elsewhere
  EXPECT_THAT(stock.Free(), Optional(Eq(108)));
  EXPECT_TRUE(stock.Apply(Change("B", "c", 2, -2, 29)));  // and before the level was counted
  EXPECT_THAT(stock.Free(), Optional(Eq(110)));
}

TEST(StockTest, WhatARevisionReplacedDoesNotComeBack) {
  const StockChange first = Change("A", "c", 0, -10, 31), revised = Change("A", "c", 1, -10, 29);
  Stock stock;
  stock.Apply(first);
  stock.Apply(revised);
  stock.Apply(Level("A", 0, 40, 30));
  EXPECT_THAT(stock.Free(), Optional(Eq(40)));
  EXPECT_FALSE(stock.Apply(first));
  EXPECT_FALSE(stock.Apply(revised));
  EXPECT_THAT(stock.Free(), Optional(Eq(40)));
}

TEST(StockTest, IsReadAsItWasWritten) {
  Stock stock;
  stock.Apply(Level("A", 3, 10, 30));
  stock.Apply(Change("A", "c", 0, -1, 31));
  stock.Apply(Change("A", "c", 1, -2, 29));
  stock.Apply(Change("A", "d", 0, -4, 32));
  base::ByteWriter out;
  stock.Save(out);
  const std::string bytes = out.bytes();
  base::ByteReader in(bytes);
  Stock read = Stock::Load(in);
  EXPECT_TRUE(in.status().ok() && in.AtEnd()) << in.status();
  EXPECT_THAT(read.Free(), Optional(Eq(6)));
  EXPECT_FALSE(read.Apply(Change("A", "c", 0, -1, 31)));
  EXPECT_FALSE(read.Apply(Level("A", 3, 99, 99)));
}

}  // namespace
}  // namespace kontor::catalogue
