#include "bench/forecasting_data.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace kontor::bench {
namespace {

class File {
 public:
  File(const std::string& name, const std::string& text) : path_(testing::TempDir() + name) {
    std::ofstream(path_) << text;
  }
  ~File() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

using Rows = std::vector<std::vector<double>>;

TEST(ReadLongTableTest, SortsByTimeAndHoldsOutTheLastValues) {
  const File file("long.csv", "value,series,time\n3,a,10\n1,a,8\n2,a,9\n4,a,11\n5,a,12\n6,a,13\n7,b,1\n");
  const auto set = ReadLongTable(file.path(), {7}, 2);
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(set->train, (Rows{{1, 2, 3, 4}}));  // b is too short
  EXPECT_EQ(set->test, (Rows{{5, 6}}));
  EXPECT_EQ(set->season(), 7);
}

TEST(ReadLongTableTest, DatesSortAsTextAndBadValuesAreTold) {
  const File dates("dates.csv", "unique_id,ds,y\na,2024-01-02,2\na,2024-01-01,1\na,2024-01-03,3\n");
  const auto set = ReadLongTable(dates.path(), {}, 1);
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(set->train, (Rows{{1, 2}}));
  const File bad("bad.csv", "series,time,value\na,1,2\na,2,x\n");
  const auto refused = ReadLongTable(bad.path(), {}, 1);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(refused.status().message()).find(":3:"), std::string::npos);
  EXPECT_EQ(ReadLongTable("/nowhere.csv", {}, 1).status().code(), absl::StatusCode::kNotFound);
}

TEST(ReadM4Test, EmptyCellsAndNaEndASeries) {
  const File train("train.csv", "V1,V2,V3,V4\n\"H1\",1,2,3\nH2,4,NA,\n");
  const File test("test.csv", "V1,V2,V3\nH1,5,6\nH2,7,8\n");
  const auto set = ReadM4(train.path(), test.path(), {24}, 0);
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(set->train, (Rows{{1, 2, 3}, {4}}));
  EXPECT_EQ(set->horizon, 2);
  const auto shorter = ReadM4(train.path(), test.path(), {24}, 1);
  ASSERT_TRUE(shorter.ok());
  EXPECT_EQ(shorter->test, (Rows{{5}, {7}}));
  EXPECT_FALSE(ReadM4(train.path(), test.path(), {24}, 3).ok());
}

TEST(ForecastSetTest, EveryTakesEachSoManyth) {
  ForecastSet set{.horizon = 1, .train = {{1}, {2}, {3}, {4}, {5}}, .test = {{1}, {2}, {3}, {4}, {5}}};
  EXPECT_EQ(set.Every(2, 2).train, (Rows{{1}, {3}}));
  EXPECT_EQ(set.Every(2, 9).test, (Rows{{1}, {3}, {5}}));
}

}  // namespace
}  // namespace kontor::bench
