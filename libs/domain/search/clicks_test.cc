#include "libs/domain/search/clicks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "libs/base/random.h"
#include "libs/base/status.h"

namespace kontor::search {
namespace {

// Clicks of people who look at place k with probability 1 / (k + 1)^eta, on queries whose order changes.
struct Simulation {
  std::vector<Impressions> log;
  std::vector<double> attraction;  // by query * 10 + document

  Simulation(double eta, bool shuffled, uint64_t seed) {
    base::Random random(seed);
    for (uint32_t query = 0; query < 60; ++query) {
      std::vector<uint32_t> order(10);
      for (uint32_t i = 0; i < 10; ++i) {
        order[i] = i;
        attraction.push_back(0.05 + 0.6 * random.Uniform());
      }
      for (int period = 0; period < 12; ++period) {
        if (shuffled) std::swap(order[random.Below(10)], order[random.Below(10)]);
        for (uint16_t place = 0; place < 10; ++place) {
          Impressions entry{query, order[place], place, 80, 0};
          const double p = std::pow(place + 1, -eta) * attraction[query * 10 + order[place]];
          for (uint32_t i = 0; i < entry.shown; ++i) entry.clicked += random.Chance(p);
          log.push_back(entry);
        }
      }
    }
  }
};

TEST(ClickModelTest, FindsTheProbabilitiesThatMadeTheClicks) {
  for (const double eta : {0.0, 0.5, 1.0}) {
    const Simulation shop(eta, true, 5);
    const auto model = FitClickModel(shop.log, {.places = 10});
    ASSERT_TRUE(model.ok()) << model.status();
    EXPECT_EQ(model->examined[0], 1);
    for (size_t place = 1; place < 10; ++place) {
      EXPECT_TRUE(model->told[place]);
      EXPECT_NEAR(model->examined[place], std::pow(place + 1.0, -eta), 0.06) << eta << ", place " << place;
    }
  }
}

TEST(ClickModelTest, LabelsAreFreeOfThePlace) {
  const Simulation shop(1.0, true, 9);
  const auto model = FitClickModel(shop.log, {.places = 10});
  ASSERT_TRUE(model.ok());
  const std::vector<ClickLabel> labels = LabelsFromClicks(shop.log, *model);
  ASSERT_EQ(labels.size(), 600u);
  double error = 0, naive_error = 0;
  for (const ClickLabel& label : labels) {
    const double truth = shop.attraction[label.query * 10 + label.document];
    EXPECT_EQ(label.shown, 960);
    error += std::abs(label.attraction - truth);
    naive_error += std::abs(static_cast<double>(label.clicked) / static_cast<double>(label.shown) - truth);
  }
  EXPECT_LT(error / 600, 0.035);
  EXPECT_GT(naive_error / 600, 0.15);
}

TEST(ClickModelTest, KnowsWhatCannotBeTold) {
  // Nothing ever moves: looks and attraction cannot be told apart.
  const auto fixed = FitClickModel(Simulation(1.0, false, 1).log, {.places = 10});
  EXPECT_EQ(fixed.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(base::ErrorReason(fixed.status()), "PLACES_NOT_TOLD");
  // Place 2 is never shared with the others: it bears what the place above it has.
  std::vector<Impressions> log = {{1, 1, 0, 1000, 400}, {1, 1, 1, 1000, 200}, {1, 2, 2, 1000, 10}};
  const auto model = FitClickModel(log, {.places = 3});
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->told, std::vector<bool>({true, true, false}));
  EXPECT_NEAR(model->examined[1], 0.5, 0.02);
  EXPECT_EQ(model->examined[2], model->examined[1]);
  log = {{1, 1, 0, 50, 20}, {1, 1, 1, 50, 10}};
  EXPECT_EQ(base::ErrorReason(FitClickModel(log).status()), "TOO_FEW_CLICKS");
  log = {{1, 1, 0, 5, 6}};
  EXPECT_EQ(FitClickModel(log).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FitClickModel({}, {.least_examined = 0}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ClickModelTest, TheFloorBoundsWhatAClickCounts) {
  const Simulation shop(3.0, true, 3);
  const auto model = FitClickModel(shop.log, {.places = 10, .least_examined = 0.2});
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(*std::min_element(model->examined.begin(), model->examined.end()), 0.2);
}

TEST(ClickLabelTest, EntriesOfOnePairAddUp) {
  ClickModel model{{1, 0.5}, {true, true}, 0.1, 1};
  const std::vector<Impressions> log = {{3, 7, 1, 10, 2}, {3, 7, 0, 10, 1}, {3, 7, 1, 10, 1}, {3, 8, 5, 10, 9}};
  const std::vector<ClickLabel> labels = LabelsFromClicks(log, model, {.prior_impressions = 5});
  ASSERT_EQ(labels.size(), 1u);  // place 5 is beyond the model
  EXPECT_EQ(labels[0].examined, 10 + 20 * 0.5);
  EXPECT_NEAR(labels[0].attraction, (4 + 5 * 0.1) / (20 + 5), 1e-12);
}

TEST(ClickLabelTest, GradesByShareOfTheBest) {
  const auto label = [](double attraction, double examined) { return ClickLabel{1, 1, attraction, examined, 0, 0}; };
  EXPECT_EQ(GradesOf({label(.8, 50), label(.41, 50), label(.21, 50), label(.1, 50), label(.9, 3)}, 0.2, 10),
            std::vector<float>({4, 3, 2, 0, 0}));
  EXPECT_TRUE(GradesOf({}, 0.2, 10).empty());
}

}  // namespace
}  // namespace kontor::search
