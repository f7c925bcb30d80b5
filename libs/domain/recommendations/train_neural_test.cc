#include "libs/domain/recommendations/train_neural.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "libs/base/clock.h"
#include "libs/domain/recommendations/model_io.h"
#include "libs/domain/recommendations/recommend.h"
#include "libs/domain/recommendations/test_shop.h"

namespace kontor::recommendations {
namespace {

// A minute that passes with every look.
class FastClock : public base::Clock {
 public:
  absl::Time Now() const override { return absl::UnixEpoch() + absl::Minutes(minutes_++); }

 private:
  mutable int minutes_ = 0;
};

class TrainNeuralTest : public ::testing::Test {
 protected:
  TrainNeuralTest() : shop_(MakeShop(150, 40, 5)) {
    for (ItemId item = 0; item < 40; ++item) shop_.catalogue.features.AppendItem({item / 10, 4 + item % 3});
    options_.min_examples = 20;
    options_.neural.max_seconds = 1;
    options_.neural.clock = &base::SystemClock();
  }
  std::set<std::string> SourcesOf(const Model& model) const {
    std::set<std::string> names;
    for (const auto& source : model.sources()) names.emplace(source->name());
    return names;
  }
  TestShop shop_;
  TrainOptions options_;
};

TEST_F(TrainNeuralTest, NetworksAreSourcesThatComeBackTheSameAndAnswerInDeepAnswersOnly) {
  const auto model = TrainModel(shop_.history, shop_.catalogue, shop_.persons, options_);
  ASSERT_TRUE(model.ok()) << model.status();
  for (const char* name : {"sequence_model", "mult_vae", "two_tower", "neumf"}) {
    EXPECT_TRUE(SourcesOf(**model).contains(name)) << name;
  }
  const std::string bytes = SaveModel(**model);
  const auto loaded = LoadModel(bytes);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(SaveModel(**loaded), bytes);

  OwnedContext owned({{1, 2}, {3}});
  const Profile deep(owned.context, (*model)->items());
  Candidates candidates;
  CollectCandidates(**loaded, deep, {}, 100, candidates);
  const auto column_sum = [&](absl::string_view signal) {
    double sum = 0;
    const std::vector<Signal> signals = (*loaded)->Signals();
    for (size_t i = 0; i < signals.size(); ++i) {
      if (signals[i].name != signal) continue;
      for (size_t row = 0; row < candidates.items().size(); ++row) sum += candidates.value(row, i);
    }
    return sum;
  };
  for (const char* signal : {"sequence", "vae", "tower", "pair"}) EXPECT_GT(column_sum(signal), 0) << signal;
  owned.context.effort = Effort::kLinear;
  CollectCandidates(**loaded, Profile(owned.context, (*model)->items()), {}, 100, candidates);
  for (const char* signal : {"sequence", "vae", "tower", "pair"}) EXPECT_EQ(column_sum(signal), 0) << signal;
  EXPECT_GT(column_sum("popular"), 0);
  EXPECT_EQ(Recommend(**loaded, owned.context, {.limit = 5}).size(), 5u);
}

TEST_F(TrainNeuralTest, ATimeThatIsUsedUpLeavesNetworksOutBothTimes) {
  const FastClock clock;
  options_.neural.clock = &clock;
  const auto model = TrainModel(shop_.history, shop_.catalogue, shop_.persons, options_);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_FALSE(SourcesOf(**model).contains("sequence_model"));
  EXPECT_EQ(Recommend(**model, UserContext(), {.limit = 5}).size(), 5u);
}

TEST_F(TrainNeuralTest, CancelledIsCancelled) {
  options_.neural.cancelled = [] { return true; };
  EXPECT_EQ(TrainModel(shop_.history, shop_.catalogue, shop_.persons, options_).status().code(),
            absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace kontor::recommendations
