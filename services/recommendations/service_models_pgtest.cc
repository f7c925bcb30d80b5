#include <atomic>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/eventually.h"
#include "libs/testing/status_matchers.h"
#include "services/recommendations/test_process.h"

// Models put into service, tried on a share of people and taken back, called as an operator calls.
namespace kontor::recommendations {
namespace {

using kontor::testing::Eventually;
using kontor::testing::StatusIs;

using Stub = v1::RecommendationService::Stub;

v1::PromoteModelRequest ToPromote(const std::string& name, double share) {
  v1::PromoteModelRequest request;
  request.set_name(name);
  request.set_canary_share(share);
  return request;
}

v1::RollbackModelRequest OfTheShop() {
  v1::RollbackModelRequest request;
  request.set_parent("shops/default");
  return request;
}

TEST_F(ServiceTest, ModelsAreTriedPromotedAndTakenBackWithoutAFailedRequest) {
  Process process(dsn_, folder_);
  KONTOR_ASSERT_OK(process.Recommend(For("1"), process.Send("orders", Past(40))));
  v1::TrainModelRequest training;
  training.set_parent("shops/default");
  training.set_canary_share(0.5);
  EXPECT_THAT(process.Call<v1::Model>(&Stub::TrainModel, training),
              StatusIs(absl::StatusCode::kFailedPrecondition, "NO_MODEL"));
  EXPECT_THAT(process.Call<v1::Model>(&Stub::RollbackModel, OfTheShop()),
              StatusIs(absl::StatusCode::kFailedPrecondition, "NO_MODEL"));
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::Model first, process.Train());
  training.set_force(true);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::Model second, process.Call<v1::Model>(&Stub::TrainModel, training));
  EXPECT_FALSE(second.serving());
  EXPECT_EQ(second.canary_share(), 0.5);

  v1::ListModelsRequest list;
  list.set_parent("shops/default");
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto models, process.Call<v1::ListModelsResponse>(&Stub::ListModels, list));
  ASSERT_EQ(models.models_size(), 2);
  EXPECT_EQ(models.models(0).canary_share(), 0.5);
  EXPECT_FALSE(models.models(0).serving());
  EXPECT_TRUE(models.models(1).serving());
  EXPECT_EQ(models.models(1).canary_share(), 0);

  const absl::Status both =
      process.Call<v1::Model>(&Stub::PromoteModel, ToPromote("shops/default/models/x", 1)).status();
  EXPECT_EQ(base::ErrorViolations(both).size(), 2);
  EXPECT_THAT(process.Call<v1::Model>(&Stub::PromoteModel, ToPromote("shops/default/models/9", 0)),
              StatusIs(absl::StatusCode::kNotFound, "MODEL_UNKNOWN"));
  EXPECT_THAT(process.Call<v1::Model>(&Stub::PromoteModel, ToPromote(first.name(), 0.5)),
              StatusIs(absl::StatusCode::kFailedPrecondition, "MODEL_SERVES"));

  std::atomic<bool> stop{false};
  std::atomic<int> answers{0}, of_second{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; !stop; ++i) {
        const auto answer = process.Recommend(For(absl::StrCat((2 * i + t) % 40)));
        ASSERT_TRUE(answer.ok()) << answer.status();
        EXPECT_TRUE(answer->model() == first.name() || answer->model() == second.name()) << answer->model();
        ++answers;
        of_second += answer->model() == second.name();
      }
    });
  }
  for (int round = 0; round < 20; ++round) {
    EXPECT_TRUE(process.Call<v1::Model>(&Stub::PromoteModel, ToPromote(second.name(), 0)).ok());
    EXPECT_TRUE(process.Call<v1::Model>(&Stub::PromoteModel, ToPromote(first.name(), 0.5)).ok());
    const auto canary_ended = process.Call<v1::Model>(&Stub::RollbackModel, OfTheShop());
    EXPECT_EQ(canary_ended->name(), second.name());
    const auto taken_back = process.Call<v1::Model>(&Stub::RollbackModel, OfTheShop());
    EXPECT_EQ(taken_back->name(), first.name());
    EXPECT_TRUE(taken_back->serving());
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(answers, 0);
  EXPECT_GT(of_second, 0);
  EXPECT_THAT(process.Call<v1::Model>(&Stub::RollbackModel, OfTheShop()),
              StatusIs(absl::StatusCode::kFailedPrecondition, "NO_PREVIOUS_VERSION"));
}

TEST_F(ServiceTest, ACanaryReachesEveryProcessAndOutlivesARestart) {
  v1::Model second;
  {
    Process process(dsn_, folder_), other(dsn_, folder_);
    KONTOR_ASSERT_OK(process.Recommend(For("1"), process.Send("orders", Past(40))));
    KONTOR_ASSERT_OK(process.Train());
    v1::TrainModelRequest training;
    training.set_parent("shops/default");
    training.set_canary_share(0.999);
    training.set_force(true);
    KONTOR_ASSERT_OK_AND_ASSIGN(second, process.Call<v1::Model>(&Stub::TrainModel, training));
    EXPECT_TRUE(Eventually([&] {
      const auto answer = other.Recommend(For("0"));
      return answer.ok() && answer->model() == second.name();
    }));
  }
  Process restarted(dsn_, folder_);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::RecommendResponse answer, restarted.Recommend(For("0")));
  EXPECT_EQ(answer.model(), second.name());
}

}  // namespace
}  // namespace kontor::recommendations
