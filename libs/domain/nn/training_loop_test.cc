#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "libs/domain/nn/mult_vae.h"
#include "libs/domain/nn/sequence_model.h"
#include "libs/domain/nn/test_data.h"

// What TrainControl promises, on the smallest model.
namespace kontor::nn {
namespace {

using Encoder = std::unique_ptr<const UserEncoder>;

MultVaeOptions Small() {
  MultVaeOptions options;
  options.hidden = 8;
  options.latent = 4;
  options.batch_users = 20;
  return options;
}

absl::StatusOr<Encoder> Train(const TrainControl& control, MultVaeOptions options = Small()) {
  const Shop shop = GroupShop(24, 3, 100, 5);
  return TrainMultVae(shop.train.View(), shop.Validation(), options, control);
}

TEST(TrainingLoopTest, TheSameSeedGivesTheSameModelAndAnotherSeedAnother) {
  const absl::StatusOr<Encoder> first = Train({.seed = 4, .max_epochs = 3}),
                                again = Train({.seed = 4, .max_epochs = 3});
  const absl::StatusOr<Encoder> other = Train({.seed = 5, .max_epochs = 3});
  ASSERT_TRUE(first.ok() && again.ok() && other.ok());
  EXPECT_EQ((*first)->Save(), (*again)->Save());
  EXPECT_NE((*first)->Save(), (*other)->Save());
}

TEST(TrainingLoopTest, AResumedTrainingEndsAsTheUninterruptedOne) {
  std::vector<std::string> checkpoints;
  TrainControl control{.seed = 4, .max_epochs = 6};
  control.checkpoint = [&](absl::string_view bytes) {
    checkpoints.emplace_back(bytes);
    return absl::OkStatus();
  };
  const absl::StatusOr<Encoder> whole = Train(control);
  ASSERT_TRUE(whole.ok()) << whole.status();
  ASSERT_EQ(checkpoints.size(), 6U);
  for (size_t epoch : {size_t{1}, size_t{3}, size_t{6}}) {
    TrainControl rest{.seed = 4, .max_epochs = 6};
    rest.resume = checkpoints[epoch - 1];
    std::vector<int> epochs;
    rest.progress = [&](const TrainProgress& progress) { epochs.push_back(progress.epoch); };
    const absl::StatusOr<Encoder> resumed = Train(rest);
    ASSERT_TRUE(resumed.ok()) << resumed.status();
    EXPECT_EQ((*resumed)->Save(), (*whole)->Save()) << epoch;
    EXPECT_EQ(epochs.size(), 6 - epoch);
  }
}

TEST(TrainingLoopTest, CheckpointsOfOtherTrainingsAreRefused) {
  std::string checkpoint;
  TrainControl control{.seed = 4, .max_epochs = 1};
  control.checkpoint = [&](absl::string_view bytes) {
    checkpoint = std::string(bytes);
    return absl::OkStatus();
  };
  ASSERT_TRUE(Train(control).ok());
  TrainControl other{.seed = 5, .max_epochs = 2};
  other.resume = checkpoint;
  EXPECT_EQ(Train(other).status().code(), absl::StatusCode::kInvalidArgument);
  MultVaeOptions larger = Small();
  larger.hidden = 9;
  other.seed = 4;
  EXPECT_EQ(Train(other, larger).status().code(), absl::StatusCode::kInvalidArgument);
  const absl::string_view cut = absl::string_view(checkpoint).substr(0, checkpoint.size() / 2);
  other.resume = cut;
  EXPECT_EQ(Train(other).status().code(), absl::StatusCode::kDataLoss);
}

TEST(TrainingLoopTest, CancellationWithinAnEpochEndsTraining) {
  int asked = 0, epochs = 0;
  TrainControl control{.max_epochs = 100};
  control.cancelled = [&] { return ++asked == 8; };  // five batches an epoch: in the second one
  control.progress = [&](const TrainProgress&) { ++epochs; };
  EXPECT_EQ(Train(control).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(epochs, 1);
}

TEST(TrainingLoopTest, ATimeBudgetEndsTrainingWithTheBestSoFar) {
  const StepClock clock;
  double seconds = 0;
  TrainControl control{.max_epochs = 1000, .patience = 1000};
  control.clock = &clock;
  control.max_seconds = 30;
  control.progress = [&](const TrainProgress& progress) { seconds = progress.seconds; };
  EXPECT_TRUE(Train(control).ok());
  EXPECT_GE(seconds, 30);
  EXPECT_LE(seconds, 33);
  control.clock = nullptr;
  EXPECT_EQ(Train(control).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(TrainingLoopTest, PatienceEndsTrainingAndTheBestIsKept) {
  std::vector<TrainProgress> seen;
  TrainControl control{.max_epochs = 500, .patience = 4};
  control.progress = [&](const TrainProgress& progress) { seen.push_back(progress); };
  ASSERT_TRUE(Train(control).ok());
  ASSERT_LT(seen.size(), 500U);
  EXPECT_DOUBLE_EQ(seen.back().best, seen[seen.size() - 5].validation);
  for (size_t i = seen.size() - 4; i < seen.size(); ++i) EXPECT_LE(seen[i].validation, seen.back().best);
}

TEST(TrainingLoopTest, ALossThatExplodesIsAnErrorWithASentence) {
  MultVaeOptions options = Small();
  options.rate = 1e30;
  const absl::Status status = Train({.max_epochs = 50}, options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_NE(status.message().find("not finite"), absl::string_view::npos) << status;
}

TEST(TrainingLoopTest, AFailingCheckpointEndsTraining) {
  TrainControl control;
  control.checkpoint = [](absl::string_view) { return absl::ResourceExhaustedError("the disk is full"); };
  EXPECT_EQ(Train(control).status().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace kontor::nn
