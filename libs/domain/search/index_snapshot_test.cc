#include <gtest/gtest.h>

#include <cstring>

#include "libs/base/bytes.h"
#include "libs/base/hash.h"
#include "libs/domain/search/index_oracle.h"
#include "libs/domain/search/index_random_shop.h"

namespace kontor::search {
namespace {

class IndexSnapshot : public testing::Test {
 protected:
  void Fill(Index& index, uint64_t seed, size_t products) {
    RandomShop shop(seed);
    for (int round = 0; round < 5; ++round) {
      std::vector<Upsertion> batch;
      for (size_t i = 0; i < products / 4; ++i) batch.push_back(shop.Product(products));
      ASSERT_TRUE(index.Upsert(batch).ok());
      index.Remove({{shop.Id(products), shop.Id(products)}});
      index.Commit();
    }
  }

  const std::unique_ptr<text::Analyzer> analyzer_ = PlainAnalyzer();
};

TEST_F(IndexSnapshot, LoadedIndexAnswersAsTheSaved) {
  Index saved(*analyzer_), loaded(*analyzer_);
  Fill(saved, 1, 200);
  Fill(loaded, 2, 50);  // gives way
  const std::string bytes = saved.Save("topic 0: 17");
  EXPECT_EQ(*loaded.Load(bytes), "topic 0: 17");
  const auto a = saved.View(), b = loaded.View();
  ASSERT_EQ(a->documents(), b->documents());
  RandomShop shop(3);
  for (int i = 0; i < 100; ++i) {
    const LexicalQuery query = shop.Query();
    const std::vector<Filter> filters = {shop.MakeFilter(2)};
    const PreparedQuery on_a(*a, query), on_b(*b, query);
    const MatchSet set_a = Match(on_a, filters, {}), set_b = Match(on_b, filters, {});
    ASSERT_EQ(set_a.count, set_b.count);
    const auto top_a = Top(on_a, set_a, {}), top_b = Top(on_b, set_b, {});
    for (size_t r = 0; r < top_a.size(); ++r) {
      EXPECT_EQ(a->Id(top_a[r].doc), b->Id(top_b[r].doc));
      EXPECT_EQ(top_a[r].score, top_b[r].score);
      EXPECT_EQ(a->Row(top_a[r].doc), b->Row(top_b[r].doc));
      EXPECT_EQ(a->Live(top_a[r].doc).price_micros, b->Live(top_b[r].doc).price_micros);
    }
    const FacetSpec spec{shop.TextProperty(), 100, "", {}, {}};
    const Facet facet_a = CountFacets(*a, set_a, {spec}).front(), facet_b = CountFacets(*b, set_b, {spec}).front();
    ASSERT_EQ(facet_a.values.size(), facet_b.values.size());
    for (size_t v = 0; v < facet_a.values.size(); ++v) EXPECT_EQ(facet_a.values[v].value, facet_b.values[v].value);
  }
  // Both go on alike: what is known keeps its row, what is new gets the same.
  Fill(saved, 4, 100);
  Fill(loaded, 4, 100);
  EXPECT_EQ(saved.View()->documents(), loaded.View()->documents());
}

TEST_F(IndexSnapshot, EmptyIndexIsSavedAndLoaded) {
  Index saved(*analyzer_), loaded(*analyzer_);
  EXPECT_EQ(*loaded.Load(saved.Save("")), "");
  EXPECT_EQ(loaded.View()->documents(), 0);
}

TEST_F(IndexSnapshot, AnyWrongBitIsDataLossAndChangesNothing) {
  Index saved(*analyzer_), loaded(*analyzer_);
  Fill(saved, 1, 30);
  Fill(loaded, 2, 20);
  const auto before = loaded.View();
  const std::string bytes = saved.Save("owner");
  base::Random random(5);
  for (int i = 0; i < 2000; ++i) {
    std::string wrong = bytes;
    wrong[random.Below(wrong.size())] ^= static_cast<char>(1 << random.Below(8));
    EXPECT_EQ(loaded.Load(wrong).status().code(), absl::StatusCode::kDataLoss) << i;
  }
  for (size_t size = 0; size < bytes.size(); size += 1 + size / 50) {
    EXPECT_EQ(loaded.Load(bytes.substr(0, size)).status().code(), absl::StatusCode::kDataLoss) << size;
  }
  EXPECT_EQ(loaded.Load(bytes + "x").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(loaded.View(), before);
}

// Checksums that fit the wrong bytes: what is inside is checked, too, and whatever passes can be asked anything.
TEST_F(IndexSnapshot, WrongContentsWithRightChecksumsNeverCrash) {
  Index saved(*analyzer_), loaded(*analyzer_);
  Fill(saved, 1, 30);
  const std::string bytes = saved.Save("owner");
  base::Random random(6);
  int accepted = 0, refused = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string wrong = bytes.substr(0, 12);  // magic and version
    const size_t victim = random.Below(bytes.size() - 12) + 12;
    for (size_t at = 12; at < bytes.size();) {
      uint64_t size = 0;
      std::memcpy(&size, bytes.data() + at + 8, sizeof(size));
      std::string section = bytes.substr(at + 16, size);
      if (victim >= at + 16 && victim < at + 16 + size)
        section[victim - at - 16] ^= static_cast<char>(1 << random.Below(8));
      base::ByteWriter writer;
      writer.Value<uint64_t>(base::StableHash(section));
      writer.String(section);
      wrong += writer.bytes();
      at += 16 + size;
    }
    const auto result = loaded.Load(wrong);
    if (!result.ok()) {
      EXPECT_EQ(result.status().code(), absl::StatusCode::kDataLoss);
      ++refused;
      continue;
    }
    ++accepted;
    RandomShop shop(7);
    const auto view = loaded.View();
    const PreparedQuery prepared(*view, shop.Query());
    const MatchSet set = Match(prepared, {shop.MakeFilter(2)}, {});
    Top(prepared, set, {});
    CountFacets(*view, set, {FacetSpec{shop.TextProperty(), 10, "", {}, {}}});
    loaded.MergeAll();
  }
  EXPECT_GT(refused, 500);
  EXPECT_GT(accepted, 100);  // a letter of a title, a price
}

}  // namespace
}  // namespace kontor::search
