#include "libs/domain/recommendations/vector_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"

namespace kontor::recommendations {
namespace {

using ::testing::IsEmpty;

std::vector<ScanKernel> Kernels() {
  std::vector<ScanKernel> out;
  for (ScanKernel kernel : {ScanKernel::kPortable, ScanKernel::kAvx2, ScanKernel::kAvx512}) {
    if (Runs(kernel)) out.push_back(kernel);
  }
  return out;
}

std::vector<float> Normal(size_t size, base::Random& random) {
  std::vector<float> out(size);
  for (float& number : out) number = static_cast<float>(random.Normal());
  return out;
}

// All allowed items by score, the slow way.
std::vector<ScoredItem> BySort(const VectorIndex& index, absl::Span<const float> query, size_t k,
                               const VectorIndex::Filter& filter) {
  std::vector<ScoredItem> all;
  for (ItemId item = 0; item < index.size(); ++item) {
    const bool allowed =
        !filter.filtered || (item / 64 < filter.allowed.size() && (filter.allowed[item / 64] >> (item % 64) & 1) != 0);
    if (allowed) all.push_back({item, index.Score(query, item)});
  }
  std::sort(all.begin(), all.end(), [](const ScoredItem& a, const ScoredItem& b) {
    return a.score != b.score ? a.score > b.score : a.item < b.item;
  });
  all.resize(std::min(k, all.size()));
  return all;
}

void ExpectEqual(const std::vector<ScoredItem>& got, const std::vector<ScoredItem>& wanted) {
  ASSERT_EQ(got.size(), wanted.size());
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].item, wanted[i].item) << "place " << i;
    ASSERT_EQ(got[i].score, wanted[i].score) << "place " << i;
  }
}

void ExpectExact(const VectorIndex& index, absl::Span<const float> query, size_t k, const VectorIndex::Filter& filter) {
  const std::vector<ScoredItem> wanted = BySort(index, query, k, filter);
  for (ScanKernel kernel : Kernels()) {
    SCOPED_TRACE(absl::StrCat("kernel ", static_cast<int>(kernel)));
    ExpectEqual(index.Top(query, k, filter, kernel), wanted);
  }
}

TEST(VectorIndexTest, ByHand) {
  const VectorIndex index({1, 0, 0, 2, -1, 3, .5F, .5F}, {0, 0, -1, 4}, 2);
  const std::vector<float> query = {2, 1};
  const std::vector<ScoredItem> top = index.Top(query, 9, {});
  ASSERT_EQ(top.size(), 4u);
  EXPECT_EQ(top[0].item, 3u);
  EXPECT_FLOAT_EQ(top[0].score, 5.5);
  EXPECT_EQ(top[1].item, 0u) << "2, as item 1 has: the smaller one first";
  EXPECT_EQ(top[2].item, 1u);
  EXPECT_EQ(top[3].item, 2u);
  EXPECT_FLOAT_EQ(top[3].score, 0);
}

