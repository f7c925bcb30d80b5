#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "libs/domain/search/index_oracle.h"
#include "libs/domain/search/index_random_shop.h"
#include "libs/testing/seed.h"
#include "services/search/engine_contract_shop.h"

// Random questions to a random shop, answered by every engine as by the own one.
namespace kontor::search {

class EngineContractRandom : public EngineContract {
 protected:
  EngineContractRandom() : shop_(kontor::testing::Seed()) {
    Use(PlainAnalyzer());
    for (int i = 0; i < 400; ++i) {
      const Upsertion upsertion = shop_.Product(150);
      Put(upsertion.product, upsertion.live.value_or(LiveValues()));
    }
    settings_.window = 25;
    Fill();
  }

  Question Random() {
    Question question = Of("");
    auto reading = std::make_shared<Reading>();
    reading->understood.lexical = shop_.Query();
    question.reading = std::move(reading);
    base::Random& random = shop_.random;
    for (size_t i = random.Below(3); i > 0; --i) question.filters.push_back(shop_.MakeFilter(2));
    question.match = {static_cast<MatchPolicy>(random.Below(3)), random.Below(60)};
    question.facets = {{{Property::Kind::kBrand, ""}},
                       {{Property::Kind::kCategory, ""}},
                       {{Property::Kind::kAttribute, "colour"}},
                       {shop_.TextProperty(), 1 + random.Below(3), "", {}, {"w1"}}};
    if (question.facets[3].property.kind == Property::Kind::kCategory) question.facets[3].path = {"c1"};
    question.ranges = {{{Property::Kind::kPrice, ""}, {10e6, 25e6}}, {shop_.NumberProperty()}};
    question.page_size = 1 + random.Below(40);
    question.group_variants = random.Chance(.3);
    if (random.Chance(.4)) question.sort = SortSpec{shop_.NumberProperty(), random.Chance(.5)};
    return question;
  }

  static void ExpectSameCounts(const Answer& answer, const Answer& expected) {
    EXPECT_EQ(answer.total, expected.total);
    EXPECT_EQ(answer.all_words, expected.all_words);
    EXPECT_EQ(answer.dropped_words, expected.dropped_words);
    ASSERT_EQ(answer.facets.size(), expected.facets.size());
    for (size_t i = 0; i < answer.facets.size(); ++i) {
      EXPECT_EQ(Counts(answer.facets[i]), Counts(expected.facets[i])) << "facet " << i;
      EXPECT_EQ(answer.facets[i].distinct, expected.facets[i].distinct);
      EXPECT_EQ(answer.facets[i].documents, expected.facets[i].documents);
    }
    ASSERT_EQ(answer.ranges.size(), expected.ranges.size());
    for (size_t i = 0; i < answer.ranges.size(); ++i) {
      EXPECT_EQ(answer.ranges[i].count, expected.ranges[i].count) << "range " << i;
      EXPECT_EQ(answer.ranges[i].unknown, expected.ranges[i].unknown);
      EXPECT_DOUBLE_EQ(answer.ranges[i].least, expected.ranges[i].least);
      EXPECT_DOUBLE_EQ(answer.ranges[i].most, expected.ranges[i].most);
      EXPECT_NEAR(answer.ranges[i].sum, expected.ranges[i].sum, 1e-6 * std::abs(expected.ranges[i].sum));
      ASSERT_EQ(answer.ranges[i].buckets.size(), expected.ranges[i].buckets.size());
      for (size_t j = 0; j < answer.ranges[i].buckets.size(); ++j) {
        EXPECT_EQ(answer.ranges[i].buckets[j].count, expected.ranges[i].buckets[j].count);
      }
    }
  }

  RandomShop shop_;
};

TEST_P(EngineContractRandom, AnswersWhatTheOwnEngineAnswers) {
  const OwnEngine own;
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    const Question question = Random();
    if (!Validate(question).ok()) continue;
    const auto expected = own.Ask(parts_, settings_, question, Deadline());
    ExpectSameCounts(Answered(question).answer, expected->answer);
    std::vector<std::string> keys = AllPages(tested_->engine(), question);
    std::vector<std::string> expected_keys = AllPages(own, question);
    std::sort(keys.begin(), keys.end());
    std::sort(expected_keys.begin(), expected_keys.end());
    EXPECT_EQ(keys, expected_keys);
    if (HasFailure()) return;
  }
}

// The window is ranked by the same code with the same figures: where it holds everything, the order is the same.
TEST_P(EngineContractRandom, RanksAsTheOwnEngineDoes) {
  const OwnEngine own;
  settings_.window = 1'000;
  for (int round = 0; round < 30; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    Question question = Random();
    question.sort.reset();
    question.group_variants = false;
    question.page_size = 200;
    if (!Validate(question).ok()) continue;
    const EngineAnswer answer = Answered(question);
    const auto expected = own.Ask(parts_, settings_, question, Deadline());
    ASSERT_EQ(answer.answer.page.size(), expected->answer.page.size());
    for (size_t i = 0; i < answer.answer.page.size(); ++i) {
      EXPECT_NEAR(answer.answer.page[i].score, expected->answer.page[i].score, 1e-4) << "place " << i;
    }
    if (HasFailure()) return;
  }
}

}  // namespace kontor::search
