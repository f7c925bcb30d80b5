#include <map>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/domain/analytics/dictionary.h"
#include "libs/domain/analytics/distinct.h"
#include "libs/domain/analytics/group_index.h"
#include "libs/domain/analytics/radix_sort.h"
#include "libs/domain/analytics/time_buckets.h"
#include "libs/testing/seed.h"

namespace kontor::analytics {
namespace {

TEST(RadixSort, SortsStablyLikeTheStandard) {
  base::Random random(testing::Seed());
  for (const int bits : {1, 11, 12, 33, 55, 56, 64}) {
    std::vector<std::pair<uint64_t, uint32_t>> values(20'000);
    for (uint32_t i = 0; i < values.size(); ++i) values[i] = {random() >> (64 - bits), i};
    auto expected = values;
    std::sort(expected.begin(), expected.end());  // the second is the place: stable means in its order
    RadixSort(values, bits, [](const auto& value) { return value.first; });
    EXPECT_EQ(values, expected) << bits;
  }
}

template <typename Key>
void ExpectDense(int bits, int keys) {
  base::Random random(testing::Seed());
  GroupIndex<Key> index(bits);
  std::map<Key, uint32_t> groups;
  for (int i = 0; i < 3 * keys; ++i) {
    const Key key = Key(random.Below(keys)) << (bits - 18);
    const auto [at, added] = groups.emplace(key, groups.size());
    ASSERT_EQ(index.Group(key), at->second);
    ASSERT_EQ(index.keys()[at->second], key);
  }
  EXPECT_EQ(index.keys().size(), groups.size());
}

TEST(GroupIndex, NumbersKeysByFirstAppearance) {
  ExpectDense<uint64_t>(18, 5'000);  // a table
  ExpectDense<uint64_t>(40, 100'000);
  ExpectDense<absl::uint128>(120, 100'000);
}

TEST(DistinctCounter, CountsPairsAndIdsExactly) {
  base::Random random(testing::Seed());
  constexpr uint32_t kIds = 3'000;
  DistinctCounter counter(kIds);
  std::set<std::pair<uint32_t, uint32_t>> pairs;
  std::set<uint32_t> ids;
  for (int i = 0; i < 1'500'000; ++i) {  // more than are kept before duplicates are dropped
    const auto group = static_cast<uint32_t>(random.Below(20)), id = static_cast<uint32_t>(random.Below(kIds));
    counter.Add(group, id);
    pairs.emplace(group, id);
    ids.insert(id);
  }
  std::map<uint32_t, int> by_group, expected;
  counter.ForEachPair([&](uint32_t group) { ++by_group[group]; });
  for (const auto& [group, id] : pairs) ++expected[group];
  EXPECT_EQ(by_group, expected);
  EXPECT_EQ(counter.total(), static_cast<int64_t>(ids.size()));
}

TEST(Dictionary, CodesAreDenseAndEmptyIsZero) {
  Dictionary dictionary;
  EXPECT_EQ(dictionary.Intern(""), 0u);
  EXPECT_EQ(dictionary.Intern("b"), 1u);
  EXPECT_EQ(dictionary.Intern("a"), 2u);
  EXPECT_EQ(dictionary.Intern("b"), 1u);
  EXPECT_EQ(dictionary.Text(2), "a");
  EXPECT_EQ(dictionary.Find("a"), 2u);
  EXPECT_EQ(dictionary.Find("c"), std::nullopt);
}

int32_t Hour(int year, int month, int day, int hour = 0) {
  return static_cast<int32_t>(absl::CivilHour(year, month, day, hour) - absl::CivilHour());
}

TEST(TimeBuckets, StartWhereTheCalendarSays) {
  const int32_t first = Hour(2010, 12, 29, 7), last = Hour(2011, 5, 17, 23), now = Hour(2011, 1, 1, 23);
  const auto label = [&](Grain grain) {
    const TimeBuckets buckets(grain, first, last);
    EXPECT_EQ(buckets.Code(first), 0u);
    EXPECT_EQ(buckets.Code(last), buckets.size() - 1);
    return buckets.Label(buckets.Code(now));
  };
  EXPECT_EQ(label(Grain::kHour), "2011-01-01T23");
  EXPECT_EQ(label(Grain::kDay), "2011-01-01");
  EXPECT_EQ(label(Grain::kWeek), "2010-12-27");  // a Monday; 2011-01-01 was a Saturday
  EXPECT_EQ(label(Grain::kMonth), "2011-01-01");
  EXPECT_EQ(label(Grain::kQuarter), "2011-01-01");
  EXPECT_EQ(label(Grain::kYear), "2011-01-01");
  EXPECT_EQ(TimeBuckets(Grain::kQuarter, last, last).Label(0), "2011-04-01");
  EXPECT_EQ(TimeBuckets(Grain::kWeek, Hour(2011, 3, 7), Hour(2011, 3, 7)).Label(0), "2011-03-07");
}

}  // namespace
}  // namespace kontor::analytics
