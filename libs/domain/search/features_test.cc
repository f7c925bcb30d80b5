#include "libs/domain/search/features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "libs/base/random.h"

namespace kontor::search {
namespace {

using Kind = text::Token::Kind;

float At(const std::vector<float>& rows, size_t row, Feature feature) {
  return rows[row * kFeatures + static_cast<size_t>(feature)];
}

uint64_t Bits(std::initializer_list<size_t> bits) {
  uint64_t out = 0;
  for (const size_t bit : bits) out |= uint64_t{1} << bit;
  return out;
}

// "red wood screw 2 in": idf 1, 2, 3, 4 of what counts; the last is a number.
RankQuery Screws() {
  RankQuery query;
  query.terms = {{1}, {2}, {3}, {4, 1, Kind::kMeasure}};
  query.head = 2;
  query.characters = 19;
  return query;
}

TEST(FeaturesTest, OneTitleByHand) {
  // brand wood screw for red oak 2-in: marks of the query's terms, the head ends before "for".
  const std::vector<uint8_t> title = {0, 2, 3, 0, 1, 0, 4};
  RankCandidate candidate;
  candidate.title = title;
  candidate.head_places = 3;
  candidate.lexical = 8;
  candidate.fused = 1;
  candidate.surface = Bits({0, 1});
  candidate.joined = Bits({1, 63});
  candidate.brand = -1;
  candidate.matched[static_cast<size_t>(Field::kBrand)] = Bits({1});
  candidate.popularity = 1;
  candidate.stock = 0;
  std::vector<float> rows = {5};
  FeatureRows(Screws(), {candidate}, rows);
  ASSERT_EQ(rows.size(), kFeatures);
  const auto expect = [&](Feature feature, double value) {
    EXPECT_NEAR(At(rows, 0, feature), value, 1e-6) << FeatureName(feature);
  };
  expect(Feature::kLexical, 8);
  expect(Feature::kLexicalShare, 1);
  expect(Feature::kTermsMatched, 4);
  expect(Feature::kMassShare, 1);
  expect(Feature::kFull, 1);
  expect(Feature::kMissingMass, 0);
  expect(Feature::kBrandMass, 0.2);
  expect(Feature::kSurfaceMass, 0.3);
  expect(Feature::kJoined, 1);
  expect(Feature::kTitleTerms, 7);
  expect(Feature::kTitleCovered, 4 / 7.0);
  expect(Feature::kAdjacent, 1);            // wood screw
  expect(Feature::kAdjacentMass, 2 / 6.0);  // of 1 + 2 + 3
  expect(Feature::kRun, 0.5);               // two of four
  expect(Feature::kInOrder, 2 / 3.0);       // wood → screw, screw → red, red → 2-in
  expect(Feature::kWindow, 4 / 6.0);
  expect(Feature::kFirstPlace, 1 / 7.0);
  expect(Feature::kHead, 1);
  expect(Feature::kHeadInHead, 1);
  expect(Feature::kHeadIsHead, 1);
  expect(Feature::kHeadPlace, 2 / 7.0);
  expect(Feature::kHeadMass, 0.5);  // wood and screw
  expect(Feature::kFirstTerm, 1);
  expect(Feature::kTitleBegins, 0);
  expect(Feature::kBrand, -1);
  expect(Feature::kNumbers, 1);
  expect(Feature::kNumbersShare, 1);
  expect(Feature::kPopularity, std::log(2.0));
  expect(Feature::kInStock, 0);
  expect(Feature::kMeasuresShare, 1);
  expect(Feature::kSoftMass, 1);
  double prior = 0;
  for (size_t i = 0; i < kFeatures; ++i) prior += PriorWeight(static_cast<Feature>(i)) * rows[i];
  expect(Feature::kPrior, prior);
  // fused, mass, soft mass, pairs, run, full, surface, joined, head, brand, measures.
  EXPECT_NEAR(prior, 1 + .15 + .3 + .03 / 3 + .15 + .3 + .09 + .3 + .07 - .03 + .15, 1e-5);
}

TEST(FeaturesTest, PriorsStandAmongEachOther) {
  std::vector<RankCandidate> candidates(2);
  candidates[0].fused = 1;
  candidates[1].fused = 0.8F;
  candidates[1].catalogue_cosine = 2;
  std::vector<float> rows;
  FeatureRows(Screws(), candidates, rows);
  EXPECT_FLOAT_EQ(At(rows, 1, Feature::kPrior), 1.1F);
  EXPECT_FLOAT_EQ(At(rows, 0, Feature::kPriorGap), -0.1F);
  EXPECT_EQ(At(rows, 0, Feature::kPriorPlace), 0.5F);
  EXPECT_EQ(At(rows, 1, Feature::kPriorPlace), 1);
}

TEST(FeaturesTest, WhatIsMissing) {
  const std::vector<uint8_t> title = {2, 0, 200};  // a mark of no term counts nothing
  RankCandidate candidate;
  candidate.title = title;
  candidate.matched[static_cast<size_t>(Field::kAttributes)] = Bits({0});
  const std::vector<float> soft = {0.5F, 1, 0.29F, 2, 1};  // too little counts nothing
  candidate.soft = soft;
  std::vector<float> rows;
  FeatureRows(Screws(), {candidate, {}}, rows);
  EXPECT_NEAR(At(rows, 0, Feature::kMassShare), 0.2, 1e-6);
  EXPECT_NEAR(At(rows, 0, Feature::kAnyMassShare), 0.3, 1e-6);
  EXPECT_NEAR(At(rows, 0, Feature::kSoftMass), 0.2 + 0.05 + 0.4, 1e-6);
  EXPECT_NEAR(At(rows, 0, Feature::kMissingMass), 0.4, 1e-6);
  EXPECT_EQ(At(rows, 0, Feature::kNumbersShare), 0);
  EXPECT_EQ(At(rows, 0, Feature::kHeadPlace), -1);
  EXPECT_EQ(At(rows, 0, Feature::kTitleBegins), 1);
  EXPECT_EQ(At(rows, 1, Feature::kFirstPlace), 1);  // an empty title
  EXPECT_EQ(At(rows, 1, Feature::kInStock), 1);
  FeatureRows({}, {candidate}, rows);  // an empty query
  for (const float value : rows) EXPECT_TRUE(std::isfinite(value));
  FeatureRows(Screws(), {}, rows);
  EXPECT_TRUE(rows.empty());
}

TEST(FeaturesTest, PlacesAndGapsAreOfTheCandidates) {
  std::vector<RankCandidate> candidates(4);
  const float lexical[] = {2, 8, 8, 4}, cosine[] = {0.5F, 0, 0.9F, 0.1F};
  const int64_t prices[] = {10'000'000, 20'000'000, -1, 40'000'000};
  for (size_t i = 0; i < 4; ++i) {
    candidates[i].lexical = lexical[i];
    candidates[i].cosine = cosine[i];
    candidates[i].has_cosine = i != 1;
    candidates[i].price_micros = prices[i];
  }
  std::vector<float> rows;
  FeatureRows(Screws(), candidates, rows);
  EXPECT_EQ(At(rows, 0, Feature::kLexicalShare), 0.25F);
  EXPECT_EQ(At(rows, 0, Feature::kLexicalPlace), 0.25F);
  EXPECT_EQ(At(rows, 1, Feature::kLexicalPlace), 1);
  EXPECT_EQ(At(rows, 2, Feature::kLexicalPlace), 1);
  EXPECT_EQ(At(rows, 3, Feature::kLexicalBest), 8);
  EXPECT_NEAR(At(rows, 1, Feature::kCosine), 0.5, 1e-6);  // the mean of the three that have one
  EXPECT_NEAR(At(rows, 3, Feature::kCosineGap), -0.8, 1e-6);
  EXPECT_EQ(At(rows, 2, Feature::kCosinePlace), 1);
  EXPECT_NEAR(At(rows, 3, Feature::kPrice), std::log(2.0), 1e-6);
  EXPECT_EQ(At(rows, 2, Feature::kPrice), 0);
}

TEST(FeaturesTest, ARowDoesNotDependOnTheOrder) {
  base::Random random(3);
  for (int round = 0; round < 300; ++round) {
    RankQuery query;
    for (uint64_t terms = random.Below(70); terms > 0; --terms) {
      query.terms.push_back({static_cast<float>(10 * random.Uniform()), 1, static_cast<Kind>(random.Below(4))});
    }
    query.head = random.Below(80);
    std::vector<std::vector<uint8_t>> titles(1 + random.Below(6));
    std::vector<RankCandidate> candidates(titles.size());
    for (size_t i = 0; i < titles.size(); ++i) {
      for (uint64_t words = random.Below(30); words > 0; --words) {
        titles[i].push_back(static_cast<uint8_t>(random.Below(80)));
      }
      candidates[i].title = titles[i];
      candidates[i].head_places = random.Below(40);
      candidates[i].lexical = static_cast<float>(random.Below(3));
      candidates[i].matched[random.Below(kFields)] = random();
      candidates[i].surface = random();
      candidates[i].affinity = static_cast<float>(random.Normal());
    }
    std::vector<float> rows, reversed;
    FeatureRows(query, candidates, rows);
    std::reverse(candidates.begin(), candidates.end());
    FeatureRows(query, candidates, reversed);
    for (size_t i = 0; i < candidates.size(); ++i) {
      for (size_t f = 0; f < kFeatures; ++f) {
        ASSERT_EQ(rows[i * kFeatures + f], reversed[(candidates.size() - 1 - i) * kFeatures + f]);
        ASSERT_TRUE(std::isfinite(rows[i * kFeatures + f]));
      }
    }
  }
}

TEST(FeaturesTest, NamesAreDistinct) {
  std::set<std::string> names;
  for (size_t i = 0; i < kFeatures; ++i) names.emplace(FeatureName(static_cast<Feature>(i)));
  EXPECT_EQ(names.size(), kFeatures);
  EXPECT_TRUE(SpeaksFor(Feature::kFused) && SpeaksFor(Feature::kAffinity) && !SpeaksFor(Feature::kPrice));
}

std::vector<text::Token> Words(absl::string_view text) {
  std::vector<text::Token> out;
  for (uint32_t at = 0; at < text.size();) {
    uint32_t end = at;
    while (end < text.size() && absl::string_view(" ,;()").find(text[end]) == absl::string_view::npos) ++end;
    if (end > at) {
      text::Token token;
      token.word = token.term = std::string(text.substr(at, end - at));
      token.begin = at;
      token.end = end;
      token.kind = token.word.find_first_of("0123456789") == std::string::npos ? Kind::kWord : Kind::kNumber;
      if (token.word != "-") out.push_back(token);
    }
    at = end + 1;
  }
  return out;
}

TEST(TitleTermsTest, HeadsOfTitlesAndQueries) {
  const auto head = [](absl::string_view title) { return TitleHead(title, Words(title)); };
  EXPECT_EQ(head("acme wood screw for decks"), 3u);
  EXPECT_EQ(head("acme wood screw, zinc"), 3u);
  EXPECT_EQ(head("acme wood screw (100 pack)"), 3u);
  EXPECT_EQ(head("acme wood screw - zinc"), 3u);
  EXPECT_EQ(head("acme 2 in wood screw in a box"), 5u);
  EXPECT_EQ(head("with love"), 2u);
  EXPECT_EQ(head(""), 0u);
  const auto query = [](absl::string_view text) { return QueryHead(Words(text)); };
  EXPECT_EQ(query("deck screw"), 1u);
  EXPECT_EQ(query("screw for deck"), 0u);
  EXPECT_EQ(query("deck screw 100"), 1u);
  EXPECT_EQ(query("for dogs"), 1u);
  EXPECT_EQ(query("5 gal"), 1u);
  EXPECT_EQ(query(""), 0u);
}

TEST(TitleTermsTest, SurfacesStandAlone) {
  EXPECT_EQ(SurfaceMatches("Wood Screws, 2-in", {"screws", "screw", "wood", "in", "", "2", "oo"}), Bits({0, 2, 3, 5}));
  EXPECT_EQ(SurfaceMatches("woodwood wood", {"wood"}), Bits({0}));
  EXPECT_EQ(SurfaceMatches("", {"wood"}), 0u);
}

TEST(TermMarksTest, KeepsTheFirst) {
  TermMarks marks;
  std::vector<uint8_t> out;
  marks.Mark({1, 2}, out);
  EXPECT_EQ(out, std::vector<uint8_t>({0, 0}));
  for (uint32_t i = 0; i < 500; ++i) marks.Add(i * 64, i % kMaxRankTerms);
  marks.Add(64, 9);
  marks.Add(7, kMaxRankTerms);  // no such term
  marks.Mark({0, 64, 65, 499 * 64, 7}, out);
  EXPECT_EQ(out, std::vector<uint8_t>({1, 2, 0, 499 % kMaxRankTerms + 1, 0}));
  EXPECT_EQ(marks.Matched({64, 128, 3}), Bits({1, 2}));
  marks.Clear();
  EXPECT_EQ(marks.Matched({64, 128, 3}), 0u);
}

}  // namespace
}  // namespace kontor::search
