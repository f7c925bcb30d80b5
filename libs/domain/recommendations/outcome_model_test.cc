#include "libs/domain/recommendations/outcome_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "libs/base/random.h"

namespace kontor::recommendations {
namespace {

constexpr size_t kColumns = 4;  // two that matter, noise, the logarithm of the place

struct Shown {
  std::vector<float> values;
  std::vector<std::array<bool, kOutcomes>> outcomes;
  ShownRows rows() const { return {kColumns, values, outcomes}; }
};

double ClickChance(float a, double log_place) { return 1 / (1 + std::exp(2 - 1.5 * a + 1.2 * log_place)); }

// Clicks follow the first column and fall with the place; what is clicked is carted by the second.
Shown Make(size_t rows, uint64_t seed) {
  base::Random random(seed);
  Shown shown;
  for (size_t row = 0; row < rows; ++row) {
    const auto a = static_cast<float>(random.Normal()), b = static_cast<float>(random.Normal());
    const double log_place = std::log(1.0 + static_cast<double>(row % 10));
    const bool clicked = random.Chance(ClickChance(a, log_place));
    const bool carted = clicked && random.Chance(1 / (1 + std::exp(1 - 2 * b)));
    const bool bought = carted && random.Chance(.5);
    for (const float value : {a, b, static_cast<float>(random.Normal()), static_cast<float>(log_place)}) {
      shown.values.push_back(value);
    }
    shown.outcomes.push_back({clicked, carted, bought});
  }
  return shown;
}

std::vector<OutcomeChances> Predict(const OutcomeModel& model, const std::vector<float>& values) {
  std::vector<OutcomeChances> chances;
  model.Predict(values, chances);
  return chances;
}

TEST(OutcomeModelTest, LearnsWhatFollowsFromWhat) {
  const Shown shown = Make(30'000, 1);
  const OutcomeFit fit = FitOutcomes(shown.rows(), {}).value();
  ASSERT_NE(fit.model, nullptr);
  EXPECT_FALSE(fit.model->neural());
  EXPECT_GT(fit.trees_gain, .1);
  EXPECT_GT(OutcomeGain(*fit.model, Make(10'000, 2).rows()), .1) << "of rows that it has not seen";
  const auto mean = [&](float a, float b) {
    base::Random random(9);
    std::vector<float> values;
    for (int i = 0; i < 200; ++i) {
      for (const float value : {a, b, static_cast<float>(random.Normal()), 0.0F}) values.push_back(value);
    }
    OutcomeChances sum;
    for (const OutcomeChances& one : Predict(*fit.model, values)) {
      sum = {sum.click + one.click / 200, sum.cart + one.cart / 200, sum.purchase + one.purchase / 200};
    }
    return sum;
  };
  EXPECT_NEAR(mean(1, 0).click, ClickChance(1, 0), .05);
  EXPECT_NEAR(mean(-1, 0).click, ClickChance(-1, 0), .02);
  EXPECT_GT(mean(1, 1).cart, 2 * mean(1, -1).cart);
  EXPECT_GT(mean(1, 1).purchase, 2 * mean(1, -1).purchase);
}

TEST(OutcomeModelTest, TellsThePlaceFromTheProduct) {
  // What is bad stands first: its clicks are the place's.
  base::Random random(4);
  Shown shown;
  for (size_t row = 0; row < 30'000; ++row) {
    const bool first = row % 2 == 0;
    const float good = random.Chance(first ? .2 : .8) ? 1.0F : 0.0F;
    const double log_place = first ? 0 : std::log(10.0);
    for (const float value : {good, 0.0F, 0.0F, static_cast<float>(log_place)}) shown.values.push_back(value);
    shown.outcomes.push_back({random.Chance(ClickChance(good, log_place)), false, false});
  }
  const OutcomeFit fit = FitOutcomes(shown.rows(), {}).value();
  ASSERT_NE(fit.model, nullptr);
  const auto chances = Predict(*fit.model, {1, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_NEAR(chances[0].click, ClickChance(1, 0), .05);
  EXPECT_NEAR(chances[1].click, ClickChance(0, 0), .03);
}

TEST(OutcomeModelTest, ANetworkMayWin) {
  const Shown shown = Make(12'000, 1);
  OutcomeOptions options;
  options.clock = &base::SystemClock();
  options.network_seconds = 120;  // it ends by itself before
  options.trees.rounds = 1;
  options.trees.learning_rate = .01;
  const OutcomeFit fit = FitOutcomes(shown.rows(), options).value();
  ASSERT_NE(fit.model, nullptr);
  EXPECT_GT(fit.network_gain, fit.trees_gain);
  EXPECT_TRUE(fit.model->neural());
  EXPECT_NEAR(Predict(*fit.model, {1, 0, 0, 0})[0].click, ClickChance(1, 0), .08);
  EXPECT_EQ(fit.model->failures(), 0);
  EXPECT_THAT(Predict(*fit.model, {std::nanf(""), 0, 0, 0}), testing::IsEmpty()) << "never zeros for what it refuses";
  EXPECT_EQ(fit.model->failures(), 1);
}

TEST(OutcomeModelTest, KnowsWhenItKnowsNothing) {
  EXPECT_EQ(FitOutcomes(Make(500, 1).rows(), {})->model, nullptr) << "too few rows";
  Shown noise = Make(20'000, 1);
  base::Random random(8);
  for (auto& outcome : noise.outcomes) outcome = {random.Chance(.02), false, false};
  EXPECT_EQ(FitOutcomes(noise.rows(), {})->model, nullptr) << "nothing to learn";
  Shown silent = Make(20'000, 1);
  for (auto& outcome : silent.outcomes) outcome = {false, false, false};
  EXPECT_EQ(FitOutcomes(silent.rows(), {})->model, nullptr) << "nothing happened";
  Shown broken = Make(3'000, 1);
  broken.values.pop_back();
  EXPECT_FALSE(FitOutcomes(broken.rows(), {}).ok());
  OutcomeOptions cancelled;
  cancelled.cancelled = [] { return true; };
  EXPECT_EQ(FitOutcomes(Make(5'000, 1).rows(), cancelled).status().code(), absl::StatusCode::kCancelled);
}

TEST(OutcomeModelTest, SurvivesItsBytes) {
  const Shown shown = Make(5'000, 1);
  const OutcomeFit fit = FitOutcomes(shown.rows(), {}).value();
  ASSERT_NE(fit.model, nullptr);
  base::ByteWriter out;
  fit.model->Save(out);
  base::ByteReader in(out.bytes());
  const std::shared_ptr<const OutcomeModel> loaded = OutcomeModel::Load(in);
  ASSERT_TRUE(in.status().ok() && in.AtEnd()) << in.status();
  const std::vector<float> values = {1, -1, 0, 0, .3F, 2, 0, 1};
  const auto before = Predict(*fit.model, values), after = Predict(*loaded, values);
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].click, after[i].click);
    EXPECT_EQ(before[i].purchase, after[i].purchase);
  }
  for (size_t length = 0; length < out.bytes().size(); length += 97) {
    base::ByteReader cut(absl::string_view(out.bytes()).substr(0, length));
    OutcomeModel::Load(cut);
    EXPECT_FALSE(cut.status().ok()) << length;
  }
}

}  // namespace
}  // namespace kontor::recommendations
