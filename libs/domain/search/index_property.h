#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "libs/domain/search/index_oracle.h"
#include "libs/domain/search/index_random_shop.h"

namespace kontor::search {

using Ids = std::set<std::string>;

// A shop through random changes: batches, commits, merges of any kind, live updates.
class IndexProperty : public testing::TestWithParam<uint64_t> {
 protected:
  void SetUp() override {
    IndexOptions options;
    options.largest_batch = 64;
    options.merge_factor = 3;
    index_ = std::make_unique<Index>(*analyzer_, options);
    shop_ = std::make_unique<RandomShop>(GetParam());
    for (int round = 0; round < 12; ++round) Change();
    index_->Commit();
    view_ = index_->View();
  }

  void Change() {
    std::vector<Upsertion> batch;
    for (size_t i = shop_->random.Below(60); i > 0; --i) batch.push_back(shop_->Product(kProducts));
    ASSERT_TRUE(index_->Upsert(batch).ok());
    for (const Upsertion& upsertion : batch) oracle_.Upsert(upsertion);
    std::vector<std::string> removed;
    for (size_t i = shop_->random.Below(12); i > 0; --i) removed.push_back(shop_->Id(kProducts));
    index_->Remove(removed);
    for (const std::string& id : removed) oracle_.products.erase(id);
    std::vector<LiveUpdate> updates;
    for (size_t i = shop_->random.Below(12); i > 0; --i)
      updates.push_back({shop_->Id(kProducts), 7'000'000, 5, {}, {}});
    size_t unknown = 0;
    for (const LiveUpdate& update : updates) {
      const auto found = oracle_.products.find(update.id);
      if (found != oracle_.products.end()) Apply(update, found->second.live);
      unknown += found == oracle_.products.end() ? 1 : 0;
    }
    if (shop_->random.Chance(.8)) index_->Commit();
    const auto result = index_->SetLive(updates);
    ASSERT_TRUE(result.ok());
    if (index_->pending() == 0) {
      EXPECT_EQ(*result, unknown);
    }
    if (shop_->random.Chance(.5)) index_->Merge();
    if (shop_->random.Chance(.1)) index_->MergeAll();
  }

  const Oracle::Entry& EntryOf(DocRef doc) { return oracle_.products.at(std::string(view_->Id(doc))); }

  Ids IdsOf(const MatchSet& set) {
    Ids ids;
    for (uint32_t part = 0; part < set.parts.size(); ++part) {
      ForEachBit(set.parts[part].bits, [&](uint32_t doc) { ids.emplace(view_->Id({part, doc})); });
    }
    return ids;
  }
  std::vector<DocRef> DocsOf(const MatchSet& set) {
    std::vector<DocRef> docs;
    for (uint32_t part = 0; part < set.parts.size(); ++part) {
      ForEachBit(set.parts[part].bits, [&](uint32_t doc) { docs.push_back({part, doc}); });
    }
    return docs;
  }

  std::vector<Filter> Filters() {
    std::vector<Filter> filters;
    for (size_t i = shop_->random.Below(3); i > 0; --i) filters.push_back(shop_->MakeFilter(3));
    return filters;
  }

  static constexpr size_t kProducts = 300;
  const std::unique_ptr<text::Analyzer> analyzer_ = PlainAnalyzer();
  Oracle oracle_{*analyzer_};
  std::unique_ptr<Index> index_;
  std::unique_ptr<RandomShop> shop_;
  std::shared_ptr<const IndexView> view_;
};

}  // namespace kontor::search
