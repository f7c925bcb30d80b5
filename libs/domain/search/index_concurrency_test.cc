#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "libs/base/random.h"
#include "libs/domain/search/index_oracle.h"

namespace kontor::search {
namespace {

// Two writers, a committer, a merger and readers at once. Every writer owns its products and gives each the same number
// as price and as a word of its title, which readers compare; at the end the index holds what the writers wrote last.
class IndexConcurrency : public testing::Test {
 protected:
  static constexpr int kRounds = 60, kProducts = 40;

  Upsertion Make(int writer, int product, int number) {
    Upsertion upsertion;
    upsertion.product.id = "w" + std::to_string(writer) + "p" + std::to_string(product);
    upsertion.product.title = "all writer" + std::to_string(writer) + " n" + std::to_string(number);
    upsertion.product.brand = "brand" + std::to_string(number % 7);
    upsertion.live = LiveValues{number, 1, static_cast<float>(number), 0};
    return upsertion;
  }

  void Write(int writer) {
    base::Random random(static_cast<uint64_t>(writer));
    for (int round = 0; round < kRounds; ++round) {
      std::vector<Upsertion> batch;
      for (int i = 0; i < 8; ++i) {
        const auto product = static_cast<int>(random.Below(kProducts));
        batch.push_back(Make(writer, product, round));
        last_[writer][product] = round;
      }
      ASSERT_TRUE(index_.Upsert(batch).ok());
      const auto gone = static_cast<int>(random.Below(kProducts));
      index_.Remove({{Make(writer, gone, 0).product.id}});
      last_[writer][gone] = -1;
      const auto priced = static_cast<int>(random.Below(kProducts));
      LiveUpdate update{Make(writer, priced, 0).product.id, {}, 9, {}, {}};
      ASSERT_TRUE(index_.SetLive({update}).ok());
    }
  }

  void Read() {
    while (!done_) {
      const auto view = index_.View();
      LexicalQuery query;
      query.slots.push_back({{{{"all"}, 1}}, 1, false});
      const PreparedQuery prepared(*view, query);
      const MatchSet set = Match(prepared, {}, {});
      EXPECT_EQ(set.count, view->documents());
      TopOptions options;
      options.k = 5;
      options.boosts.popularity = 1;
      for (const Hit& hit : Top(prepared, set, options)) {
        const auto terms = view->TermsOf(hit.doc, Field::kTitle);
        const std::string number = "n" + std::to_string(view->Live(hit.doc).price_micros);
        EXPECT_EQ(terms[2], number);
      }
      CountFacets(*view, set, {FacetSpec{{Property::Kind::kBrand, ""}, 10, "", {}, {}}});
      SortedPage(*view, set, {{Property::Kind::kPopularity, ""}, true}, 5, {});
      ++reads_;
    }
  }

  const std::unique_ptr<text::Analyzer> analyzer_ = PlainAnalyzer();
  Index index_{*analyzer_, {1000, 3, .3}};
  int last_[2][kProducts];
  std::atomic<bool> done_{false};
  std::atomic<int> reads_{0};
};

TEST_F(IndexConcurrency, NothingIsLostAndReadersSeeWholeProducts) {
  for (auto& of_writer : last_) std::fill(of_writer, of_writer + kProducts, -1);
  std::thread reader([this] { Read(); }), committer([this] {
    while (!done_) index_.Commit();
  });
  std::thread merger([this] {
    while (!done_) {
      if (!index_.Merge()) std::this_thread::yield();
    }
  });
  while (reads_ == 0) std::this_thread::yield();  // a busy machine may let the reader wait until all is written
  std::thread other([this] { Write(1); });
  Write(0);
  other.join();
  done_ = true;
  for (std::thread* thread : {&reader, &committer, &merger}) thread->join();
  index_.Commit();
  const auto view = index_.View();
  size_t alive = 0;
  for (int writer = 0; writer < 2; ++writer) {
    for (int product = 0; product < kProducts; ++product) {
      const auto doc = view->Find(Make(writer, product, 0).product.id);
      const int number = last_[writer][product];
      ASSERT_EQ(doc.has_value(), number >= 0);
      if (!doc.has_value()) continue;
      ++alive;
      EXPECT_EQ(view->Live(*doc).price_micros, number);
    }
  }
  EXPECT_EQ(view->documents(), alive);
}

// A merge that is under way misses neither deletions nor prices that arrive meanwhile. Rounds in which the merge was
// done before the commit prove nothing: they are made until enough of the others were seen.
TEST_F(IndexConcurrency, MergesCarryOver) {
  int overlaps = 0;
  for (int round = 0; round < 300 && overlaps < 5; ++round) {
    std::vector<Upsertion> batch;
    for (int i = 0; i < 3000; ++i) batch.push_back(Make(0, i, i));
    ASSERT_TRUE(index_.Upsert(batch).ok());
    index_.Commit();
    std::atomic<bool> begun{false};
    uint64_t merged = 0;
    std::thread merger([&] {
      begun = true;
      index_.MergeAll();
      merged = index_.View()->generation();
    });
    while (!begun) std::this_thread::yield();
    const std::string gone = Make(0, round, 0).product.id, priced = Make(0, round + 500, 0).product.id;
    ASSERT_EQ(*index_.SetLive({LiveUpdate{priced, 123, {}, {}, {}}}), 0);
    index_.Remove({{gone}});
    index_.Commit();
    const uint64_t committed = index_.View()->generation();
    merger.join();
    overlaps += merged > committed ? 1 : 0;
    const auto view = index_.View();
    EXPECT_FALSE(view->Find(gone).has_value());
    EXPECT_EQ(view->Live(*view->Find(priced)).price_micros, 123);
    EXPECT_EQ(view->documents(), 2999);
  }
  EXPECT_GT(overlaps, 0);
}

}  // namespace
}  // namespace kontor::search
