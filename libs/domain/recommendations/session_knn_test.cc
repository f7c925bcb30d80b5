#include "libs/domain/recommendations/session_knn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "libs/base/random.h"
#include "libs/domain/recommendations/source_table.h"
#include "libs/domain/recommendations/test_shop.h"

namespace kontor::recommendations {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

Sessions MakeSessions(uint32_t items, const std::vector<std::vector<ItemId>>& all) {
  Sessions out(items);
  for (const auto& one : all) out.Add(one);
  return out;
}

std::map<ItemId, float> Scores(const SessionKnn& model, const std::vector<RecentItem>& recent) {
  SessionKnn::Workspace workspace;
  ScoreVector scores;
  scores.Resize(model.item_count());
  model.Score(recent, workspace, scores);
  std::map<ItemId, float> out;
  for (uint32_t item : scores.touched()) out[item] = scores[item];
  return out;
}

TEST(SessionsTest, KeepsOrderAndDropsTheUnknown) {
  const Sessions sessions = MakeSessions(4, {{3, 1, 3}, {9}, {}, {2, 7, 0}});
  ASSERT_EQ(sessions.size(), 2u);
  EXPECT_EQ(sessions.lines(), 5u);
  EXPECT_THAT(sessions.Of(0), ElementsAre(3, 1, 3));
  EXPECT_THAT(sessions.Of(1), ElementsAre(2, 0));
}

TEST(SessionKnnTest, ScoresByHand) {
  // Sessions 0 and 1 of three share items with [1, then 2]; the newest shared one is 2 in session 1, 1 in session 0.
  const Sessions sessions = MakeSessions(6, {{1, 3}, {4, 1, 2, 5}, {0}});
  const SessionKnn model = SessionKnn::Train(
      sessions, {.age_decay = 2, .session_decay = 1, .distance_decay = 4, .before = .25F, .idf = .5F});
  const auto scores = Scores(model, {{2, 0}, {1, 1}});
  const double old = std::exp(-.5), first = old * std::exp(-1.), second = (1 + old) * std::exp(-2 / 3.);
  const double step = std::exp(-.25), one = 1 + .5 * std::log(3.), two = 1 + .5 * std::log(1.5);
  EXPECT_EQ(scores.size(), 5u);
  EXPECT_NEAR(scores.at(3), first * step * one, 1e-6);
  EXPECT_NEAR(scores.at(1), (first + second * step * .25) * two, 1e-6);
  EXPECT_NEAR(scores.at(2), second * one, 1e-6);
  EXPECT_NEAR(scores.at(5), second * step * one, 1e-6);
  EXPECT_NEAR(scores.at(4), second * step * step * .25 * one, 1e-6);
}

TEST(SessionKnnTest, WithoutDecaysItCountsSharedItems) {
  const Sessions sessions = MakeSessions(4, {{0, 1, 2}, {0, 3}, {1, 0}});
  const SessionKnn model =
      SessionKnn::Train(sessions, {.age_decay = 0, .session_decay = 0, .distance_decay = 0, .before = 1, .idf = 0});
  const auto scores = Scores(model, {{0, 0}, {1, 5}});
  EXPECT_EQ(scores.at(2), 2);
  EXPECT_EQ(scores.at(3), 1);
  EXPECT_EQ(scores.at(0), 5);
}

TEST(SessionKnnTest, KeepsItsLimitsNewestFirst) {
  const Sessions sessions = MakeSessions(6, {{0, 1}, {0, 2}, {0, 3}, {0, 4, 5}});
  const auto told = [&](const SessionKnnOptions& options) {
    std::vector<ItemId> items;
    for (const auto& [item, score] : Scores(SessionKnn::Train(sessions, options), {{0, 0}})) items.push_back(item);
    return items;
  };
  EXPECT_THAT(told({}), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(told({.neighbours = 2}), ElementsAre(0, 3, 4, 5)) << "the newest are the most similar";
  EXPECT_THAT(told({.sample = 1}), ElementsAre(0, 4, 5));
  EXPECT_THAT(told({.max_postings = 3}), ElementsAre(0, 2, 3, 4, 5));
  EXPECT_THAT(told({.max_sessions = 3}), ElementsAre(0, 2, 3, 4, 5));
  EXPECT_THAT(told({.max_length = 2}), ElementsAre(0, 1, 2, 3)) << "0 is not among the last two of the newest session";
}

// The formula of the header, summed the slow way in double.
std::map<ItemId, double> BySlowSum(const Sessions& sessions, const SessionKnnOptions& options,
                                   const std::vector<RecentItem>& recent) {
  std::map<ItemId, double> out;
  std::vector<int> counts(sessions.item_count(), 0);
  for (uint32_t s = 0; s < sessions.size(); ++s) {
    for (ItemId item = 0; item < sessions.item_count(); ++item)
      counts[item] += std::ranges::count(sessions.Of(s), item) > 0;
  }
  for (uint32_t s = 0; s < sessions.size(); ++s) {
    const std::vector<ItemId> items(sessions.Of(s).begin(), sessions.Of(s).end());
    double similarity = 0;
    int shared = -1;
    for (const RecentItem& one : recent) {
      const auto last = std::find(items.rbegin(), items.rend(), one.item);
      if (last == items.rend()) continue;
      similarity += std::exp(-static_cast<double>(one.age) / options.age_decay);
      if (shared < 0) shared = static_cast<int>(items.rend() - last) - 1;
    }
    if (shared < 0) continue;
    similarity *= std::exp(-static_cast<double>(sessions.size() - s) / sessions.size() / options.session_decay);
    for (int i = 0; i < static_cast<int>(items.size()); ++i) {
      out[items[i]] += similarity * std::exp(-std::abs(i - shared) / options.distance_decay) *
                       (i < shared ? options.before : 1) *
                       (1 + options.idf * std::log(static_cast<double>(sessions.size()) / counts[items[i]]));
    }
  }
  return out;
}

TEST(SessionKnnTest, EqualsTheSlowSumOnRandomSessions) {
  const uint64_t seed = 11;
  base::Random random(seed);
  Sessions sessions(40);
  for (int s = 0; s < 300; ++s) {
    std::vector<ItemId> items(1 + random.Below(9));
    for (ItemId& item : items) item = static_cast<ItemId>(std::pow(random.Uniform(), 2) * 40);
    sessions.Add(items);
  }
  const SessionKnnOptions options;
  const SessionKnn model = SessionKnn::Train(sessions, options);
  for (int trial = 0; trial < 50; ++trial) {
    std::vector<RecentItem> recent;
    for (uint32_t age = 0; age < 1 + random.Below(6); ++age) {
      const auto item = static_cast<ItemId>(random.Below(40));
      if (std::ranges::none_of(recent, [&](const RecentItem& one) { return one.item == item; })) {
        recent.push_back({item, age});
      }
    }
    const auto fast = Scores(model, recent);
    const auto slow = BySlowSum(sessions, options, recent);
    ASSERT_EQ(fast.size(), slow.size()) << "seed " << seed;
    for (const auto& [item, score] : slow) ASSERT_NEAR(fast.at(item), score, 1e-4 * score) << "seed " << seed;
  }
}

// As a source: nominations, signals, reasons.
struct Table {
  Table(const CandidateSource& source, const UserContext& context, int limit, ItemFilter filter = {})
      : profile(context, 6) {
    candidates.Reset(6, 1, filter, profile);
    source.Generate(profile, limit, 0, candidates);
    candidates.OpenTable();
    source.Describe(profile, 0, candidates);
  }
  Profile profile;
  Candidates candidates;
};

TEST(SessionKnnTest, AnswersAsASource) {
  const SessionKnn model =
      SessionKnn::Train(MakeSessions(6, {{1, 3}, {2, 4}, {2, 4}, {2, 5}}), {.session_decay = 0.5F, .idf = 1});
  const OwnedContext owned({{1}}, {{2, 1}});
  Table table(model, owned.context, 2, {.excluded = std::vector<ItemId>{2}});
  EXPECT_THAT(table.candidates.items(), UnorderedElementsAre(4, 5));
  const size_t four = table.candidates.items()[0] == 4 ? 0 : 1;
  EXPECT_NEAR(table.candidates.value(four, 0) / table.candidates.value(1 - four, 0),
              (std::exp(-2 / 2.) + std::exp(-3 / 2.)) / std::exp(-1 / 2.) * (1 + std::log(2.)) / (1 + std::log(4.)),
              1e-5);
  EXPECT_LT(table.candidates.value(1 - four, 0), 1) << "item 2 itself, which is excluded, has the maximum";
  Reason reason;
  model.Explain(table.profile, 4, reason);
  EXPECT_EQ(reason.evidence, 2u);
  reason = Reason();
  model.Explain(table.profile, 3, reason);
  EXPECT_EQ(reason.evidence, 1u);
  Table nobody(model, UserContext(), 9);
  EXPECT_TRUE(nobody.candidates.items().empty());
}

TEST(SessionKnnTest, ComesBackTheSame) {
  const SessionKnn model = SessionKnn::Train(MakeSessions(6, {{1, 3}, {4, 1, 2, 5}, {0}}), {.neighbours = 9});
  base::ByteWriter out;
  model.Save(out);
  base::ByteReader in(out.bytes());
  const auto loaded = LoadSource("session_knn", in, 6);
  ASSERT_NE(loaded, nullptr) << in.status();
  EXPECT_TRUE(in.AtEnd());
  base::ByteWriter again;
  loaded->Save(again);
  EXPECT_EQ(again.bytes(), out.bytes());
  EXPECT_EQ(Scores(dynamic_cast<const SessionKnn&>(*loaded), {{1, 0}}), Scores(model, {{1, 0}}));
}

TEST(SessionKnnTest, ForgedBytesAreRefusedOrHarmless) {
  const SessionKnn model = SessionKnn::Train(MakeSessions(6, {{1, 3}, {4, 1, 2, 5}, {0}}), {});
  base::ByteWriter out;
  model.Save(out);
  const uint64_t seed = 5;
  base::Random random(seed);
  int refused = 0;
  for (int trial = 0; trial < 4'000; ++trial) {
    std::string forged = out.bytes();
    forged[random.Below(forged.size())] = static_cast<char>(random());
    if (random.Chance(.1)) forged.resize(random.Below(forged.size()));
    base::ByteReader in(forged);
    const SessionKnn loaded = SessionKnn::Load(in, 6);
    if (in.status().ok()) {
      Scores(loaded, {{1, 0}, {2, 1}, {5, 2}});
      Reason reason;
      const OwnedContext owned({{1, 2}});
      loaded.Explain(Profile(owned.context, 6), 5, reason);
    } else {
      ++refused;
    }
  }
  EXPECT_GT(refused, 500) << "seed " << seed;
}

}  // namespace
}  // namespace kontor::recommendations
