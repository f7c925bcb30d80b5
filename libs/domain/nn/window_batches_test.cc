#include "libs/domain/nn/window_batches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "libs/domain/nn/test_data.h"

namespace kontor::nn {
namespace {

TEST(WindowBatchesTest, EveryEventIsALabelOnceAndBatchesKeepTheirSize) {
  Table table;
  table.item_count = 10000;
  base::Random lengths(3);
  uint32_t next = 0;
  for (int u = 0; u < 300; ++u) {
    std::vector<uint32_t> row(lengths.Below(25));
    for (uint32_t& item : row) item = next++;
    table.Add(row);
  }
  WindowBatches batches(table.View(), 10, 64);
  base::Random random(5);
  std::map<int64_t, int> seen;
  const size_t count = batches.Shuffle(random);
  for (size_t b = 0; b < count; ++b) {
    const WindowBatches::Batch batch = batches.Get(b);
    EXPECT_LE(batch.rows * batch.length, 64);
    EXPECT_LE(batch.length, 10);
    ASSERT_EQ(batch.items.size(), static_cast<size_t>(batch.rows * batch.length));
    ASSERT_EQ(batch.places.size(), batch.labels.size());
    for (size_t i = 0; i < batch.labels.size(); ++i) {
      ++seen[batch.labels[i]];
      EXPECT_EQ(batch.items[static_cast<size_t>(batch.places[i])], batch.labels[i]);
    }
    EXPECT_EQ(std::count(batch.items.begin(), batch.items.end(), WindowBatches::kNoItem),
              static_cast<int64_t>(batch.items.size() - batch.labels.size()));
  }
  EXPECT_EQ(seen.size(), next);
  for (const auto& [item, times] : seen) EXPECT_EQ(times, 1) << item;
}

TEST(WindowBatchesTest, AWindowLongerThanABatchStandsAlone) {
  Table table;
  table.item_count = 10;
  table.Add({0, 1, 2, 3, 4, 5});
  table.Add({6});
  WindowBatches batches(table.View(), 10, 4);
  base::Random random(5);
  EXPECT_EQ(batches.Shuffle(random), 2U);
}

TEST(WindowBatchesTest, TheNewestEventsFillTheLastWindow) {
  Table table;
  table.item_count = 10;
  table.Add({0, 1, 2, 3, 4});
  WindowBatches batches(table.View(), 3, 3);
  base::Random random(5);
  ASSERT_EQ(batches.Shuffle(random), 2U);
  std::vector<std::vector<int64_t>> windows{batches.Get(0).items, batches.Get(1).items};
  std::sort(windows.begin(), windows.end());
  EXPECT_EQ(windows, (std::vector<std::vector<int64_t>>{{0, 1}, {2, 3, 4}}));
}

}  // namespace
}  // namespace kontor::nn
