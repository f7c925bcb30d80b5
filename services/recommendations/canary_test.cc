#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "libs/domain/recommendations/model_io.h"
#include "services/recommendations/test_handler.h"

// Two models in service at once, and models that come and go under load.
namespace kontor::recommendations {
namespace {

class CanaryTest : public RecommendHandlerTest {
 protected:
  static constexpr char kServing[] = "shops/default/models/3", kCanary[] = "shops/default/models/4";

  void ServeCanary(double share) {
    registry::ModelInfo info;
    info.version = 4;
    auto served = std::make_shared<const ServedModel>(CopyOf(served_->model()), info, 4);
    models_.PublishCanary(kTestShop, std::make_shared<const Canary>(Canary{std::move(served), share}));
    serving_.Refresh(kTestShop);
  }
  static std::shared_ptr<const Model> CopyOf(const Model& model) { return *LoadModel(SaveModel(model)); }

  std::set<std::string> PeopleOfTheCanary(int people) {
    std::set<std::string> theirs;
    for (int i = 0; i < people; ++i) {
      request_.set_customer_id(absl::StrCat(i));
      if (Ask().model() == kCanary) theirs.insert(request_.customer_id());
    }
    return theirs;
  }
  int64_t Publish() { return *registry_.Publish(RegistryName(kTestShop), SaveModel(served_->model()), {}); }
  void Follow() {
    EXPECT_TRUE(models_.Refresh(kTestShop).ok());
    EXPECT_TRUE(models_.RefreshCanary(kTestShop).ok());
    serving_.Refresh(kTestShop);
  }
};

TEST_F(CanaryTest, AnswersItsShareOfPeopleAndOnePersonSeesOneModel) {
  EXPECT_TRUE(PeopleOfTheCanary(50).empty());
  ServeCanary(0.3);
  const std::set<std::string> few = PeopleOfTheCanary(500);
  EXPECT_NEAR(static_cast<double>(few.size()), 150, 41);  // four standard deviations
  EXPECT_EQ(PeopleOfTheCanary(500), few);
  ServeCanary(0.6);
  const std::set<std::string> more = PeopleOfTheCanary(500);
  EXPECT_NEAR(static_cast<double>(more.size()), 300, 44);
  EXPECT_TRUE(std::includes(more.begin(), more.end(), few.begin(), few.end()));
  models_.PublishCanary(kTestShop, nullptr);
  serving_.Refresh(kTestShop);
  EXPECT_TRUE(PeopleOfTheCanary(500).empty());
  EXPECT_EQ(Ask().assignments_size(), 0);
}

TEST_F(CanaryTest, StrangersAreToldApartByTheSeedThatTheirAnswerNames) {
  ServeCanary(0.5);
  int theirs = 0;
  for (int i = 0; i < 100; ++i) {
    request_.set_seed(0);
    const v1::RecommendResponse answer = Ask();
    theirs += answer.model() == kCanary;
    ASSERT_EQ(answer.assignments_size(), 1);
    EXPECT_EQ(answer.assignments(0).experiment(), "recommendations-canary-4");
    EXPECT_EQ(answer.assignments(0).variant(), answer.model() == kCanary ? "canary" : "serving");
    request_.set_seed(answer.seed());
    const v1::RecommendResponse again = Ask();
    EXPECT_EQ(again.model(), answer.model());
    EXPECT_EQ(again.snapshot(), answer.snapshot());
    v1::ExplainAbsenceRequest absence;
    *absence.mutable_request() = request_;
    absence.set_parent(request_.parent());
    absence.set_product_id("TEA");
    const auto explained = handler_.ExplainAbsence(call_, absence);
    ASSERT_TRUE(explained.ok()) << explained.status();
    EXPECT_EQ(explained->snapshot(), answer.snapshot());
  }
  EXPECT_NEAR(theirs, 50, 20);
}

TEST_F(CanaryTest, APageIsFromOneModel) {
  ServeCanary(0.5);
  for (int i = 0; i < 40; ++i) {
    v1::RecommendPageRequest page;
    page.set_parent("shops/default");
    page.add_requests()->set_placement(v1::PLACEMENT_POPULAR);
    page.add_requests()->set_placement(v1::PLACEMENT_FOR_YOU);
    const auto answer = handler_.RecommendPage(call_, page);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->responses(0).model(), answer->responses(1).model());
    EXPECT_EQ(answer->responses(0).seed(), answer->responses(1).seed());
  }
}

TEST_F(CanaryTest, OneThatCannotBeLoadedLeavesTheServingModelAlone) {
  const int64_t first = Publish(), second = Publish();
  const std::string name = RegistryName(kTestShop);
  ASSERT_TRUE(registry_.Promote(name, first, kServingStage).ok());
  ASSERT_TRUE(registry_.Promote(name, second, kCanaryStage, 0.9).ok());
  std::ofstream(std::filesystem::path(folder_.path()) / name / absl::StrCat("v0000000", second) / "model.bin") << "?";
  EXPECT_TRUE(models_.Refresh(kTestShop).ok());
  EXPECT_EQ(models_.RefreshCanary(kTestShop).code(), absl::StatusCode::kDataLoss);
  serving_.Refresh(kTestShop);
  EXPECT_TRUE(PeopleOfTheCanary(20).empty());
  EXPECT_EQ(Ask().model(), ModelName(kTestShop, first));
}

// Twenty times a model is promoted, made the canary, and taken back, while two threads ask.
TEST_F(CanaryTest, NoAnswerFailsWhileModelsComeAndGoAndTheirMemoryIsFreed) {
  const std::string name = RegistryName(kTestShop);
  std::set<std::string> existed = {kServing};
  for (int i = 0; i < 3; ++i) existed.insert(ModelName(kTestShop, Publish()));
  std::atomic<bool> stop{false};
  std::atomic<int> answers{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      v1::RecommendRequest request = request_;
      for (int i = 0; !stop; ++i) {
        request.set_customer_id(absl::StrCat(t, "-", i % 50));
        const auto answer = handler_.Recommend(call_, request);
        EXPECT_TRUE(answer.ok()) << answer.status();
        EXPECT_TRUE(existed.contains(answer->model())) << answer->model();
        EXPECT_GT(answer->recommendations_size(), 0);
        ++answers;
      }
    });
  }
  EXPECT_TRUE(PutIntoService(registry_, kTestShop, 1, 0).ok());
  std::vector<std::weak_ptr<const ServedModel>> gone;
  for (int round = 0; round < 20; ++round) {
    EXPECT_TRUE(PutIntoService(registry_, kTestShop, 2, 0).ok());
    Follow();
    EXPECT_TRUE(PutIntoService(registry_, kTestShop, 3, 0.5).ok());
    Follow();
    gone.push_back(models_.GetCanary(kTestShop)->served);
    EXPECT_TRUE(registry_.Vacate(name, kCanaryStage).ok());
    Follow();
    gone.push_back(models_.Get(kTestShop));
    EXPECT_TRUE(registry_.Rollback(name, kServingStage).ok());
    Follow();
  }
  const int before = answers;
  while (answers < before + 4) std::this_thread::yield();
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const std::shared_ptr<const ServedModel> last = models_.Get(kTestShop);
  for (const auto& model : gone) EXPECT_TRUE(model.expired() || model.lock() == last);
}

}  // namespace
}  // namespace kontor::recommendations