TEST(VectorIndexTest, EqualsASortForEveryShape) {
  const uint64_t seed = 17;
  base::Random random(seed);
  for (const size_t items : {1, 15, 16, 17, 63, 200, 1'000}) {
    for (const size_t dimensions : {1, 7, 16, 50, 64, 130}) {
      SCOPED_TRACE(absl::StrCat("seed ", seed, ", ", items, " x ", dimensions));
      const VectorIndex plain(Normal(items * dimensions, random), {}, dimensions);
      const VectorIndex biased(Normal(items * dimensions, random), Normal(items, random), dimensions);
      std::vector<uint64_t> allowed((items + 63) / 64);
      for (uint64_t& word : allowed) word = random.Chance(.3) ? 0 : random() & random();
      const std::vector<float> query = Normal(dimensions, random);
      for (const size_t k : {size_t{1}, size_t{10}, items}) {
        ExpectExact(plain, query, k, {});
        ExpectExact(biased, query, k, {});
        ExpectExact(biased, query, k, {true, allowed});
      }
    }
  }
}

TEST(VectorIndexTest, EqualsASortOnLargeTables) {
  const uint64_t seed = 18;
  base::Random random(seed);
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  const size_t items = 40'000, dimensions = 64;
  std::vector<float> vectors = Normal(items * dimensions, random);
  for (size_t i = 0; i < items; ++i) {  // lengths as popularity makes them
    const auto length = static_cast<float>(std::pow(random.Uniform(), -.5));
    for (size_t d = 0; d < dimensions; ++d) vectors[i * dimensions + d] *= length;
  }
  const VectorIndex index(std::move(vectors), Normal(items, random), dimensions);
  for (int trial = 0; trial < 20; ++trial) ExpectExact(index, Normal(dimensions, random), 100, {});
}

// The sample of blocks from which a floor is guessed holds the best items: the guess is too high and must be noticed.
TEST(VectorIndexTest, EqualsASortWhereTheSampleDeceives) {
  const uint64_t seed = 22;
  base::Random random(seed);
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  const size_t items = 40'000, dimensions = 16;
  std::vector<float> vectors = Normal(items * dimensions, random);
  for (size_t i = 0; i < items; ++i) {
    if (i / kBlockItems % 512 >= 8) std::fill_n(&vectors[i * dimensions], dimensions, 0.0F);
  }
  const VectorIndex index(std::move(vectors), {}, dimensions);
  for (size_t k : {1, 50, 400, 2'000, 40'000}) ExpectExact(index, Normal(dimensions, random), k, {});
}

TEST(VectorIndexTest, EqualsASortWhereRoundingHurts) {
  const uint64_t seed = 19;
  base::Random random(seed);
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  const size_t items = 500, dimensions = 20;
  // All items nearly the same, one coordinate that swallows the scale, zeros, equal vectors, huge and tiny ones.
  std::vector<float> vectors(items * dimensions);
  for (size_t i = 0; i < items; ++i) {
    const auto factor = static_cast<float>(i % 7 == 0 ? 1e5 : i % 7 == 1 ? 1e-30 : 1);
    for (size_t d = 0; d < dimensions; ++d) {
      vectors[i * dimensions + d] = factor * (1 + 1e-4F * static_cast<float>(random.Normal()));
    }
    if (i % 5 == 0) vectors[i * dimensions] = factor * 3e4F;
    if (i % 11 == 0) std::fill_n(vectors.begin() + static_cast<int64_t>(i * dimensions), dimensions, 0.0F);
    if (i % 3 == 0 && i > 0) {
      std::copy_n(vectors.begin() + static_cast<int64_t>((i - 1) * dimensions), dimensions,
                  vectors.begin() + static_cast<int64_t>(i * dimensions));
    }
  }
  const VectorIndex index(std::move(vectors), {}, dimensions);
  for (int trial = 0; trial < 20; ++trial) {
    std::vector<float> query = Normal(dimensions, random);
    query[0] *= static_cast<float>(trial % 2);
    ExpectExact(index, query, 50, {});
  }
  ExpectExact(index, std::vector<float>(dimensions, 0), 50, {});
}

TEST(VectorIndexTest, FiltersComeFirst) {
  base::Random random(20);
  const VectorIndex index(Normal(300 * 8, random), {}, 8);
  const std::vector<float> query = Normal(8, random);
  EXPECT_THAT(index.Top(query, 5, {true, {}}), IsEmpty());
  EXPECT_THAT(index.Top(query, 5, {true, std::vector<uint64_t>(5, 0)}), IsEmpty());
  EXPECT_THAT(index.Top(query, 0, {}), IsEmpty());
  EXPECT_THAT(VectorIndex().Top({}, 5, {}), IsEmpty());
  std::vector<uint64_t> one(5, 0);
  one[299 / 64] = uint64_t{1} << (299 % 64);
  const auto top = index.Top(query, 5, {true, one});
  ASSERT_EQ(top.size(), 1u);
  EXPECT_EQ(top[0].item, 299u);
  const std::vector<uint64_t> shorter = {~uint64_t{0}};  // items from 64 on are refused
  EXPECT_EQ(index.Top(query, 300, {true, shorter}).size(), 64u);
}

TEST(VectorIndexTest, ComesBackTheSame) {
  base::Random random(21);
  const VectorIndex index(Normal(40 * 9, random), Normal(40, random), 9);
  base::ByteWriter out;
  index.Save(out);
  base::ByteReader in(out.bytes());
  const VectorIndex loaded = VectorIndex::Load(in, 40);
  ASSERT_TRUE(in.status().ok()) << in.status();
  const std::vector<float> query = Normal(9, random);
  ExpectEqual(loaded.Top(query, 40, {}), index.Top(query, 40, {}));
  base::ByteReader fewer(out.bytes());
  VectorIndex::Load(fewer, 39);
  EXPECT_EQ(fewer.status().code(), absl::StatusCode::kDataLoss);
  for (size_t size = 0; size < out.bytes().size(); size += 7) {
    base::ByteReader cut(absl::string_view(out.bytes()).substr(0, size));
    VectorIndex::Load(cut, 40);
    EXPECT_EQ(cut.status().code(), absl::StatusCode::kDataLoss) << size;
  }
}

TEST(VectorIndexTest, ClampsWhatIsNotANumber) {
  const float infinity = std::numeric_limits<float>::infinity();
  const VectorIndex index({std::nanf(""), infinity, 1}, {}, 1);
  const auto top = index.Top(std::vector<float>{1}, 3, {});
  ASSERT_EQ(top.size(), 3u);
  EXPECT_EQ(top[0].item, 1u);
  EXPECT_EQ(top[0].score, VectorIndex::kMaxCoordinate);
  EXPECT_EQ(top[2].item, 0u);
}

}  // namespace
}  // namespace kontor::recommendations
