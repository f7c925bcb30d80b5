#include "libs/domain/search/index_property.h"

namespace kontor::search {
namespace {

class IndexRankingProperty : public IndexProperty {};

INSTANTIATE_TEST_SUITE_P(Seeds, IndexRankingProperty, testing::Range<uint64_t>(1, 25));

TEST_P(IndexRankingProperty, ScoresAreTheFormulaAndTopIsTheirOrder) {
  for (int i = 0; i < 40; ++i) {
    const LexicalQuery query = shop_->Query();
    const PreparedQuery prepared(*view_, query);
    TopOptions options;
    options.bm25f.weights = {1, .5F, .25F, static_cast<float>(i % 3), 2, .1F};
    options.bm25f.b = {.75F, .2F, 0, 1, .5F, .9F};
    options.bm25f.k1 = i % 2 == 0 ? 1.2F : .3F;
    options.bm25f.idf_power = i % 4 == 0 ? 1 : .7F;
    if (i % 5 == 0) options.boosts = {.5F, 10, .3F, 300, 900, .2F};
    ASSERT_TRUE(Validate(options.bm25f, options.boosts).ok());
    const MatchSet set = Match(prepared, Filters(), {static_cast<MatchPolicy>(i % 3), 5});
    const std::vector<DocRef> docs = DocsOf(set);
    const std::vector<DocScore> scores = ScoreOf(prepared, options, docs);
    std::vector<Hit> expected;
    for (size_t d = 0; d < docs.size(); ++d) {
      const Oracle::Entry& entry = EntryOf(docs[d]);
      double score = query.slots.empty() ? 1 : 0;
      for (size_t s = 0; s < query.slots.size(); ++s) {
        double best = 0;
        for (const Alternative& alternative : query.slots[s].alternatives) {
          double tf = 0;
          for (size_t f = 0; f < kFields; ++f) {
            double length = 0;
            for (const auto& [field, run] : entry.runs) length += field == static_cast<Field>(f) ? run.size() : 0;
            const double frequency = std::min(15U, Oracle::Frequency(entry, static_cast<Field>(f), alternative.terms));
            const double b = options.bm25f.b[f];
            if (frequency > 0) {
              tf += options.bm25f.weights[f] * frequency /
                    (1 - b + b * length / view_->average_length(static_cast<Field>(f)));
            }
          }
          best = std::max(best, alternative.weight * tf * (options.bm25f.k1 + 1) / (tf + options.bm25f.k1));
        }
        const auto& slot = prepared.slots()[s];
        score += slot.weight * std::pow(slot.idf, options.bm25f.idf_power) * best;
      }
      if (i % 5 == 0) {
        const LiveValues& live = entry.live;
        double boost = 1 + .5 * live.popularity / (live.popularity + 10) + (live.stock != 0 ? .2 : 0);
        if (entry.product.available_at_us != 0) {
          boost += .3 * std::exp2(-std::max(0.0, 900.0 - static_cast<double>(entry.product.available_at_us)) / 300);
        }
        score *= boost;
      }
      EXPECT_NEAR(scores[d].score, score, 1e-4 * (1 + score));
      expected.push_back({docs[d], scores[d].score, view_->Sequence(docs[d])});
    }
    std::sort(expected.begin(), expected.end(), [](const Hit& a, const Hit& b) {
      return a.score != b.score ? a.score > b.score : a.sequence < b.sequence;
    });
    for (size_t k : {0, 1, 7, 1000}) {
      options.k = k;
      options.after = std::nullopt;
      const std::vector<Hit> top = Top(prepared, set, options);
      ASSERT_EQ(top.size(), std::min(k, expected.size()));
      for (size_t r = 0; r < top.size(); ++r) {
        EXPECT_EQ(top[r].doc, expected[r].doc);
        EXPECT_EQ(top[r].score, expected[r].score);
      }
    }
    options.k = 4;
    size_t rank = 0;
    for (std::vector<Hit> page = Top(prepared, set, options); !page.empty(); page = Top(prepared, set, options)) {
      for (const Hit& hit : page) ASSERT_EQ(hit.doc, expected[rank++].doc);
      options.after = RankPosition{page.back().score, page.back().sequence};
    }
    EXPECT_EQ(rank, expected.size());
  }
}

TEST_P(IndexRankingProperty, TopAnyIsTheTopOfWhatMatchesAnySlot) {
  for (int i = 0; i < 40; ++i) {
    LexicalQuery query = shop_->Query();
    query.phrases.clear();
    query.excluded.clear();
    for (Slot& slot : query.slots) slot.required = false;
    const PreparedQuery prepared(*view_, query);
    TopOptions options;
    options.bm25f.weights = {1, 1, 1, 1, 1, 1};
    options.k = 10;
    std::vector<Hit> expected;
    if (!query.slots.empty()) expected = Top(prepared, Match(prepared, {}, {MatchPolicy::kAny, 1}), options);
    const std::vector<Hit> top = TopAny(prepared, options);
    ASSERT_EQ(top.size(), expected.size());
    for (size_t r = 0; r < top.size(); ++r) {
      EXPECT_EQ(top[r].doc, expected[r].doc);
      EXPECT_EQ(top[r].score, expected[r].score);
    }
  }
}

TEST_P(IndexRankingProperty, GroupsAreEachByTheirBest) {
  for (int i = 0; i < 20; ++i) {
    const PreparedQuery prepared(*view_, shop_->Query());
    const MatchSet set = Match(prepared, Filters(), {MatchPolicy::kAny, 1});
    TopOptions options;
    options.k = 1000;
    Ids groups;
    std::vector<DocRef> firsts;
    for (const Hit& hit : Top(prepared, set, options)) {
      const std::string group(view_->GroupId(hit.doc));
      if (groups.insert(group.empty() ? "own " + std::string(view_->Id(hit.doc)) : group).second)
        firsts.push_back(hit.doc);
    }
    options.k = 3;
    size_t rank = 0;
    for (auto page = TopGroups(prepared, set, options); !page.empty(); page = TopGroups(prepared, set, options)) {
      for (const Hit& hit : page) ASSERT_EQ(hit.doc, firsts[rank++]);
      options.after = RankPosition{page.back().score, page.back().sequence};
    }
    EXPECT_EQ(rank, firsts.size());
  }
}

}  // namespace
}  // namespace kontor::search
