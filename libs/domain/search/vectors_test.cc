#include "libs/domain/search/vectors.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <thread>

#include "libs/base/random.h"

namespace kontor::search {
namespace {

constexpr uint32_t kDimensions = 40;

// Vectors of length 1 around common centres, as texts are.
std::vector<float> Unit(base::Random& random, uint32_t dimensions = kDimensions) {
  base::Random centre(random.Below(30));
  std::vector<float> out(dimensions);
  float length = 0;
  for (float& value : out) {
    value = static_cast<float>(centre.Normal() + 0.8 * random.Normal());
    length += value * value;
  }
  for (float& value : out) value /= std::sqrt(length);
  return out;
}

VectorOptions WithGraph(size_t exact_below) {
  VectorOptions options;
  options.dimensions = kDimensions;
  options.exact_below = exact_below;
  options.scan_filtered = 100;
  return options;
}

double Recall(const std::vector<VectorHit>& found, const std::vector<VectorHit>& exact) {
  std::set<uint32_t> rows;
  for (const VectorHit& hit : exact) rows.insert(hit.row);
  double hits = 0;
  for (const VectorHit& hit : found) hits += static_cast<double>(rows.count(hit.row));
  return exact.empty() ? 1 : hits / static_cast<double>(exact.size());
}

TEST(VectorRowsTest, KernelsAgreeAndRoundingIsSmall) {
  base::Random random(3);
  for (const uint32_t dimensions : {1U, 63U, 64U, 384U}) {
    std::vector<VectorRows> all;
    for (const DotKernel kernel : {DotKernel::kPortable, DotKernel::kAvx2, DotKernel::kAvx512}) {
      if (Runs(kernel)) all.emplace_back(dimensions, kernel);
    }
    for (int i = 0; i < 50; ++i) {
      const std::vector<float> a = Unit(random, dimensions), b = Unit(random, dimensions);
      double exact = 0;
      for (uint32_t d = 0; d < dimensions; ++d) exact += a[d] * b[d];
      std::vector<float> dots;
      for (VectorRows& rows : all) {
        rows.Set(5'000, a);
        const VectorRows::Query query = rows.Prepare(b);
        dots.push_back(rows.Dot(query, 5'000));
        EXPECT_NEAR(dots.back(), exact, 0.012);
        EXPECT_NEAR(rows.FullDot(query, 5'000), exact, 0.008);
        EXPECT_EQ(dots.back(), dots.front());
      }
    }
  }
}

TEST(VectorRowsTest, TheLargestCodesDoNotOverflow) {
  for (const DotKernel kernel : {DotKernel::kPortable, DotKernel::kAvx2, DotKernel::kAvx512}) {
    if (!Runs(kernel)) continue;
    VectorRows rows(4'096, kernel);
    rows.Set(0, std::vector<float>(4'096, 1));
    rows.Set(1, std::vector<float>(4'096, -1));
    EXPECT_NEAR(rows.Dot(0, 1), -4'096, 0.1);
    EXPECT_NEAR(rows.Dot(1, 1), 4'096, 0.1);
  }
}

TEST(VectorRowsTest, RowsAtOnceAreWhatEachIsAloneWithEveryKernel) {
  base::Random random(8);
  for (const uint32_t dimensions : {1U, 65U, 384U}) {
    std::vector<VectorRows> all;
    for (const DotKernel kernel : {DotKernel::kPortable, DotKernel::kAvx2, DotKernel::kAvx512}) {
      if (Runs(kernel)) all.emplace_back(dimensions, kernel);
    }
    for (uint32_t row = 0; row < 128; ++row) {
      const std::vector<float> vector = Unit(random, dimensions);
      for (VectorRows& rows : all) rows.Set(row, vector);
    }
    const std::vector<float> query = Unit(random, dimensions);
    for (const VectorRows& rows : all) {
      const VectorRows::Query prepared = rows.Prepare(query), first = all[0].Prepare(query);
      for (const size_t count : {64, 63, 5, 1}) {  // whole fours, and what is left of them
        std::vector<float> dots(count);
        rows.Dots(prepared, 64, absl::MakeSpan(dots));
        for (uint32_t i = 0; i < count; ++i) {
          EXPECT_EQ(dots[i], rows.Dot(prepared, 64 + i));
          EXPECT_EQ(dots[i], all[0].Dot(first, 64 + i));
          EXPECT_EQ(rows.FullDot(prepared, 64 + i), all[0].FullDot(first, 64 + i));
        }
      }
    }
  }
}

TEST(VectorIndexTest, FindsTheBestOfManyWhateverTheFilterLeaves) {
  base::Random random(9);
  constexpr uint32_t kRows = 3'000;
  auto index = *VectorIndex::Create(WithGraph(1'000'000));
  for (uint32_t row = 0; row < kRows; ++row) ASSERT_TRUE(index->Set(row, Unit(random)).ok());
  const std::vector<float> query = Unit(random);
  std::vector<uint32_t> rows(kRows);
  std::iota(rows.begin(), rows.end(), 0);
  std::vector<float> scores(kRows);
  ASSERT_TRUE(index->Score(query, rows, absl::MakeSpan(scores)).ok());
  for (const uint64_t word : {~uint64_t{0}, uint64_t{0x8000'0001'0000'0001}, uint64_t{0xffff'0fff'ffff'fff1}}) {
    const std::vector<uint64_t> allowed((kRows + 63) / 64, word);
    std::vector<uint32_t> expected;
    for (const uint32_t row : rows) {
      if ((word >> (row % 64) & 1) != 0) expected.push_back(row);
    }
    std::sort(expected.begin(), expected.end(), [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
    for (const size_t k : {0, 1, 40}) {
      const auto hits = index->Nearest(query, k, &allowed);
      ASSERT_TRUE(hits.ok());
      ASSERT_EQ(hits->size(), k);
      for (size_t i = 0; i < k; ++i) EXPECT_EQ((*hits)[i].row, expected[i]);
    }
  }
}

TEST(VectorIndexTest, ScansExactly) {
  base::Random random(5);
  auto index = *VectorIndex::Create(WithGraph(1'000'000));
  std::vector<std::vector<float>> vectors(300);
  for (uint32_t row = 0; row < 300; ++row) ASSERT_TRUE(index->Set(row, vectors[row] = Unit(random)).ok());
  EXPECT_EQ(index->LinkPending(1'000, 2), 0u);
  EXPECT_FALSE(index->has_graph());
  index->Remove(7);
  index->Remove(7);
  index->Remove(4'000);
  EXPECT_EQ(index->size(), 299u);
  const std::vector<float> query = Unit(random);
  const auto hits = index->Nearest(query, 300);
  ASSERT_TRUE(hits.ok());
  ASSERT_EQ(hits->size(), 299u);
  for (size_t i = 0; i < hits->size(); ++i) {
    const VectorHit& hit = (*hits)[i];
    EXPECT_NE(hit.row, 7u);
    if (i > 0) {
      EXPECT_GE((*hits)[i - 1].score, hit.score);
    }
    double exact = 0;
    for (uint32_t d = 0; d < kDimensions; ++d) exact += query[d] * vectors[hit.row][d];
    EXPECT_NEAR(hit.score, exact, 0.01);
  }
  float scores[3];
  ASSERT_TRUE(index->Score(query, {(*hits)[0].row, 7, 99'999}, absl::MakeSpan(scores)).ok());
  EXPECT_EQ(scores[0], (*hits)[0].score);
  EXPECT_TRUE(scores[1] == 0 && scores[2] == 0);
  const std::vector<uint64_t> allowed = {uint64_t{1} << 7 | uint64_t{1} << 9, uint64_t{1} << 1};
  const auto filtered = index->Nearest(query, 10, &allowed);
  ASSERT_EQ(filtered->size(), 2u);
  EXPECT_EQ((*filtered)[0].row + (*filtered)[1].row, 9u + 65);
  EXPECT_TRUE(index->Nearest(query, 0)->empty());
}

TEST(VectorIndexTest, TheGraphFindsWhatAScanFinds) {
  base::Random random(7);
  auto index = *VectorIndex::Create(WithGraph(1'000));
  for (uint32_t row = 0; row < 4'000; ++row) ASSERT_TRUE(index->Set(row, Unit(random)).ok());
  EXPECT_EQ(index->LinkPending(100'000, 2), 0u);
  EXPECT_TRUE(index->has_graph());
  std::vector<uint64_t> half(4'000 / 64 + 1);
  for (uint64_t& word : half) word = random();
  double all = 0, filtered = 0;
  for (int i = 0; i < 100; ++i) {
    const std::vector<float> query = Unit(random);
    all += Recall(*index->Nearest(query, 10), *index->NearestExact(query, 10)) / 100;
    const auto hits = *index->Nearest(query, 10, &half);
    filtered += Recall(hits, *index->NearestExact(query, 10, &half)) / 100;
    for (const VectorHit& hit : hits) ASSERT_TRUE(half[hit.row / 64] >> (hit.row % 64) & 1);
  }
  EXPECT_GT(all, 0.97);
  EXPECT_GT(filtered, 0.97);
}

TEST(VectorIndexTest, ChangesAreFoundAtOnceAndAfterLinking) {
  base::Random random(9);
  auto index = *VectorIndex::Create(WithGraph(500));
  for (uint32_t row = 0; row < 1'000; ++row) ASSERT_TRUE(index->Set(row, Unit(random)).ok());
  index->LinkPending(100'000, 1);
  for (int round = 0; round < 5; ++round) {
    std::vector<std::pair<uint32_t, std::vector<float>>> changed;
    for (int i = 0; i < 100; ++i) {
      const auto row = static_cast<uint32_t>(random.Below(1'200));
      if (random.Chance(0.3)) {
        index->Remove(row);
        continue;
      }
      std::vector<float> vector = Unit(random);
      ASSERT_TRUE(index->Set(row, vector).ok());
      changed.emplace_back(row, vector);
    }
    EXPECT_GT(index->pending(), 0u);
    double recall = 0;
    for (int linked = 0; linked < 2; ++linked) {
      for (const auto& [row, vector] : changed) {
        const auto exact = *index->NearestExact(vector, 10);
        const auto found = *index->Nearest(vector, 10);
        recall += Recall(found, exact) / static_cast<double>(2 * changed.size());
        std::set<uint32_t> rows;
        for (const VectorHit& hit : found) EXPECT_TRUE(rows.insert(hit.row).second);
      }
      EXPECT_EQ(index->LinkPending(100'000, 2), 0u);
    }
    EXPECT_GT(recall, 0.97);
  }
}

TEST(VectorIndexTest, TheThreadsDoNotShow) {
  std::string bytes[2];
  for (const int threads : {1, 3}) {
    base::Random random(11);
    auto index = *VectorIndex::Create(WithGraph(100));
    for (uint32_t row = 0; row < 1'500; ++row) ASSERT_TRUE(index->Set(row, Unit(random)).ok());
    index->LinkPending(1'000, threads);
    bytes[threads / 2] = index->Save();
    const auto read = VectorIndex::Load(bytes[threads / 2], WithGraph(100));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ((*read)->Save(), bytes[threads / 2]);
    EXPECT_EQ((*read)->pending(), 500u);
    const std::vector<float> query = Unit(random);
    const auto before = *index->Nearest(query, 20), after = *(*read)->Nearest(query, 20);
    ASSERT_EQ(before.size(), after.size());
    for (size_t i = 0; i < before.size(); ++i) EXPECT_EQ(before[i].row, after[i].row);
  }
  EXPECT_EQ(bytes[0], bytes[1]);
}

TEST(VectorIndexTest, RefusesOtherBytes) {
  base::Random random(13);
  VectorOptions options = WithGraph(10);
  auto index = *VectorIndex::Create(options);
  for (uint32_t row = 0; row < 50; ++row) ASSERT_TRUE(index->Set(row, Unit(random)).ok());
  index->LinkPending(100, 1);
  const std::string bytes = index->Save();
  options.dimensions = 41;
  EXPECT_FALSE(VectorIndex::Load(bytes, options).ok());
  EXPECT_EQ(VectorIndex::Load("vectors", options).status().code(), absl::StatusCode::kInvalidArgument);
  options.dimensions = kDimensions;
  for (int i = 0; i < 200; ++i) {
    std::string changed = bytes;
    changed[random.Below(bytes.size())] ^= static_cast<char>(1 << random.Below(8));
    EXPECT_FALSE(VectorIndex::Load(changed, options).ok());
  }
}

TEST(VectorIndexTest, RefusesWhatIsWrong) {
  auto index = *VectorIndex::Create(WithGraph(10));
  const std::vector<float> good(kDimensions, 0), small(3, 0);
  EXPECT_EQ(index->Set(0, small).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(index->Set(uint32_t{1} << 31, good).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(index->Set(0, std::vector<float>(kDimensions, std::numeric_limits<float>::infinity())).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(index->Nearest(small, 1).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(index->Nearest(good, 10'001).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(index->Nearest(good, 5)->empty());
  ASSERT_TRUE(index->Set(3, good).ok());
  EXPECT_EQ(index->Nearest(good, 5)->front().score, 0);
  VectorOptions options;
  options.graph.links = 1;
  EXPECT_EQ(VectorIndex::Create(options).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(VectorIndexTest, SearchesWhileRowsAreSetAndLinked) {
  auto index = *VectorIndex::Create(WithGraph(200));
  base::Random random(15);
  for (uint32_t row = 0; row < 300; ++row) ASSERT_TRUE(index->Set(row, Unit(random)).ok());
  std::atomic<bool> stop{false};
  std::atomic<int> failures{0};
  std::vector<std::thread> readers;
  for (uint64_t reader = 0; reader < 2; ++reader) {
    readers.emplace_back([&, reader] {
      base::Random own(100 + reader);
      while (!stop) failures += index->Nearest(Unit(own), 10)->size() != 10;
    });
  }
  std::thread linker([&] {
    while (!stop) index->LinkPending(50, 2);
  });
  for (uint32_t i = 0; i < 1'500; ++i) {
    ASSERT_TRUE(index->Set(static_cast<uint32_t>(random.Below(900)), Unit(random)).ok());
    if (i % 5 == 0) index->Remove(300 + static_cast<uint32_t>(random.Below(600)));
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  linker.join();
  EXPECT_EQ(failures, 0);
}

}  // namespace
}  // namespace kontor::search
